//! One record of OSV, read: what a database says of a flaw and whom it affects. Its words are a
//! stranger's: cleaned of what is no text, and short.

use std::fmt;

use url::Url;

use super::affected::{Affected, Event, sort};
use super::score::{Rating, Score};
use super::wire::{
    AffectedWire, BatchWire, EventWire, RecordWire, ReferenceWire, ResultWire, SeverityWire,
};
use crate::package::{PackageName, Timestamp, Version};

/// The name of Python's packages in OSV, in just this spelling.
const ECOSYSTEM: &str = "PyPI";

/// Longer identifiers are none.
const LONGEST_ID: usize = 100;

/// A summary is cut here.
const LONGEST_SUMMARY: usize = 160;

/// What a database says of a flaw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its identifier.
    pub id: String,
    /// When it was last changed.
    pub modified: Timestamp,
    /// Whether it was taken back.
    pub is_withdrawn: bool,
    /// What else the same flaw is called.
    pub aliases: Vec<String>,
    /// What it is, on one line; may be empty.
    pub summary: String,
    /// Whether the database gives that line itself.
    pub is_titled: bool,
    /// How much the database has to say of it, in bytes.
    pub size: usize,
    /// How bad it is, if the database says.
    pub score: Option<Score>,
    /// Whom it affects, of the packages that were asked for.
    pub affected: Vec<Affected>,
    /// Where to read on, over https.
    pub link: Option<String>,
}

/// Why something is no record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordError {
    /// It is not of the shape that OSV documents.
    Shape(String),
    /// It is of a later schema.
    Schema(String),
    /// Its identifier is none.
    Id,
    /// A moment in it is none.
    Moment(String),
}

/// Reads a record as far as it speaks of packages that are wanted.
pub fn read_record(
    bytes: &[u8],
    is_wanted: &dyn Fn(&PackageName) -> bool,
) -> Result<Record, RecordError> {
    let wire: RecordWire = serde_json::from_slice(bytes).map_err(shape)?;
    if let Some(schema) = &wire.schema_version
        && schema.split('.').next() != Some("1")
    {
        return Err(RecordError::Schema(tidy(schema, LONGEST_ID)));
    }
    if !is_advisory_id(&wire.id) {
        return Err(RecordError::Id);
    }
    let modified = moment(&wire.modified)?;
    // A day in the future would be no reason to keep quiet.
    let is_withdrawn = wire.withdrawn.as_deref().map(moment).transpose()?.is_some();
    let affected = wire.affected.unwrap_or_default();
    let whole = score(wire.severity, wire.database_specific.as_ref());
    let mut parts = Vec::new();
    let mut heaviest = whole;
    for entry in affected {
        let Some(name) = wanted(&entry, is_wanted) else {
            continue;
        };
        let (affected, own) = read_affected(name, entry);
        heaviest = heaviest.max(own);
        parts.push(affected);
    }
    let details = wire.details.unwrap_or_default();
    let summary = wire.summary.filter(|text| !text.trim().is_empty());
    let is_titled = summary.is_some();
    let summary = summary.as_deref().unwrap_or_else(|| opening(&details));
    let aliases = wire.aliases.unwrap_or_default().into_iter();
    Ok(Record {
        id: wire.id,
        modified,
        is_withdrawn,
        aliases: aliases.filter(|id| is_advisory_id(id)).collect(),
        summary: tidy(summary, LONGEST_SUMMARY),
        is_titled,
        size: details.len(),
        score: heaviest,
        affected: parts,
        link: link(wire.references.unwrap_or_default()),
    })
}

/// What one question of a batch was answered with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answered {
    /// The records' identifiers, and when each was last changed, as the server writes it.
    pub records: Vec<(String, String)>,
    /// What to ask for the rest with.
    pub next_page: Option<String>,
}

/// Reads the answer to a batch of questions.
pub fn read_batch(bytes: &[u8]) -> Result<Vec<Answered>, RecordError> {
    let wire: BatchWire = serde_json::from_slice(bytes).map_err(shape)?;
    let results = wire.results.into_iter();
    let answers = results.map(|result| result.map_or(Ok(Answered::default()), answered));
    answers.collect()
}

fn answered(wire: ResultWire) -> Result<Answered, RecordError> {
    let mut records = Vec::new();
    for stub in wire.vulns.unwrap_or_default() {
        if !is_advisory_id(&stub.id) {
            return Err(RecordError::Id);
        }
        records.push((stub.id, stub.modified.unwrap_or_default()));
    }
    Ok(Answered {
        records,
        next_page: wire.next_page_token.filter(|token| !token.is_empty()),
    })
}

/// Whether a text can be an identifier: it is shown, and asked for as part of an address.
pub fn is_advisory_id(text: &str) -> bool {
    let is_fine = |c: char| c.is_ascii_alphanumeric() || "-_.:".contains(c);
    (1..=LONGEST_ID).contains(&text.len())
        && text.chars().all(is_fine)
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
}

/// Whether an identifier is that of a record of malware.
pub fn is_malware_id(id: &str) -> bool {
    const MALWARE: &str = "MAL-";
    let start = id.get(..MALWARE.len());
    start.is_some_and(|start| start.eq_ignore_ascii_case(MALWARE))
}

fn shape(error: serde_json::Error) -> RecordError {
    RecordError::Shape(tidy(&error.to_string(), LONGEST_SUMMARY))
}

fn moment(text: &str) -> Result<Timestamp, RecordError> {
    Timestamp::parse(text).ok_or_else(|| RecordError::Moment(tidy(text, LONGEST_ID)))
}

fn wanted(entry: &AffectedWire, is_wanted: &dyn Fn(&PackageName) -> bool) -> Option<PackageName> {
    let package = entry.package.as_ref()?;
    let name = (package.ecosystem == ECOSYSTEM).then_some(&package.name)?;
    let name = name.parse().ok()?;
    is_wanted(&name).then_some(name)
}

fn read_affected(package: PackageName, wire: AffectedWire) -> (Affected, Option<Score>) {
    let score = score(wire.severity, wire.database_specific.as_ref());
    let listed = wire.versions.unwrap_or_default();
    let ranges = wire.ranges.unwrap_or_default();
    let mut affected = Affected::new(package);
    for text in &listed {
        match version(text) {
            Some(version) => affected.versions.push(version),
            None => affected.odd_versions += 1,
        }
    }
    let mut commits = 0;
    for range in ranges {
        match range.kind.as_str() {
            "ECOSYSTEM" | "SEMVER" => match read_range(range.events.unwrap_or_default()) {
                Ok(events) => affected.ranges.push(events),
                Err(why) => affected.obscure = Some(why),
            },
            _ => commits += 1,
        }
    }
    let tells_nothing = affected.versions.is_empty() && affected.ranges.is_empty();
    if tells_nothing && affected.obscure.is_none() {
        affected.obscure = Some(match (commits, affected.odd_versions) {
            (0, 0) => "it does not say which versions it affects".to_owned(),
            (0, _) => "it lists no version that PEP 440 knows".to_owned(),
            _ => "it tells the versions only as commits".to_owned(),
        });
    }
    (affected, score)
}

/// Reads the events of a range in their order, or tells why it cannot be judged.
fn read_range(wires: Vec<EventWire>) -> Result<Vec<Event>, String> {
    let mut events = Vec::new();
    for wire in wires {
        let none = |text: &str| format!("it names `{}`, which is no version", tidy(text, 40));
        let read = |text: &str| version(text).ok_or_else(|| none(text));
        let unless = |text: &str, open: &str| match text.trim() == open {
            true => Ok(None),
            false => read(text).map(Some),
        };
        if let Some(text) = &wire.introduced {
            events.push(Event::Introduced(unless(text, "0")?));
        }
        if let Some(text) = &wire.fixed {
            events.push(Event::Fixed(read(text)?));
        }
        if let Some(text) = &wire.last_affected {
            events.push(Event::LastAffected(read(text)?));
        }
        if let Some(text) = &wire.limit {
            events.push(Event::Limit(unless(text, "*")?));
        }
    }
    if !events.iter().any(|it| matches!(it, Event::Introduced(_))) {
        return Err("it has a range that begins nowhere".to_owned());
    }
    sort(&mut events);
    Ok(events)
}

fn version(text: &str) -> Option<Version> {
    let version: Version = text.trim().parse().ok()?;
    Some(version.without_local())
}

/// The heaviest of the vectors, those of version 2 only where there is no other; else the word
/// that the database has for it.
fn score(
    severity: Option<Vec<SeverityWire>>,
    database: Option<&serde_json::Value>,
) -> Option<Score> {
    let severity = severity.unwrap_or_default();
    let best = |is_kind: &dyn Fn(&str) -> bool| {
        let of_kind = severity
            .iter()
            .filter(|it| it.kind.as_deref().is_some_and(is_kind));
        let vectors = of_kind.filter_map(|it| Score::of_vector(it.score.as_deref()?));
        vectors.max()
    };
    let word = || {
        let word = database?.get("severity")?.as_str()?;
        Rating::parse(word).map(Score::of_rating)
    };
    best(&|kind| matches!(kind, "CVSS_V3" | "CVSS_V4"))
        .or_else(|| best(&|kind| kind == "CVSS_V2"))
        .or_else(word)
}

/// The first page that is fit to be shown; an advisory's own before any other.
fn link(references: Vec<ReferenceWire>) -> Option<String> {
    let of_kind = |kind: &str| {
        let mut found = references
            .iter()
            .filter(|it| it.kind.as_deref() == Some(kind));
        found.find_map(|it| shown(&it.url))
    };
    of_kind("ADVISORY").or_else(|| of_kind("WEB"))
}

fn shown(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    let has_login = !url.username().is_empty() || url.password().is_some();
    let is_fit = url.scheme() == "https" && !has_login && url.as_str().len() < 300;
    is_fit.then(|| url.to_string())
}

/// Returns the first sentence or line of a long text.
fn opening(details: &str) -> &str {
    let line = details.lines().map(str::trim);
    let line = line.map(|line| line.trim_start_matches(['#', ' ', '*']));
    let mut lines = line.filter(|line| !line.is_empty());
    let line = lines.next().unwrap_or_default();
    match line.find(". ") {
        Some(at) => &line[..at],
        None => line,
    }
}

/// Makes one short line of a stranger's text.
fn tidy(text: &str, longest: usize) -> String {
    const TURNS: [std::ops::RangeInclusive<char>; 3] = [
        '\u{200b}'..='\u{200f}',
        '\u{202a}'..='\u{202e}',
        '\u{2066}'..='\u{2069}',
    ];
    let is_text = |c: &char| !c.is_control() && !TURNS.iter().any(|range| range.contains(c));
    let words = text.split_whitespace();
    let mut line = String::new();
    for word in words {
        if line.len() > longest {
            break;
        }
        let space = if line.is_empty() { "" } else { " " };
        line.push_str(space);
        line.extend(word.chars().take(longest).filter(is_text));
    }
    let line = line.trim_end_matches('.');
    match line.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None => line.to_owned(),
    }
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shape(why) => write!(f, "it is no OSV record: {why}"),
            Self::Schema(schema) => write!(f, "it is of OSV's schema {schema}, and 1 is read"),
            Self::Id => f.write_str("it has an identifier that is none"),
            Self::Moment(text) => write!(f, "it has a date that is none: {text}"),
        }
    }
}

impl std::error::Error for RecordError {}
