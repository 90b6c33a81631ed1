//! How bad a flaw is: the score of a CVSS vector, or the word that the database has for it.

use std::fmt;

use cvss::Cvss;

/// The qualitative scale of CVSS, section 6 of its version 4.0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rating {
    /// No effect.
    None,
    /// 0.1 to 3.9.
    Low,
    /// 4.0 to 6.9.
    Medium,
    /// 7.0 to 8.9.
    High,
    /// 9.0 and more.
    Critical,
}

/// A rating, and the number behind it, if there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Score {
    /// The rating.
    pub rating: Rating,
    /// Ten times the base score.
    pub tenths: Option<u8>,
}

/// What version 3 cannot do without; the vector's reader takes a missing one for harmless.
const NEEDED_IN_V3: &[&str] = &["/AV:", "/AC:", "/PR:", "/UI:", "/S:", "/C:", "/I:", "/A:"];

impl Rating {
    /// Reads the word for it; GitHub says `MODERATE` for medium.
    pub fn parse(word: &str) -> Option<Self> {
        match word.trim().to_ascii_lowercase().as_str() {
            "none" => Some(Self::None),
            "low" => Some(Self::Low),
            "medium" | "moderate" => Some(Self::Medium),
            "high" | "important" => Some(Self::High),
            "critical" => Some(Self::Critical),
            _ => None,
        }
    }

    /// Returns the word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    fn of_tenths(tenths: u8) -> Self {
        match tenths {
            0 => Self::None,
            1..=39 => Self::Low,
            40..=69 => Self::Medium,
            70..=89 => Self::High,
            _ => Self::Critical,
        }
    }
}

impl Score {
    /// Takes a rating that has no number.
    pub fn of_rating(rating: Rating) -> Self {
        let tenths = None;
        Self { rating, tenths }
    }

    /// Scores a CVSS vector of version 2, 3 or 4; nothing where it is none or not whole.
    pub fn of_vector(vector: &str) -> Option<Self> {
        let vector = vector.trim();
        let is_v3 = vector.starts_with("CVSS:3");
        if is_v3 && NEEDED_IN_V3.iter().any(|it| !vector.contains(it)) {
            return None;
        }
        let score = match vector.parse::<Cvss>().ok()? {
            // Not the word of version 2 for it: that scale has no critical.
            Cvss::CvssV20(vector) => vector.score().value(),
            Cvss::CvssV30(vector) | Cvss::CvssV31(vector) => vector.base_score().value(),
            Cvss::CvssV40(vector) => vector.score().value(),
            _ => return None,
        };
        let tenths = (0..=100).find(|tenths| (f64::from(*tenths) / 10.0 - score).abs() < 0.05)?;
        Some(Self {
            rating: Rating::of_tenths(tenths),
            tenths: Some(tenths),
        })
    }

    /// Returns the number, as CVSS writes it.
    pub fn value(&self) -> Option<f64> {
        self.tenths.map(|tenths| f64::from(tenths) / 10.0)
    }
}

/// Writes `high 8.1`.
impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.tenths {
            Some(tenths) => write!(f, "{} {}.{}", self.rating.name(), tenths / 10, tenths % 10),
            None => f.write_str(self.rating.name()),
        }
    }
}
