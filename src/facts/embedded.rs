//! The tables that stand in the repository's `facts` folder, each read when it is first asked:
//! a plain lock asks for the limits alone.

use std::sync::OnceLock;

use super::reader::read;
use super::tables::Tables;
use crate::source::SourceFile;

/// The day of all of them.
pub(super) const DATE: &str = include_str!("../../facts/date.txt");

/// A part of the facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Builds,
    Drivers,
    Family,
    Gpus,
    Kernels,
    Limits,
}

/// The files of each part, in the parts' order.
pub(super) const FILES: [&[(&str, &str)]; 6] = [
    &[("builds.toml", include_str!("../../facts/builds.toml"))],
    &[("drivers.toml", include_str!("../../facts/drivers.toml"))],
    &[("family.toml", include_str!("../../facts/family.toml"))],
    &[("gpus.toml", include_str!("../../facts/gpus.toml"))],
    &[("kernels.toml", include_str!("../../facts/kernels.toml"))],
    &[
        ("limits.toml", include_str!("../../facts/limits.toml")),
        (
            "known-limits.toml",
            include_str!("../../facts/known-limits.toml"),
        ),
    ],
];

static TABLES: [OnceLock<Tables>; 6] = [const { OnceLock::new() }; 6];

/// Returns a part's tables.
pub(super) fn embedded(part: Part) -> &'static Tables {
    TABLES[part as usize].get_or_init(|| {
        let mut tables = Tables::default();
        for (name, text) in FILES[part as usize] {
            // A test reads them all, so that there is nothing wrong with them here.
            tables.append(read(&SourceFile::new(*name, *text)).0);
        }
        tables
    })
}
