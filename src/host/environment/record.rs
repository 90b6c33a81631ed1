//! `RECORD`: the files of an installed wheel with their digests and sizes, and whether they are
//! still what they were. Only files inside the environment are looked at, whatever a record names.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use crate::audit::{Altered, Fault, Files};
use crate::source::{Origin, SourceFile, Span, without_detours};

/// No record is larger, and none has more files.
pub(super) const MAX_RECORD: u64 = 64 << 20;
const MOST_FILES: usize = 500_000;

/// So many altered files are kept of one distribution.
const MOST_ALTERED: usize = 10_000;

/// A line of the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) path: String,
    /// The digest of SHA-256; none where there is none, or another.
    pub(super) digest: Option<[u8; 32]>,
    pub(super) size: Option<u64>,
    span: Span,
}

/// Reads a record; lines that are none are passed over.
pub(super) fn read_record(text: &str) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut from = 0;
    for line in text.split_inclusive('\n').take(MOST_FILES) {
        let start = from;
        from += line.len();
        let line = line.trim_end();
        let fields = fields(line);
        let [path, digest, size, ..] = fields.as_slice() else {
            continue;
        };
        let digest = digest.strip_prefix("sha256=");
        entries.push(Entry {
            path: path.clone(),
            digest: digest.and_then(digest_of),
            size: size.parse().ok(),
            span: Span::new(start, line.len()),
        });
    }
    entries
}

/// Splits a line of CSV; a quote within quotes is doubled.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut is_quoted = false;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        let last = fields.len() - 1;
        match c {
            '"' if is_quoted && chars.peek() == Some(&'"') => {
                chars.next();
                fields[last].push('"');
            }
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => fields.push(String::new()),
            c => fields[last].push(c),
        }
    }
    fields
}

/// Reads base64 in its form for URLs, without padding.
fn digest_of(text: &str) -> Option<[u8; 32]> {
    let mut bytes = Vec::with_capacity(33);
    let (mut held, mut bits) = (0u32, 0);
    for c in text.trim_end_matches('=').bytes() {
        let value = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'-' | b'+' => 62,
            b'_' | b'/' => 63,
            _ => return None,
        };
        held = held << 6 | u32::from(value);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits & 0xff) as u8);
        }
    }
    bytes.try_into().ok()
}

/// Where the files of a distribution lie.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    /// The folder that the record's paths count from.
    pub(super) folder: &'a Path,
    /// The environment; nothing outside it is looked at.
    pub(super) root: &'a Path,
}

impl Place<'_> {
    /// Returns where a recorded file lies; nothing for one outside the environment.
    pub(super) fn of(&self, entry: &str) -> Option<PathBuf> {
        let path = without_detours(&self.folder.join(entry));
        path.starts_with(self.root).then_some(path)
    }
}

/// Returns how much the files of a record take: as much as they have, else as they are recorded.
pub(super) fn size_on_disk(place: Place<'_>, record: &str) -> u64 {
    let entries = read_record(record);
    let sizes = entries.iter().filter_map(|entry| {
        let found = std::fs::metadata(place.of(&entry.path)?).ok();
        found.map(|it| it.len()).or(entry.size)
    });
    sizes.fold(0, u64::saturating_add)
}

/// Compares the files with the record.
pub(super) fn compare(place: Place<'_>, file: &Arc<SourceFile>, entries: &[Entry]) -> Files {
    let (mut judged, mut altered) = (0, Vec::new());
    for entry in entries {
        let Some(path) = place.of(&entry.path) else {
            continue;
        };
        let Some(fault) = fault(entry, &path) else {
            continue;
        };
        judged += 1;
        if let Some(fault) = fault
            && altered.len() < MOST_ALTERED
        {
            altered.push(Altered {
                path: entry.path.clone(),
                fault,
                origin: Origin::new(file, entry.span),
            });
        }
    }
    Files::Compared { judged, altered }
}

/// Tells what is the matter with a file; nothing where there is no telling.
fn fault(entry: &Entry, path: &Path) -> Option<Option<Fault>> {
    let digest = entry.digest?;
    // Installers write them anew, and Python does.
    if entry.path.ends_with(".pyc") {
        return None;
    }
    let Ok(found) = std::fs::metadata(path) else {
        return Some(Some(Fault::Missing));
    };
    // Of scripts, installers and conda write the first line anew.
    if !found.is_file() || is_script(&entry.path) {
        return None;
    }
    if let Some(recorded) = entry.size
        && recorded != found.len()
    {
        let found = found.len();
        return Some(Some(Fault::Size { recorded, found }));
    }
    let same = sha256_of(path)? == digest;
    Some((!same).then_some(Fault::Bytes))
}

fn is_script(path: &str) -> bool {
    let mut parts = path.rsplit(['/', '\\']).skip(1);
    let folder = parts.next().unwrap_or_default();
    path.starts_with("..") && ["bin", "scripts"].contains(&folder.to_ascii_lowercase().as_str())
}

fn sha256_of(path: &Path) -> Option<[u8; 32]> {
    let mut file = File::open(path).ok()?;
    let mut sha256 = Sha256::new();
    let mut buffer = vec![0; 256 << 10];
    loop {
        match file.read(&mut buffer).ok()? {
            0 => return Some(sha256.finalize().into()),
            read => sha256.update(&buffer[..read]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The digest of `hello`.
    const HELLO: &str = "LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ";

    #[test]
    fn a_record_is_read_with_its_quotes() {
        let text = format!("\"a,\"\"b\"\".py\",sha256={HELLO},5\r\na/RECORD,,\nnothing\n");
        let entries = read_record(&text);

        assert_eq!(entries.len(), 2);
        assert_eq!(entries[0].path, "a,\"b\".py");
        assert_eq!(entries[0].size, Some(5));
        assert_eq!(entries[0].digest.unwrap()[..2], [0x2c, 0xf2]);
        assert_eq!(entries[1].digest, None);
        assert_eq!(
            &text[entries[1].span.start..entries[1].span.end],
            "a/RECORD,,"
        );
    }

    #[test]
    fn files_are_held_to_their_record_and_none_outside_is_looked_at() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("lib/site-packages");
        std::fs::create_dir_all(folder.join("a")).unwrap();
        std::fs::create_dir_all(root.path().join("bin")).unwrap();
        for (name, text) in [
            ("a/same.py", "hello"),
            ("a/bytes.py", "jello"),
            ("a/size.py", "hello!"),
            ("a/cached.pyc", "anything"),
            ("../../bin/a", "anything"),
        ] {
            std::fs::write(folder.join(name), text).unwrap();
        }
        let names = [
            "a/same.py",
            "a/bytes.py",
            "a/size.py",
            "a/gone.py",
            "a/cached.pyc",
            "../../bin/a",
            "../../../elsewhere",
            "/etc/hostname",
        ];
        let lines = names.map(|name| format!("{name},sha256={HELLO},5\n"));
        let file = SourceFile::new("RECORD", lines.concat());

        let place = Place {
            folder: &folder,
            root: root.path(),
        };
        let Files::Compared { judged, altered } = compare(place, &file, &read_record(file.text()))
        else {
            panic!("compared");
        };

        assert_eq!(judged, 4);
        let found: Vec<(&str, Fault, usize)> = altered
            .iter()
            .map(|it| (it.path.as_str(), it.fault, it.origin.line()))
            .collect();
        let size = Fault::Size {
            recorded: 5,
            found: 6,
        };
        assert_eq!(
            found,
            [
                ("a/bytes.py", Fault::Bytes, 2),
                ("a/size.py", size, 3),
                ("a/gone.py", Fault::Missing, 4)
            ]
        );
    }
}
