//! What a person should know of a choice that the solver was free to make: kept as text in the
//! lock, as a kind for reports.

use std::fmt;

/// A remark on one locked package.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LockedNote {
    /// A pre-release was chosen, and why.
    Prerelease(String),
    /// The files are withdrawn; the reason that the index gives, possibly empty.
    Yanked(String),
    /// The metadata comes from a source archive that was not built.
    Unverified,
    /// The metadata comes from a build.
    Built,
    /// It is limited by another package that does not declare it; to what, by which, and why.
    Limit(String),
    /// Anything else, as a sentence's beginning without a full stop.
    Other(String),
}

const UNVERIFIED: &str = "metadata not verified by a build";
const BUILT: &str = "metadata from a build";

impl LockedNote {
    /// Reads a note back from its text; what is not known is another note, never an error.
    pub fn parse(text: &str) -> Self {
        if text == UNVERIFIED {
            return Self::Unverified;
        }
        if text == BUILT {
            return Self::Built;
        }
        match text.split_once(':') {
            Some(("pre-release", why)) => Self::Prerelease(why.trim_start().into()),
            Some(("yanked", why)) => Self::Yanked(why.trim_start().into()),
            Some(("limit", what)) => Self::Limit(what.trim_start().into()),
            _ => Self::Other(text.into()),
        }
    }

    /// Returns the name of its kind, as JSON and summaries use it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Prerelease(_) => "pre-release",
            Self::Yanked(_) => "yanked",
            Self::Unverified => "unverified-metadata",
            Self::Built => "built-metadata",
            Self::Limit(_) => "limit",
            Self::Other(_) => "other",
        }
    }
}

/// Writes the text that [`LockedNote::parse`] reads.
impl fmt::Display for LockedNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Prerelease(why) => write!(f, "pre-release: {why}"),
            Self::Yanked(reason) => write!(f, "yanked: {reason}"),
            Self::Unverified => f.write_str(UNVERIFIED),
            Self::Built => f.write_str(BUILT),
            Self::Limit(what) => write!(f, "limit: {what}"),
            Self::Other(text) => f.write_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_reads_back_from_its_text() {
        for note in [
            LockedNote::Prerelease("no stable release serves `>=2.0b1`".into()),
            LockedNote::Yanked("".into()),
            LockedNote::Unverified,
            LockedNote::Built,
            LockedNote::Limit("<2 by pandas 2.0.3: why".into()),
            LockedNote::Other("anything: else".into()),
        ] {
            assert_eq!(LockedNote::parse(&note.to_string()), note);
        }
    }
}
