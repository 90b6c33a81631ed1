//! Tables of Markdown: a column for the package, one for its version, and others that say what it
//! needs; or one for a GPU and one for its capability.

use super::nouns::{Cursor, Names};
use super::words::{Token, tokens};
use super::{Packages, Statement};
use crate::package::Specifiers;
use crate::source::Span;

/// Longer rows are not written by people.
const LONGEST_ROW: usize = 2_000;

/// Reads the claims of all tables of a text.
pub(super) fn statements(text: &str, names: &Names) -> Vec<(Statement, Span)> {
    let mut found = Vec::new();
    let mut header: Option<Vec<Span>> = None;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let cells = cells(line, start);
        start += line.len();
        let Some(cells) = cells.filter(|_| line.len() <= LONGEST_ROW) else {
            header = None;
            continue;
        };
        match &header {
            None => header = Some(cells),
            Some(header) => found.extend(of_row(text, header, &cells, names)),
        }
    }
    found
}

/// Splits a row; nothing of a line that is none.
fn cells(line: &str, start: usize) -> Option<Vec<Span>> {
    let row = line.trim_end();
    let lead = row.len() - row.trim_start().len();
    let inner = row[lead..].strip_prefix('|')?;
    let inner = inner.strip_suffix('|').unwrap_or(inner);
    let mut at = start + lead + 1;
    let cells = inner.split('|').map(|cell| {
        let blank = cell.len() - cell.trim_start().len();
        let span = Span::new(at + blank, cell.trim().len());
        at += cell.len() + 1;
        span
    });
    Some(cells.collect())
}

fn of_row(text: &str, header: &[Span], cells: &[Span], names: &Names) -> Vec<(Statement, Span)> {
    let words = |spans: &[Span]| -> Vec<Vec<Token<'_>>> {
        spans.iter().map(|span| tokens(text, *span)).collect()
    };
    let row = Row {
        header: &words(header),
        cells: &words(cells),
        names,
    };
    let subject = row.subject();
    let columns = 0..row.header.len().min(row.cells.len());
    let read = columns.filter_map(|at| {
        let statement = row.capability(at).or_else(|| {
            let subject = subject.as_ref()?;
            row.pythons(at, subject).or_else(|| row.needs(at, subject))
        })?;
        Some((statement, cells[at]))
    });
    read.collect()
}

struct Row<'t> {
    header: &'t [Vec<Token<'t>>],
    cells: &'t [Vec<Token<'t>>],
    names: &'t Names,
}

impl<'t> Row<'t> {
    fn cursor(&self, tokens: &'t [Token<'t>]) -> Cursor<'t> {
        Cursor {
            tokens,
            names: self.names,
            at: 0,
        }
    }

    fn column(&self, words: &[&str]) -> Option<usize> {
        let is = |it: &Vec<Token<'_>>| it.first().is_some_and(|it| it.is_word(words));
        self.header.iter().position(is)
    }

    /// Returns the package of the row, in the version of the row.
    fn subject(&self) -> Option<Packages> {
        let at = self.column(&["package", "library", "dependency"])?;
        let name = self.cursor(self.cells.get(at)?).name()?;
        let version = self.column(&["version", "versions"]);
        let cell = version.and_then(|at| self.cells.get(at));
        cell.and_then(|cell| self.cursor(cell).versions(name))
    }

    /// Reads a column of compute capabilities beside one of GPUs.
    fn capability(&self, at: usize) -> Option<Statement> {
        let mut head = self.cursor(&self.header[at]);
        head.take_all("compute capability")
            .or_else(|| head.take(&["cc"]))?;
        let [only] = self.cells[at].as_slice() else {
            return None;
        };
        let capability = only.word()?.parse().ok()?;
        let gpu = self.column(&["gpu", "gpus", "card"])?;
        let gpu = self.cursor(self.cells.get(gpu)?).gpu()?;
        Some(Statement::Capability(gpu, capability))
    }

    /// Reads a column of Pythons: `3.8-3.11` for one version.
    fn pythons(&self, at: usize, subject: &Packages) -> Option<Statement> {
        self.header[at]
            .first()
            .filter(|it| it.is_word(&["python"]))?;
        subject.range.is_pin().then_some(())?;
        let [only] = self.cells[at].as_slice() else {
            return None;
        };
        let (first, last) = only.word()?.split_once('-')?;
        let minor = |text: &str| text.strip_prefix("3.")?.parse::<u8>().ok();
        let (first, last) = (minor(first)?, minor(last)?);
        (first < last).then(|| Statement::Pythons(subject.clone(), first, last))
    }

    /// Reads a column of another package: `2.5+ required`.
    fn needs(&self, at: usize, subject: &Packages) -> Option<Statement> {
        let name = self.cursor(&self.header[at]).name()?;
        let mut cell = self.cursor(&self.cells[at]);
        let object = cell.versions(name).filter(|it| it.name != subject.name)?;
        cell.take(&["required"])?;
        let is_whole = cell.peek().is_none() && subject.range != Specifiers::any();
        is_whole.then(|| Statement::Requires(subject.clone(), object))
    }
}
