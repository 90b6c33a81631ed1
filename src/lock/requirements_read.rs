//! The pins of a former `requirements.txt`, whoever wrote it: what is not a pin is passed over,
//! because this file is an output and the inputs are read elsewhere.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Pin, Pins};
use crate::package::{Digest, PackageName, Version};
use crate::source::SourceFile;

/// A pin with its marker.
pub(super) type MarkedPin = (PackageName, Version, Option<String>);

/// Returns the pins; never fails.
pub fn read_requirements_pins(file: &Arc<SourceFile>) -> Pins {
    let mut pins = Pins::default();
    for line in joined_lines(file.text()) {
        if let Some((name, pin)) = pin(&line) {
            pins.add(name, pin);
        }
    }
    pins
}

/// Whether a requirements file has hashes or says who needs what, as compilers write them.
pub fn is_compiled(file: &SourceFile) -> bool {
    const MARKS: &[&str] = &["--hash=", "# via ", "#   via ", "# via\n"];
    MARKS.iter().any(|mark| file.text().contains(mark))
}

/// Returns the packages that the compiler of a requirements file left to the installer, as a comment
/// at its end says.
pub fn left_to_installer(file: &SourceFile) -> BTreeSet<PackageName> {
    const HEADS: &[&str] = &[
        // pip-compile without `--allow-unsafe`.
        "# The following packages are considered to be unsafe in a requirements file:",
        // The last line of its warning where there are hashes.
        "# satisfied by a package already installed. Consider using the --allow-unsafe flag.",
        // uv with `--no-emit-package`.
        "# The following packages were excluded from the output:",
    ];
    let is_head = |line: &&str| HEADS.contains(&line.trim_end());
    let after = file
        .text()
        .lines()
        .skip_while(|line| !is_head(line))
        .skip(1);
    let names = after.map_while(|line| line.trim_end().strip_prefix("# "));
    names.filter_map(|name| name.parse().ok()).collect()
}

/// Whether a requirements file is a lock: a compiler wrote it, or every line of it is a pin.
pub fn is_requirements_lock(file: &Arc<SourceFile>) -> bool {
    if is_compiled(file) {
        return true;
    }
    let lines = joined_lines(file.text());
    let mut lines = lines.iter().map(|line| line.trim());
    lines.all(|line| line.is_empty() || line.starts_with('-') || pin(line).is_some())
}

/// Returns the pins with their markers, in the order of the file; never fails.
pub(super) fn read_marked_pins(file: &Arc<SourceFile>) -> Vec<MarkedPin> {
    let lines = joined_lines(file.text()).into_iter();
    let marked = lines.filter_map(|line| {
        let (name, pin) = pin(&line)?;
        let declared = line.split(" --").next().unwrap_or_default();
        let marker = declared
            .split_once(';')
            .map(|(_, marker)| marker.trim().to_owned());
        Some((name, pin.version?, marker))
    });
    marked.collect()
}

/// Lines without comments, those that end in a backslash joined with the next.
fn joined_lines(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut open = String::new();
    for line in text.trim_start_matches('\u{feff}').lines() {
        let line = without_comment(line).trim_end();
        match line.strip_suffix('\\') {
            Some(part) => open.push_str(part),
            None => {
                open.push_str(line);
                lines.push(std::mem::take(&mut open));
            }
        }
    }
    lines.push(open);
    lines
}

/// A `#` begins a comment at the start of a line and after white space, as in pip.
fn without_comment(line: &str) -> &str {
    let comment = line.match_indices('#').find(|(at, _)| {
        let before = &line[..*at];
        before.is_empty() || before.ends_with(char::is_whitespace)
    });
    comment.map_or(line, |(at, _)| &line[..at])
}

fn pin(line: &str) -> Option<(PackageName, Pin)> {
    let (declared, options) = match line.find(" --") {
        Some(at) => line.split_at(at),
        None => (line, ""),
    };
    let declared = declared.split(';').next()?.trim();
    let (name, version) = declared.split_once("==")?;
    let name = name.split('[').next()?.trim();
    let digests: BTreeSet<Digest> = options
        .split_whitespace()
        .filter_map(|option| Digest::parse(option.strip_prefix("--hash=")?))
        .collect();
    let pin = Pin {
        version: Some(version.trim_start_matches('=').trim().parse().ok()?),
        digests,
    };
    Some((PackageName::new(name.to_owned()).ok()?, pin))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pins_are_found_among_everything_else() {
        let digits = "a".repeat(64);
        let text = format!(
            "# made by someone\n--index-url https://index.example/simple\n\
             Flask[async] == 3.1.0 ; os_name == 'posix' \\\n    --hash=sha256:{digits} \\\n\
             \x20   --hash=md5:zz\n    # via -r a.in\nb>=1\nc @ https://files.example/c-1==2.zip\n\
             -e ./d\ne==not-a-version\nf===1.0 # via g\n"
        );

        let pins = read_requirements_pins(&SourceFile::new("a.txt", text));

        let names: Vec<String> = pins.names().map(ToString::to_string).collect();
        assert_eq!(names, ["f", "flask"]);
        let flask = PackageName::new("flask".into()).unwrap();
        let (version, digests) = pins.of(&flask).next().unwrap();
        assert_eq!(version.as_ref().unwrap().to_string(), "3.1.0");
        assert_eq!(digests.len(), 1);
    }
}
