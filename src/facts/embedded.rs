//! The tables that stand in the repository's `facts` folder, each read when it is first asked. A
//! plain lock asks for limits alone, and of those only the rows of its packages are read: that
//! takes microseconds, and all of them would take as long as the rest of the start.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use memchr::memmem::Finder;

use super::Limit;
use super::reader::read;
use super::tables::Tables;
use crate::package::PackageName;
use crate::source::SourceFile;

/// The day of all of them.
pub(super) const DATE: &str = include_str!("../../facts/date.txt");

/// A part of the facts that has a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Builds,
    Drivers,
    Family,
    Gpus,
    Images,
    Kernels,
}

/// The file of each part, in the parts' order.
pub(super) const FILES: [&str; 6] = [
    include_str!("../../facts/builds.toml"),
    include_str!("../../facts/drivers.toml"),
    include_str!("../../facts/family.toml"),
    include_str!("../../facts/gpus.toml"),
    include_str!("../../facts/images.toml"),
    include_str!("../../facts/kernels.toml"),
];

/// The files of undeclared bounds.
pub(super) const LIMITS: [&str; 2] = [
    include_str!("../../facts/limits.toml"),
    include_str!("../../facts/known-limits.toml"),
];

/// How every limit in them begins.
const LIMIT: &str = "[[limits]]\npackage = \"";

/// The limits of one package, read when they are first asked for.
#[derive(Default)]
struct Rows {
    texts: Vec<&'static str>,
    limits: OnceLock<Vec<Limit>>,
}

static TABLES: [OnceLock<Tables>; 6] = [const { OnceLock::new() }; 6];
static DEFAULTS: OnceLock<BTreeSet<&'static str>> = OnceLock::new();
static ROWS: OnceLock<BTreeMap<&'static str, Rows>> = OnceLock::new();

/// Returns a part's tables.
pub(super) fn embedded(part: Part) -> &'static Tables {
    // A test reads all files, so that there is nothing wrong with them here.
    TABLES[part as usize].get_or_init(|| read(&SourceFile::new("", FILES[part as usize])).0)
}

/// Whether the files say of a package what the default index has of it; they need not be read for one
/// of which they do not.
pub(super) fn have_defaults(package: &PackageName) -> bool {
    let named = DEFAULTS.get_or_init(|| {
        let texts = [Part::Builds, Part::Family].map(|part| FILES[part as usize]);
        let tables = texts.into_iter().flat_map(str::lines);
        let tables = tables.filter_map(|line| line.strip_prefix("[defaults."));
        tables.filter_map(|rest| rest.split('.').next()).collect()
    });
    named.contains(package.as_ref() as &str)
}

/// Returns a package's limits.
pub(super) fn embedded_limits(package: &PackageName) -> &'static [Limit] {
    let rows = ROWS.get_or_init(rows);
    let rows = rows.get(package.as_ref() as &str);
    rows.map_or(&[], |rows| rows.limits.get_or_init(|| rows.read()))
}

fn rows() -> BTreeMap<&'static str, Rows> {
    let mut rows: BTreeMap<&str, Rows> = BTreeMap::new();
    for text in LIMITS {
        let limit = Finder::new(LIMIT);
        let starts = limit.find_iter(text.as_bytes());
        let ends = limit.find_iter(text.as_bytes()).skip(1);
        for (start, end) in starts.zip(ends.chain([text.len()])) {
            let named = &text[start + LIMIT.len()..end];
            let name = named.split('"').next().unwrap_or_default();
            rows.entry(name).or_default().texts.push(&text[start..end]);
        }
    }
    rows
}

impl Rows {
    fn read(&self) -> Vec<Limit> {
        let tables = self.texts.iter().map(|text| {
            let file = SourceFile::new("", *text);
            read(&file).0
        });
        let limits = tables.flat_map(|tables| tables.limits);
        limits.flat_map(|(_, limits)| limits).collect()
    }
}
