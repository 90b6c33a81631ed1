//! `Pipfile`: Pipenv's packages, those for development, its sources and its Python.

use std::sync::Arc;

use toml::Spanned;
use toml::de::DeTable;

use super::document::{Document, Value, in_order};
use super::excerpt::Excerpt;
use super::reference::read_address;
use super::requirements::read_lines;
use super::selection::is_same;
use super::{IndexTable, PinnedIndex, ReadContext, Reading, Setting, Statement};
use crate::package::{IndexUrl, Marker};
use crate::source::{Origin, Problem, SourceFile, Span};

/// The group of what is for development.
const DEV: &str = "dev";

/// Keys of an entry that are parts of its marker.
const MARKERS: &[&str] = &[
    "implementation_name",
    "os_name",
    "platform_machine",
    "platform_python_implementation",
    "platform_system",
    "python_full_version",
    "python_version",
    "sys_platform",
];

/// Reads what a `Pipfile` declares.
pub(super) fn read_pipfile(file: &Arc<SourceFile>, context: &ReadContext<'_>) -> Reading {
    let whole = Excerpt::whole(file);
    let (root, document) = Document::parse(&whole);
    let mut reader = Reader {
        file,
        context,
        document,
        lines: Vec::new(),
        reading: Reading::default(),
    };
    reader.sources(&root);
    reader.python(&root);
    let selection = context.selection;
    let mut groups = selection.groups.iter().chain(&selection.only_groups);
    let has_dev = selection.all_groups || groups.any(|group| is_same(group, DEV));
    if selection.only_groups.is_empty() {
        reader.packages(&root, "packages");
    }
    if has_dev {
        reader.packages(&root, "dev-packages");
    }
    let Reader {
        lines,
        document,
        mut reading,
        ..
    } = reader;
    let declared = read_lines(&lines, context);
    reading.statements.extend(declared.statements);
    let problems = &mut reading.manifest.problems;
    problems.extend(document.into_problems());
    problems.extend(declared.manifest.problems);
    problems.extend(selection.unknown(&[], &[DEV]));
    reading.manifest.problems = in_order(std::mem::take(problems));
    reading
}

struct Reader<'d> {
    file: &'d Arc<SourceFile>,
    context: &'d ReadContext<'d>,
    document: Document<'d>,
    /// The packages, each as a line of a requirements file.
    lines: Vec<Excerpt>,
    reading: Reading,
}

impl<'d> Reader<'d> {
    /// The first source takes the default index's place; the others are for packages that name
    /// them, as Pipenv has it.
    fn sources(&mut self, root: &DeTable<'d>) {
        let Some(sources) = root.get("source") else {
            return;
        };
        for (at, source) in self.document.array(sources).iter().enumerate() {
            let Some(table) = self.document.table(source) else {
                continue;
            };
            let url = table.get("url").and_then(|it| self.document.string(it));
            let Some(url) = url else { continue };
            let name = table.get("name").and_then(|it| self.document.string(it));
            // A password stands in a variable.
            let known = filled_in(&url.text, self.context);
            match read_address(&known, self.context.folder) {
                Ok(address) if at == 0 => {
                    let setting = Setting::IndexUrl((address, url.origin));
                    self.reading.statements.push(Statement::Setting(setting));
                }
                Ok(address) => self.table(name.map(|it| it.text), address, url.origin),
                Err(message) => self
                    .document
                    .problems
                    .push(Problem::at(url.origin, message)),
            }
        }
    }

    fn table(&mut self, name: Option<String>, url: IndexUrl, origin: Origin) {
        let table = IndexTable::explicit(name, url, origin);
        self.reading.manifest.indexes.tables.push(table);
    }

    fn python(&mut self, root: &DeTable<'d>) {
        for key in ["python_full_version", "python_version"] {
            let value = Document::find(root, &["requires", key]);
            let text = value.and_then(|it| self.document.string(it));
            if let Some(text) = text.filter(|it| it.text != "*") {
                let said = (text.text, text.origin);
                self.reading.manifest.tool.python.get_or_insert(said);
            }
        }
    }

    fn packages(&mut self, root: &DeTable<'d>, section: &str) {
        let table = root.get(section).and_then(|it| self.document.table(it));
        for (key, value) in table.into_iter().flatten() {
            if let Some(line) = self.line(key, value) {
                self.lines.push(line);
            }
        }
    }

    /// Writes an entry as a line of a requirements file whose parts know where they stand.
    fn line(&mut self, key: &Spanned<impl AsRef<str>>, value: &Value<'d>) -> Option<Excerpt> {
        let name = key.get_ref().as_ref();
        let span = |range: std::ops::Range<usize>| Span {
            start: range.start,
            end: range.end,
        };
        let mut line = Excerpt::new(self.file);
        if value.get_ref().as_str().is_some() {
            let version = self.document.string(value)?;
            line.push_instead(name, span(key.span()));
            if version.text != "*" {
                line.push_instead(&version.text, version.origin.span);
            }
            return Some(line);
        }
        let table = self.document.table(value)?;
        let get = |key: &str| table.get(key).and_then(|it| it.get_ref().as_str());
        let place = span(value.span());
        let folder = get("path").or(get("file"));
        let is_editable = table.get("editable").and_then(|it| it.get_ref().as_bool());
        let extras = table.get("extras").and_then(|it| it.get_ref().as_array());
        let extras: Vec<&str> = extras
            .into_iter()
            .flatten()
            .filter_map(|it| it.get_ref().as_str())
            .collect();
        let extras = match extras.as_slice() {
            [] => String::new(),
            extras => format!("[{}]", extras.join(",")),
        };
        let git = get("git").map(|git| {
            let git = git.strip_prefix("git+").unwrap_or(git);
            let reference = get("ref").map(|it| format!("@{it}")).unwrap_or_default();
            format!("git+{git}{reference}")
        });
        let prefix = match is_editable {
            Some(true) if folder.is_some() => "-e ",
            _ => "",
        };
        match (git.as_deref(), folder) {
            (Some(address), _) => {
                line.push_instead(&format!("{name}{extras} @ {address}"), place);
            }
            (None, Some(path)) => {
                line.push_instead(&format!("{prefix}{path}{extras}"), place);
            }
            (None, None) => {
                let version = get("version").filter(|it| *it != "*").unwrap_or_default();
                line.push_instead(&format!("{name}{extras}{version}"), place);
            }
        }
        let marker = marker(table);
        if !marker.is_empty() {
            line.push_instead(&format!(" ; {marker}"), place);
        }
        self.pin(name, get("index"), &marker, place);
        Some(line)
    }

    fn pin(&mut self, name: &str, index: Option<&str>, marker: &str, place: Span) {
        let tables = &self.reading.manifest.indexes.tables;
        // The first source is the default index.
        let index =
            index.filter(|index| tables.iter().any(|it| it.name.as_deref() == Some(*index)));
        let (Some(index), Ok(package)) = (index, name.parse()) else {
            return;
        };
        let marker = match marker.is_empty() {
            true => Marker::always(),
            false => Marker::parse(marker).unwrap_or_else(|_| Marker::always()),
        };
        self.reading.manifest.indexes.pinned.push(PinnedIndex {
            package,
            index: index.to_owned(),
            marker,
            section: None,
            origin: Origin::new(self.file, place),
        });
    }
}

/// Joins `markers` and the parts that stand under keys of their own: `os_name = "== 'nt'"`.
fn marker(table: &DeTable<'_>) -> String {
    let get = |key: &str| table.get(key).and_then(|it| it.get_ref().as_str());
    let whole = get("markers").map(|it| format!("({it})"));
    let parts = MARKERS
        .iter()
        .filter_map(|key| Some(format!("{key} {}", get(key)?)));
    let all: Vec<String> = whole.into_iter().chain(parts).collect();
    all.join(" and ")
}

/// Fills in `${NAME}` where the variable is set.
fn filled_in(text: &str, context: &ReadContext<'_>) -> String {
    let mut filled = text.to_owned();
    for (name, value) in context.variables {
        let sign = format!("${{{name}}}");
        if filled.contains(&sign) {
            filled = filled.replace(&sign, value);
        }
    }
    filled
}
