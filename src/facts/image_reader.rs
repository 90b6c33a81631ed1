//! The rows of a file of facts that tell of base images.

use super::tables::{ImageRow, SystemRow};
use super::values::{Row, Text, Values};
use crate::package::Specifiers;
use crate::target::{Os, PythonError, PythonVersion};

const SYSTEM_KEYS: &[&str] = &["libc", "name", "python", "source", "words"];
const IMAGE_KEYS: &[&str] = &[
    "cuda", "leads", "names", "python", "release", "source", "torch", "versions",
];

/// Reads a release of an operating system.
pub(super) fn read_system(values: &mut Values<'_>, row: &Row) -> Option<SystemRow> {
    values.know_only(row.table, SYSTEM_KEYS);
    let name = values.text(row, "name");
    let libc = values.text(row, "libc");
    let os = libc.and_then(|text| {
        let read = os(text.text);
        if read.is_none() {
            let message = format!(
                "expected `glibc 2.35` or `musl 1.2`, but found `{}`",
                text.text
            );
            values.report_in(&text, None, message);
        }
        read
    });
    let python = values.text_if_any(row, "python");
    Some(SystemRow {
        words: values.texts(row, "words").iter().map(owned).collect(),
        python: python.and_then(|text| read_python(values, &text)),
        name: owned(&name?),
        os: os?,
    })
}

/// Reads what images bring.
pub(super) fn read_image(values: &mut Values<'_>, row: &Row) -> ImageRow {
    values.know_only(row.table, IMAGE_KEYS);
    // A row without a name would count for none.
    values.text_or_list(row, "names");
    let versions = values.text_if_any(row, "versions");
    let python = values.text_if_any(row, "python");
    let cuda = values.text_if_any(row, "cuda");
    let torch = values.text_if_any(row, "torch");
    let leads = values.text_if_any(row, "leads");
    let release = values.text_if_any(row, "release");
    ImageRow {
        names: values.texts(row, "names").iter().map(owned).collect(),
        leads: leads.as_ref().map(owned).unwrap_or_default(),
        versions: versions.and_then(|text| {
            let read = Specifiers::parse(text.text);
            read.map_err(|error| values.report_in(&text, Some(error.span), error.message))
                .ok()
        }),
        release: release.map(|text| (owned(&text), text.span())),
        python: python.and_then(|text| read_python(values, &text)),
        cuda: cuda.and_then(|text| values.parse(&text)),
        torch: torch.and_then(|text| values.parse(&text)),
    }
}

fn read_python(values: &mut Values<'_>, text: &Text<'_>) -> Option<PythonVersion> {
    let read = text.text.parse();
    read.map_err(|error: PythonError| values.report_in(text, None, error.message))
        .ok()
}

fn owned(text: &Text<'_>) -> String {
    text.text.to_owned()
}

/// Reads `glibc 2.35` and `musl 1.2`.
fn os(text: &str) -> Option<Os> {
    let (name, version) = text.split_once(' ')?;
    let (major, minor) = version.split_once('.')?;
    let (major, minor) = (major.parse().ok()?, minor.parse().ok()?);
    match name {
        "glibc" => Some(Os::Glibc(major, minor)),
        "musl" => Some(Os::Musl(major, minor)),
        _ => None,
    }
}
