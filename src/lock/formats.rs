//! The formats of a lock: a name or a file's name decides, once and for all.

use std::sync::Arc;

use super::{
    Lock, Pins, RequirementsStyle, read_pdm_lock, read_pipfile_lock, read_pipfile_lock_pins,
    read_pixi_lock, read_poetry_lock, read_pylock, read_requirements_lock, read_requirements_pins,
    read_uv_lock, write_pylock, write_requirements,
};
use crate::source::{Problem, SourceFile};

/// What the formats can be asked for; each takes what concerns it.
pub type WriteOptions = RequirementsStyle;

/// One format.
#[derive(Clone, Copy, Debug)]
pub struct Format {
    /// Its name, as `--format` takes it where it can be written.
    pub name: &'static str,
    /// Writes a lock; the same lock gives the same bytes. None for the locks of other tools, which
    /// are theirs to write.
    pub write: Option<Writer>,
    /// Reads a lock back, as far as the format holds it.
    pub read: fn(&Arc<SourceFile>) -> Result<Lock, Problem>,
    /// Reads the pins of a former output.
    pub read_pins: fn(&Arc<SourceFile>) -> Result<Pins, Problem>,
    /// How its packages stand in the text.
    pub layout: Layout,
    /// The command that makes such a lock again.
    pub command: &'static str,
    accepts: fn(&str) -> bool,
}

/// How packages stand in the text of a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Under their names as keys of JSON; no file that is installed from has a name.
    Keys,
    /// On lines of a requirements file; no file has a name.
    Lines,
    /// In tables that are opened so, with the files that are installed from.
    Tables(&'static str),
}

/// How a lock is written.
pub type Writer = fn(&Lock, &WriteOptions) -> String;

/// All of them, sorted by name.
pub const FORMATS: &[Format] = &[
    Format {
        name: "Pipfile.lock",
        write: None,
        read: read_pipfile_lock,
        read_pins: read_pipfile_lock_pins,
        layout: Layout::Keys,
        command: "pipenv lock",
        accepts: |name| name == "pipfile.lock",
    },
    Format {
        name: "pdm.lock",
        write: None,
        read: read_pdm_lock,
        read_pins: |file| read_pdm_lock(file).map(|lock| Pins::from(&lock)),
        layout: Layout::Tables("[[package]]"),
        command: "pdm lock",
        accepts: |name| name == "pdm.lock" || name.starts_with("pdm.") && name.ends_with(".lock"),
    },
    Format {
        name: "pixi.lock",
        write: None,
        read: read_pixi_lock,
        read_pins: |file| read_pixi_lock(file).map(|lock| Pins::from(&lock)),
        layout: Layout::Tables("- pypi: "),
        command: "pixi lock",
        accepts: |name| name == "pixi.lock",
    },
    Format {
        name: "poetry.lock",
        write: None,
        read: read_poetry_lock,
        read_pins: |file| read_poetry_lock(file).map(|lock| Pins::from(&lock)),
        layout: Layout::Tables("[[package]]"),
        command: "poetry lock",
        accepts: |name| name == "poetry.lock",
    },
    Format {
        name: "pylock.toml",
        write: Some(|lock, _| write_pylock(lock)),
        read: read_pylock,
        read_pins: |file| read_pylock(file).map(|lock| Pins::from(&lock)),
        layout: Layout::Tables("[[packages]]"),
        command: "pyaudit lock",
        accepts: |name| name.ends_with(".toml"),
    },
    REQUIREMENTS,
    Format {
        name: "uv.lock",
        write: None,
        read: read_uv_lock,
        read_pins: |file| read_uv_lock(file).map(|lock| Pins::from(&lock)),
        layout: Layout::Tables("[[package]]"),
        command: "uv lock",
        accepts: |name| name == "uv.lock" || name.ends_with(".py.lock"),
    },
];

/// The format of every other name.
const REQUIREMENTS: Format = Format {
    name: "requirements.txt",
    write: Some(write_requirements),
    read: |file| Ok(read_requirements_lock(file)),
    read_pins: |file| Ok(read_requirements_pins(file)),
    layout: Layout::Lines,
    command: "pyaudit lock",
    accepts: |_| false,
};

impl Format {
    /// Returns the format of a name, with or without its ending.
    pub fn named(name: &str) -> Option<&'static Self> {
        FORMATS.iter().find(|format| {
            let stem = format.name.split('.').next();
            format.name == name || stem == Some(name)
        })
    }

    /// Returns the format that a file of this name has to have.
    pub fn of_path(path: &str) -> &'static Self {
        let name = path.to_ascii_lowercase();
        let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
        let found = FORMATS.iter().find(|format| (format.accepts)(name));
        found.unwrap_or(&REQUIREMENTS)
    }
}

/// Whether installers take a file of this name for a lock: `pylock.toml`, or `pylock.NAME.toml`
/// with a name that has no dot (PEP 751).
pub fn is_pylock_name(file_name: &str) -> bool {
    let name = file_name
        .strip_prefix("pylock.")
        .and_then(|rest| rest.strip_suffix(".toml"));
    file_name == "pylock.toml" || name.is_some_and(|name| !name.is_empty() && !name.contains('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_formats_are_sorted_and_found_by_their_names() {
        assert!(FORMATS.is_sorted_by_key(|format| format.name));
        for format in FORMATS {
            assert_eq!(Format::named(format.name).unwrap().name, format.name);
        }
        assert_eq!(Format::named("pylock").unwrap().name, "pylock.toml");
        assert!(Format::named("gemfile").is_none());
    }

    #[test]
    fn the_ending_of_a_path_decides() {
        assert_eq!(Format::of_path("out/pylock.dev.toml").name, "pylock.toml");
        assert_eq!(Format::of_path("a.toml").name, "pylock.toml");
        assert_eq!(
            Format::of_path("lock/requirements.txt").name,
            "requirements.txt"
        );
        assert_eq!(Format::of_path("-").name, "requirements.txt");
        assert_eq!(Format::of_path("a/uv.lock").name, "uv.lock");
        assert_eq!(Format::of_path("tool.py.lock").name, "uv.lock");
        assert_eq!(Format::of_path("Poetry.lock").name, "poetry.lock");
        assert_eq!(Format::of_path("a/Pipfile.lock").name, "Pipfile.lock");
        assert_eq!(Format::of_path("pixi.lock").name, "pixi.lock");
        assert_eq!(Format::of_path("pdm.min.lock").name, "pdm.lock");
    }

    #[test]
    fn a_pylock_name_has_at_most_one_part_of_its_own() {
        assert!(is_pylock_name("pylock.toml"));
        assert!(is_pylock_name("pylock.dev.toml"));
        assert!(!is_pylock_name("pylock.a.b.toml"));
        assert!(!is_pylock_name("pylock..toml"));
        assert!(!is_pylock_name("my-pylock.toml"));
    }
}
