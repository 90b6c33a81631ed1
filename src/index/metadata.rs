//! Core metadata: what a distribution says it needs.

use std::collections::BTreeSet;
use std::fmt;

use super::licence::licence_of_headers;
use super::metadata_headers::{Header, before_body, decode, headers};
use super::requires::Requires;
use crate::package::{
    ExtraName, Marker, MarkerTexts, PackageName, Requirement, Specifiers, Version,
};

/// The requirements of one version of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// The project's name.
    pub name: PackageName,
    /// The version.
    pub version: Version,
    /// The Python versions it runs on.
    pub requires_python: Option<Specifiers>,
    /// What it requires.
    pub requires: Requires,
    /// The extras it offers.
    pub extras: Vec<ExtraName>,
    /// The licence that it names, in one line without control characters.
    pub license: Option<String>,
    /// Where this was learned.
    pub source: MetadataSource,
    /// What was passed over in it, as sentences without a full stop.
    pub warnings: Vec<String>,
}

/// Where metadata was learned, which says how far it can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MetadataSource {
    /// From a wheel or the `.metadata` beside it.
    Wheel,
    /// From a source archive that says it holds for every build of it.
    SdistStatic,
    /// From a source archive that a build could contradict.
    SdistUnverified,
    /// From the literals of a `setup.py` or `setup.cfg`, for want of anything surer.
    SetupScript,
    /// From a build.
    Built,
    /// From the static `pyproject.toml` of a folder.
    Project,
}

/// Why bytes are not the metadata of a distribution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MetadataError {
    /// Larger than any metadata.
    TooLarge,
    /// A field that must be there is not: not metadata at all, or damaged.
    Missing(&'static str),
    /// The name or the version is not valid.
    Invalid {
        /// Which field.
        field: &'static str,
        /// What it says.
        value: String,
    },
    /// A requirement that cannot be read.
    Requirement {
        /// The requirement as it stands there.
        line: String,
        /// What is wrong with it.
        message: String,
    },
    /// A stored record that cannot be decoded.
    Damaged,
}

/// The header block of the largest real metadata is a hundredth of this.
const MAX_HEADERS: usize = 8 << 20;
/// The longest requirement line read, and the most clauses in it: hostile ones take their time.
const MAX_LINE: usize = 16 << 10;
const MAX_CLAUSES: usize = 500;

impl Metadata {
    /// Reads a `METADATA` or `PKG-INFO` file.
    pub fn parse(
        bytes: &[u8],
        source: MetadataSource,
        markers: &mut MarkerTexts,
    ) -> Result<Self, MetadataError> {
        let block = before_body(bytes);
        if block.len() > MAX_HEADERS {
            return Err(MetadataError::TooLarge);
        }
        let text = decode(block);
        Self::from_headers(&headers(&text), source, markers)
    }

    pub(super) fn from_headers(
        headers: &[Header<'_>],
        source: MetadataSource,
        markers: &mut MarkerTexts,
    ) -> Result<Self, MetadataError> {
        only(headers, "Metadata-Version")?;
        let mut metadata = Self::named(only(headers, "Name")?, only(headers, "Version")?, source)?;
        if let Some(python) = all(headers, "Requires-Python").next() {
            metadata.read_requires_python(python);
        }
        for extra in all(headers, "Provides-Extra") {
            metadata.read_extra(extra);
        }
        let requires = all(headers, "Requires-Dist").map(|line| read_requirement(line, markers));
        metadata.requires = requires.collect::<Result<Vec<_>, _>>()?.into();
        metadata.license = licence_of_headers(headers);
        metadata.warn_of_dropped_markers();
        Ok(metadata)
    }

    /// Starts metadata that requires nothing.
    pub(super) fn named(
        name: &str,
        version: &str,
        source: MetadataSource,
    ) -> Result<Self, MetadataError> {
        let invalid = |field, value: &str| MetadataError::Invalid {
            field,
            value: shortened(value),
        };
        let parsed = PackageName::new(name.to_owned()).map_err(|_| invalid("Name", name))?;
        Ok(Self {
            name: parsed,
            version: version.parse().map_err(|_| invalid("Version", version))?,
            requires_python: None,
            requires: Requires::default(),
            extras: Vec::new(),
            license: None,
            source,
            warnings: Vec::new(),
        })
    }

    /// Takes the Python versions; what cannot be read is passed over with a warning, as pip does.
    pub(super) fn read_requires_python(&mut self, text: &str) {
        if text.is_empty() || text.eq_ignore_ascii_case("unknown") {
            return;
        }
        let fits = text.len() <= MAX_LINE && text.matches(',').count() < MAX_CLAUSES;
        match Specifiers::parse_lenient(text) {
            Ok(specifiers) if fits => self.requires_python = Some(specifiers),
            Ok(_) | Err(_) => self.warnings.push(format!(
                "`Requires-Python: {}` cannot be read and was passed over",
                shortened(text)
            )),
        }
    }

    /// Takes an extra; a name that is none is passed over with a warning.
    pub(super) fn read_extra(&mut self, text: &str) {
        match ExtraName::new(text.to_owned()) {
            Ok(extra) if !self.extras.contains(&extra) => self.extras.push(extra),
            Ok(_) => {}
            Err(_) => self.warnings.push(format!(
                "`Provides-Extra: {}` is not a valid name and was passed over",
                shortened(text)
            )),
        }
    }

    /// Tells of comparisons in markers that mean nothing and count as true.
    pub(super) fn warn_of_dropped_markers(&mut self) {
        let texts: BTreeSet<&str> = self
            .requires
            .all()
            .iter()
            .map(|requirement| requirement.marker.text())
            .collect();
        for text in texts {
            let dropped = Marker::parse_lenient(text).map(|(_, dropped)| dropped);
            for reason in dropped.unwrap_or_default() {
                let reason: Vec<&str> = reason.split_whitespace().collect();
                self.warnings.push(format!(
                    "in the marker `{}`, a comparison counts as true: {}",
                    shortened(text),
                    reason.join(" ").trim_end_matches('.')
                ));
            }
        }
    }
}

/// Reads a requirement; one that cannot be read makes the metadata unusable, as nobody can say what
/// it leaves out.
pub(super) fn read_requirement(
    line: &str,
    markers: &mut MarkerTexts,
) -> Result<Requirement, MetadataError> {
    let fail = |message: String| MetadataError::Requirement {
        line: shortened(line),
        message,
    };
    if line.len() > MAX_LINE || line.matches(',').count() > MAX_CLAUSES {
        return Err(fail("it is too long".into()));
    }
    Requirement::parse_lenient(line, markers).map_err(|error| fail(error.message))
}

/// Returns the values of a header, in order.
pub(super) fn all<'a>(headers: &'a [Header<'_>], wanted: &'a str) -> impl Iterator<Item = &'a str> {
    headers
        .iter()
        .filter(move |(name, _)| name.eq_ignore_ascii_case(wanted))
        .map(|(_, value)| &**value)
}

/// Returns the first value of a header that has to be there.
pub(super) fn only<'a>(
    headers: &'a [Header<'_>],
    wanted: &'static str,
) -> Result<&'a str, MetadataError> {
    all(headers, wanted)
        .find(|value| !value.is_empty())
        .ok_or(MetadataError::Missing(wanted))
}

/// Keeps hostile text out of messages: one line, not too long, no control characters.
pub(super) fn shortened(text: &str) -> String {
    const SHOWN: usize = 200;
    let mut shown: String = text
        .chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .take(SHOWN)
        .collect();
    if shown.len() < text.len() && text.chars().count() > SHOWN {
        shown.push('…');
    }
    shown
}

impl fmt::Display for MetadataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge => f.write_str("the metadata is larger than any real one"),
            Self::Missing(field) => write!(f, "the metadata has no `{field}`"),
            Self::Invalid { field, value } => {
                write!(f, "`{value}` is not a valid `{field}` in metadata")
            }
            Self::Requirement { line, message } => {
                write!(f, "`Requires-Dist: {line}` cannot be read: {message}")
            }
            Self::Damaged => f.write_str("the stored metadata is damaged"),
        }
    }
}

impl std::error::Error for MetadataError {}
