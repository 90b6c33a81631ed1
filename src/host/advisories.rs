//! Reads records of advisories from this machine: a folder of JSON files, or an archive of them as
//! OSV exports one for each ecosystem. What cannot be read is named: a record that is passed over
//! in silence could be the one that matters.

use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use zip::ZipArchive;

use crate::advisory::{Advisories, read_record};
use crate::package::PackageName;
use crate::source::Problem;

/// OSV's export for PyPI has some ten thousand records of some kilobytes.
const MOST_RECORDS: usize = 500_000;
const MOST_BYTES_OF_ONE: u64 = 8 << 20;
const MOST_BYTES: u64 = 4 << 30;

/// Databases sort their files by package, and packages by letter.
const DEEPEST: usize = 8;

/// What a place on this machine holds.
#[derive(Clone, Debug, Default)]
pub struct FoundAdvisories {
    /// The records about packages that are wanted; the others are counted.
    pub advisories: Advisories,
    /// What could not be read, each with its name and why.
    pub faults: Vec<String>,
}

/// Reads what a folder, an archive or a single file holds of packages that are wanted.
pub fn read_advisories(
    path: &Path,
    is_wanted: &dyn Fn(&PackageName) -> bool,
) -> Result<FoundAdvisories, Problem> {
    let unreadable = |error: &dyn std::fmt::Display| {
        let message = format!(
            "the advisories `{}` cannot be read: {error}",
            path.display()
        );
        Problem::anywhere(message)
    };
    let kind = fs::metadata(path).map_err(|error| unreadable(&error))?;
    let mut taking = Taking {
        found: FoundAdvisories::default(),
        is_wanted,
        bytes: 0,
    };
    let is_json = path.extension().is_some_and(|it| it == "json");
    if kind.is_dir() {
        taking.take_folder(path);
    } else if is_json {
        taking.take_file(path, &path.display().to_string());
    } else {
        let file = File::open(path).map_err(|error| unreadable(&error))?;
        let archive = ZipArchive::new(BufReader::new(file)).map_err(|error| unreadable(&error))?;
        taking.take_archive(archive);
    }
    Ok(taking.found)
}

struct Taking<'a> {
    found: FoundAdvisories,
    is_wanted: &'a dyn Fn(&PackageName) -> bool,
    bytes: u64,
}

impl Taking<'_> {
    fn take_folder(&mut self, root: &Path) {
        let mut waiting: Vec<(PathBuf, usize)> = vec![(root.to_path_buf(), 0)];
        while let Some((folder, depth)) = waiting.pop() {
            let entries = fs::read_dir(&folder).and_then(Iterator::collect);
            let mut entries: Vec<fs::DirEntry> = match entries {
                Ok(entries) => entries,
                Err(error) => {
                    self.fault(&told(root, &folder), &error);
                    continue;
                }
            };
            entries.sort_by_key(fs::DirEntry::path);
            for path in entries.iter().map(fs::DirEntry::path) {
                let name = told(root, &path);
                // Links to folders are followed as well: the depth ends their circles.
                match path.is_dir() {
                    true if depth == DEEPEST => self.fault(&name, &"it lies too deep"),
                    true => waiting.push((path, depth + 1)),
                    false if is_record(&name) => self.take_file(&path, &name),
                    false => {}
                }
                if self.is_full() {
                    return;
                }
            }
        }
    }

    fn take_file(&mut self, path: &Path, name: &str) {
        match fs::metadata(path) {
            Ok(kind) if kind.is_file() => match File::open(path) {
                Ok(file) => self.take(name, file),
                Err(error) => self.fault(name, &error),
            },
            Ok(_) => self.fault(name, &"it is no file"),
            Err(error) => self.fault(name, &error),
        }
    }

    fn take_archive(&mut self, mut archive: ZipArchive<BufReader<File>>) {
        for at in 0..archive.len() {
            match archive.by_index(at) {
                Ok(entry) => match entry.name().map(std::borrow::Cow::into_owned) {
                    Ok(name) if entry.is_dir() || !is_record(&name) => {}
                    Ok(name) => self.take(&name, entry),
                    Err(error) => self.fault(&format!("entry {at}"), &error),
                },
                Err(error) => self.fault(&format!("entry {at}"), &error),
            }
            if self.is_full() {
                return;
            }
        }
    }

    /// Takes one record; what it says of its size counts for nothing.
    fn take(&mut self, name: &str, from: impl Read) {
        let mut bytes = Vec::new();
        let read = from.take(MOST_BYTES_OF_ONE + 1).read_to_end(&mut bytes);
        let length = bytes.len() as u64;
        self.bytes += length;
        if let Err(error) = read {
            return self.fault(name, &error);
        }
        if length > MOST_BYTES_OF_ONE {
            let error = io::Error::other("it is larger than a record can be");
            return self.fault(name, &error);
        }
        match read_record(&bytes, self.is_wanted) {
            Ok(record) => self.found.advisories.add(record),
            Err(error) => self.fault(name, &error),
        }
    }

    fn fault(&mut self, name: &str, why: &dyn std::fmt::Display) {
        self.found.faults.push(format!("`{name}`: {why}"));
    }

    /// Whether there is more than there can be, which is told once.
    fn is_full(&mut self) -> bool {
        let records = self.found.advisories.read() + self.found.faults.len();
        let is_full = records >= MOST_RECORDS || self.bytes >= MOST_BYTES;
        if is_full {
            let fault = "there are too many records: the rest was not read";
            self.found.faults.push(fault.to_owned());
        }
        is_full
    }
}

fn is_record(name: &str) -> bool {
    name.ends_with(".json")
}

/// Returns a path as it is told: from the root on.
fn told(root: &Path, path: &Path) -> String {
    let inner = path.strip_prefix(root).unwrap_or(path);
    inner.to_string_lossy().replace('\\', "/")
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const RECORD: &str = r#"{ "id": "A-1", "modified": "2026-01-01T00:00:00Z",
        "affected": [{ "package": { "ecosystem": "PyPI", "name": "a" }, "versions": ["1"] }] }"#;

    fn read(path: &Path) -> FoundAdvisories {
        read_advisories(path, &|_| true).unwrap()
    }

    fn hits(found: &FoundAdvisories) -> usize {
        let judged = found
            .advisories
            .judge(&"a".parse().unwrap(), &"1".parse().unwrap());
        judged.advisories.len()
    }

    #[test]
    fn a_folder_is_read_with_all_below_it_and_what_is_no_record_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("a/b");
        fs::create_dir_all(&inner).unwrap();
        fs::write(inner.join("A-1.json"), RECORD).unwrap();
        fs::write(folder.path().join("broken.json"), "{").unwrap();
        fs::write(folder.path().join("README.md"), "words").unwrap();

        let found = read(folder.path());

        assert_eq!(hits(&found), 1);
        assert_eq!(found.faults.len(), 1);
        assert!(found.faults[0].starts_with("`broken.json`: it is no OSV record"));
    }

    #[test]
    fn a_folder_that_is_too_deep_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("a/".repeat(DEEPEST + 1));
        fs::create_dir_all(&deep).unwrap();
        fs::write(deep.join("A-1.json"), RECORD).unwrap();

        let found = read(folder.path());

        assert_eq!(hits(&found), 0);
        assert!(found.faults[0].ends_with("it lies too deep"), "{found:?}");
    }

    #[test]
    fn an_archive_is_read_and_a_bomb_in_it_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("all.zip");
        let mut archive = zip::ZipWriter::new(File::create(&path).unwrap());
        let options = zip::write::SimpleFileOptions::default();
        archive.start_file("A-1.json", options).unwrap();
        archive.write_all(RECORD.as_bytes()).unwrap();
        archive.start_file("bomb.json", options).unwrap();
        let size = usize::try_from(MOST_BYTES_OF_ONE).unwrap() + 1;
        archive.write_all(&vec![b' '; size]).unwrap();
        archive.finish().unwrap();

        let found = read(&path);

        assert_eq!(hits(&found), 1);
        assert_eq!(
            found.faults,
            ["`bomb.json`: it is larger than a record can be"]
        );
    }

    #[test]
    fn what_is_not_there_or_no_archive_is_a_problem() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("all.zip");
        let problem = |path: &Path| read_advisories(path, &|_| true).unwrap_err().message;

        assert!(problem(&path).contains("all.zip"));
        fs::write(&path, "no archive").unwrap();
        assert!(problem(&path).contains("cannot be read"));
    }
}
