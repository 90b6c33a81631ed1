//! [`Lock`] → `requirements.txt` in the style of pip-compile, which pip installs with
//! `--require-hashes` where hashes are asked for.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::files::FileDigests;
use super::{ArtifactPlace, Lock, LockedPackage, LockedSource};
use crate::package::{Digest, IndexUrl};

/// How the file is to look.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequirementsStyle {
    /// The command that the opening comment names; none for no such comment.
    pub command: Option<String>,
    /// Whether the digests of every file are written.
    pub hashes: bool,
    /// How it is told who asked for a package.
    pub annotations: Annotations,
    /// Whether the extras of a package are shown.
    pub extras: bool,
    /// Whether the addresses of the indexes are written; those of flavours always are.
    pub index_urls: bool,
    /// Whether the find-links are written.
    pub find_links: bool,
}

/// How it is told who asked for a package.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Annotations {
    /// In comment lines below it.
    #[default]
    Split,
    /// In a comment behind it.
    Line,
    /// Not at all.
    Off,
}

/// The length of a line with a SHA-256.
const HASH_LINE: usize = 84;

/// About the length of what else is written of a package.
const LINES: usize = 160;

/// Writes a lock.
pub fn write_requirements(lock: &Lock, style: &RequirementsStyle) -> String {
    let mut text = String::new();
    if let Some(command) = &style.command {
        text.push_str(&format!(
            "# This file was made by pyaudit with the following command:\n#    {}\n",
            one_line(IndexUrl::redacted(command).into())
        ));
    }
    let options = option_lines(lock, style);
    if !options.is_empty() {
        text.push_str(&options);
        text.push('\n');
    }
    let files: usize = lock.packages.iter().map(|it| it.files.count()).sum();
    text.reserve(LINES * lock.packages.len() + if style.hashes { HASH_LINE * files } else { 0 });
    let via = lock.via();
    let project = lock.tool.as_ref().and_then(|tool| tool.project.as_deref());
    for package in &lock.packages {
        let mut reasons: Vec<Cow<'_, str>> = via
            .get(&package.name)
            .into_iter()
            .flatten()
            .map(|via| one_line(via.annotation(project)))
            .collect();
        reasons.sort();
        reasons.dedup();
        write_entry(&mut text, package, &reasons, style);
    }
    text
}

fn option_lines(lock: &Lock, style: &RequirementsStyle) -> String {
    let Some(options) = lock.tool.as_ref().map(|tool| &tool.options) else {
        return String::new();
    };
    let mut lines = Vec::new();
    if style.index_urls {
        if options.no_index {
            lines.push("--no-index".to_owned());
        }
        let index = options.index.iter().map(|url| format!("--index-url {url}"));
        let extra = &options.extra_indexes;
        lines.extend(index.chain(extra.iter().map(|url| format!("--extra-index-url {url}"))));
    }
    lines.extend(unsaid_indexes(lock).map(|url| format!("--extra-index-url {url}")));
    if style.find_links {
        let links = options.find_links.iter();
        lines.extend(links.map(|link| format!("--find-links {link}")));
    }
    let lines = lines
        .iter()
        .map(|line| IndexUrl::redacted(&one_line(line.into())) + "\n");
    lines.collect()
}

/// Returns the indexes that no option names and that packages came from all the same: those of
/// flavours. Whoever installs the file has no other way to learn of them, so they are always
/// written.
fn unsaid_indexes(lock: &Lock) -> impl Iterator<Item = &str> {
    let bare = |url: &'_ str| -> String { IndexUrl::redacted(url.trim_end_matches('/')) };
    let options = lock.tool.as_ref().map(|tool| &tool.options);
    let said: BTreeSet<String> = options
        .into_iter()
        .flat_map(|options| {
            let indexes = options.index.iter().chain(&options.extra_indexes);
            indexes.chain(&options.find_links)
        })
        .map(|url| bare(url))
        .collect();
    let found: BTreeSet<&str> = lock
        .packages
        .iter()
        .filter(|package| package.is_from_registry())
        .filter_map(|package| package.index.as_deref())
        .collect();
    let unsaid = move |index: &&str| !said.contains(&bare(index));
    found.into_iter().filter(unsaid)
}

fn write_entry(
    text: &mut String,
    package: &LockedPackage,
    reasons: &[Cow<'_, str>],
    style: &RequirementsStyle,
) {
    let start = text.len();
    text.push_str(&requirement(package, style));
    if style.hashes {
        write_hashes(text, package);
    }
    match (style.annotations, reasons) {
        (Annotations::Off, _) | (_, []) => text.push('\n'),
        (Annotations::Line, _) => {
            let entry = &text[start..];
            let width: usize = if entry.contains('\n') { 0 } else { 24 };
            let missing = width.saturating_sub(entry.chars().count());
            text.extend(std::iter::repeat_n(' ', missing));
            text.push_str("  # via ");
            text.push_str(&reasons.join(", "));
            text.push('\n');
        }
        (Annotations::Split, [only]) => text.extend(["\n    # via ", only, "\n"]),
        (Annotations::Split, several) => {
            text.push_str("\n    # via\n");
            for reason in several {
                text.extend(["    #   ", reason, "\n"]);
            }
        }
    }
}

/// Writes the hashes of a package, sorted, each once.
fn write_hashes(text: &mut String, package: &LockedPackage) {
    let mut hashes: Vec<Digest> = Vec::with_capacity(package.files.count());
    hashes.extend(package.digests().filter_map(best_digest));
    hashes.sort_unstable();
    hashes.dedup();
    for hash in hashes {
        text.extend([" \\\n    --hash=", hash.algorithm(), ":"]);
        hash.write_hex(text);
    }
}

fn requirement(package: &LockedPackage, style: &RequirementsStyle) -> String {
    let extras: Vec<&str> = package.extras.iter().map(AsRef::as_ref).collect();
    let extras = match style.extras && !extras.is_empty() {
        true => format!("[{}]", extras.join(",")),
        false => String::new(),
    };
    let name = format!("{}{extras}", package.name);
    let line = match &package.source {
        LockedSource::Registry => match &package.version {
            Some(version) => format!("{name}=={version}"),
            None => name,
        },
        LockedSource::Archive {
            artifact,
            subdirectory,
        } => match &artifact.place {
            ArtifactPlace::Url(_) => {
                format!(
                    "{name} @ {}{}",
                    artifact.place.public(),
                    fragment(subdirectory)
                )
            }
            ArtifactPlace::Path(path) | ArtifactPlace::Index(path) => {
                format!("{}{extras}", local(path))
            }
        },
        LockedSource::Directory {
            path,
            editable,
            subdirectory,
        } => {
            let flag = if *editable { "-e " } else { "" };
            let path = match subdirectory {
                Some(subdirectory) => format!("{path}/{subdirectory}"),
                None => path.clone(),
            };
            format!("{flag}{}{extras}", local(&path))
        }
        LockedSource::Vcs {
            kind,
            place,
            commit_id,
            subdirectory,
            ..
        } => format!(
            "{name} @ {kind}+{}@{commit_id}{}",
            repository(place),
            fragment(subdirectory)
        ),
    };
    match &package.marker {
        Some(marker) => format!("{line} ; {marker}"),
        None => line,
    }
}

fn fragment(subdirectory: &Option<String>) -> String {
    let fragment = subdirectory
        .iter()
        .map(|path| format!("#subdirectory={path}"));
    fragment.collect()
}

fn repository(place: &ArtifactPlace) -> String {
    match place {
        ArtifactPlace::Url(_) => place.public(),
        ArtifactPlace::Path(path) | ArtifactPlace::Index(path) => format!("file://{path}"),
    }
}

/// The names of files may hold line ends, behind which a line of its own would start.
fn one_line(text: Cow<'_, str>) -> Cow<'_, str> {
    match text.contains(char::is_control) {
        true => text.replace(char::is_control, "\u{fffd}").into(),
        false => text,
    }
}

/// A path that pip takes for a path and not for a name.
fn local(path: &str) -> String {
    let path = one_line(path.into());
    let is_marked = path.starts_with(['.', '/', '\\']) || path.contains(":");
    match is_marked {
        true => path.into_owned(),
        false => format!("./{path}"),
    }
}

/// One digest for each file: SHA-256 where there is one, as pip-compile writes, else the strongest.
/// Digests that protect no more are left out: pip would refuse them. Should a page name several of
/// one algorithm, the smallest counts, in whatever order they stand.
fn best_digest(digests: FileDigests<'_>) -> Option<Digest> {
    let rank = |digest: &Digest| (digest.algorithm() == "sha256", digest.as_bytes().len());
    digests
        .filter(Digest::is_secure)
        .map(|digest| (rank(&digest), Reverse(digest)))
        .max()
        .map(|(_, Reverse(digest))| digest)
        // pip's `--require-hashes` takes the three others only.
        .filter(|digest| digest.algorithm() != "sha224")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_digests_makes_no_difference() {
        let digest = |algorithm, digit: &str, len: usize| {
            Digest::new(algorithm, &digit.repeat(2 * len)).unwrap()
        };
        let one = digest("sha256", "a", 32);
        let mut digests = [
            digest("md5", "0", 16),
            digest("sha512", "0", 64),
            one.clone(),
            digest("sha256", "b", 32),
        ];
        for _ in 0..2 {
            let best = best_digest(FileDigests::Told(digests.iter()));

            assert_eq!(best, Some(one.clone()));
            digests.reverse();
        }
    }
}
