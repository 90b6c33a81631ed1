//! The install commands of a notebook: lines that begin with `!` or `%pip`, and cells of
//! `%%bash`. The text of a cell stands in JSON strings; places are those of the file.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::json_text::{append_json_string, place_in, unreadable};
use super::processes::processes;
use super::shell::{self, Variables};
use super::{Recipe, Speaker, Step, of_shell};
use crate::input::excerpt::Excerpt;
use crate::source::{Problem, SourceFile, Span};

/// Magics of cells that are scripts of a shell.
const CELLS: &[&str] = &["%%bash", "%%sh", "%%script bash", "%%script sh", "%%shell"];

/// What stands for the Python of the notebook.
const OWN_PYTHON: &str = "sys.executable";

/// No more variables are known.
const MOST_VARIABLES: usize = 1000;

#[derive(Deserialize)]
struct NotebookWire<'t> {
    #[serde(borrow, default)]
    cells: Vec<CellWire<'t>>,
}

#[derive(Deserialize)]
struct CellWire<'t> {
    #[serde(default)]
    cell_type: String,
    #[serde(borrow)]
    source: Option<&'t RawValue>,
}

/// Reads the commands of a notebook in the order of its cells.
pub(super) fn read_notebook(file: &Arc<SourceFile>) -> Recipe {
    let notebook = match serde_json::from_str::<NotebookWire<'_>>(file.text()) {
        Ok(notebook) => notebook,
        Err(error) => {
            return Recipe {
                problems: vec![unreadable(file, "a notebook", &error)],
                ..Recipe::default()
            };
        }
    };
    let whole = Excerpt::whole(file);
    let mut reader = Reader::default();
    for read in &notebook.cells {
        reader.layer += 1;
        if let Some(source) = read.source.filter(|_| read.cell_type == "code") {
            reader.read(&cell(&whole, source));
        }
    }
    Recipe {
        problems: reader.problems,
        ..Recipe::of_steps(reader.steps)
    }
}

#[derive(Default)]
struct Reader {
    /// The variables of Python and of the environment that hold literal text so far.
    variables: Variables,
    steps: Vec<Step>,
    /// What is not read.
    problems: Vec<Problem>,
    layer: usize,
}

impl Reader {
    fn read(&mut self, cell: &Excerpt) {
        let first = cell.text().lines().next().unwrap_or_default().trim();
        if CELLS.iter().any(|magic| first.starts_with(magic)) {
            let start = cell.text().find('\n').unwrap_or(cell.text().len());
            return self.run(&part(cell, start, cell.text().len()));
        }
        let is_other = first.starts_with("%%");
        if is_other && !first.starts_with("%%capture") && !first.starts_with("%%time") {
            return;
        }
        let has_texts = cell.text().contains("\"\"\"") || cell.text().contains("'''");
        let mut started = processes(cell, self.layer).into_iter().peekable();
        let mut at = 0;
        while at < cell.text().len() {
            let end = line_end(cell.text(), at);
            let line = &cell.text()[at..end];
            let start = command_start(line);
            // In a text of several lines it may be a word of the text.
            let start = start.or_else(|| bare_start(line).filter(|_| !has_texts));
            while let Some(command) = started.next_if(|it| it.at < end) {
                self.problems.extend(command.problem);
                // What a shell reads is no call of Python.
                if start.is_none() {
                    self.steps.extend(command.steps);
                }
            }
            match start {
                Some(from) => {
                    let line = filled_in(&part(cell, at + from, end), &self.variables);
                    self.run(&line);
                }
                None if self.variables.len() < MOST_VARIABLES => set(&mut self.variables, line),
                None => {}
            }
            at = end + 1;
        }
    }

    fn run(&mut self, script: &Excerpt) {
        let variables = shell::with_settings(&self.variables, script.text());
        let found = of_shell(script, &variables, Speaker::Notebook, self.layer);
        self.steps.extend(found);
    }
}

/// Takes in a line of Python that sets a variable to a literal, or of IPython that sets one of the
/// environment; a variable that is set to anything else is no longer known.
fn set(variables: &mut Variables, line: &str) {
    let mut magics = ["%env ", "%set_env "].iter();
    if let Some(rest) = magics.find_map(|magic| line.trim_start().strip_prefix(magic)) {
        let parts = rest.split_once('=').or_else(|| rest.split_once(' '));
        if let Some((name, value)) = parts.filter(|(_, value)| !value.contains(['{', '$'])) {
            variables.insert(name.trim().to_owned(), value.trim().to_owned());
        }
        return;
    }
    let Some((left, right)) = line.split_once('=') else {
        return;
    };
    let left = left.trim_end();
    let of_environment = left.strip_prefix("os.environ[").and_then(|it| {
        let name = it.strip_suffix(']')?;
        name.get(1..name.len().checked_sub(1)?)
    });
    let name = of_environment.unwrap_or(left);
    let is_name = |name: &str| {
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        !name.is_empty() && name.chars().all(is_part)
    };
    let bare = name.trim().trim_end_matches(['+', ' ']);
    match literal(right).filter(|_| is_name(name)) {
        Some(value) => drop(variables.insert(name.to_owned(), value.to_owned())),
        None if is_name(bare) => drop(variables.remove(bare)),
        None => {}
    }
}

/// Reads a string without escapes, or a number.
fn literal(text: &str) -> Option<&str> {
    let text = text.trim();
    for quote in ['"', '\''] {
        let Some(inner) = text.strip_prefix(quote) else {
            continue;
        };
        let (value, rest) = inner.split_once(quote)?;
        let rest = rest.trim_start();
        let is_whole = rest.is_empty() || rest.starts_with('#');
        return Some(value).filter(|it| is_whole && !it.contains('\\'));
    }
    let number = text.split('#').next().unwrap_or_default().trim();
    let is_number = |it: &str| it.starts_with(|c: char| c.is_ascii_digit());
    let is_plain = |c: char| c.is_ascii_digit() || c == '.';
    Some(number).filter(|it| is_number(it) && it.chars().all(is_plain))
}

/// Puts the values of variables in the place of `{NAME}`, as IPython does before a shell reads the
/// line; one that is not known is left to the shell's reader, which does not know it either.
fn filled_in(line: &Excerpt, variables: &Variables) -> Excerpt {
    let text = line.text();
    let mut filled = Excerpt::new(line.file());
    let mut at = 0;
    while let Some(open) = text[at..].find('{').map(|open| at + open) {
        let name = text[open + 1..].split('}').next().unwrap_or_default();
        let is_python = name == OWN_PYTHON;
        let is_name = !name.is_empty()
            && !name.starts_with(|c: char| c.is_ascii_digit())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let end = open + 1 + name.len();
        let is_shell = text[..open].ends_with('$');
        if is_shell || !is_name && !is_python || !text[end..].starts_with('}') {
            filled.push_from(
                line,
                Span {
                    start: at,
                    end: open + 1,
                },
            );
            at = open + 1;
            continue;
        }
        filled.push_from(
            line,
            Span {
                start: at,
                end: open,
            },
        );
        let place = line
            .origin(Span {
                start: open,
                end: end + 1,
            })
            .span;
        let unknown = || match is_python {
            true => "python".to_owned(),
            false => format!("${{{name}}}"),
        };
        let value = variables.get(name).cloned().unwrap_or_else(unknown);
        filled.push_instead(&value, place);
        at = end + 1;
    }
    filled.push_from(
        line,
        Span {
            start: at,
            end: text.len(),
        },
    );
    filled
}

/// Puts a cell's lines together.
fn cell(whole: &Excerpt, source: &RawValue) -> Excerpt {
    let strings = match source.get().starts_with('[') {
        true => serde_json::from_str::<Vec<&RawValue>>(source.get()).unwrap_or_default(),
        false => vec![source],
    };
    let mut text = Excerpt::new(whole.file());
    for string in strings {
        if let Some(span) = place_in(whole.file().text(), string) {
            append_json_string(&mut text, whole, span);
        }
    }
    text
}

/// Returns the end of a line, with those that it goes on in.
fn line_end(text: &str, from: usize) -> usize {
    let mut at = from;
    loop {
        let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
        let goes_on = text[at..end].trim_end_matches('\r').ends_with('\\');
        if !goes_on || end == text.len() {
            return end;
        }
        at = end + 1;
    }
}

/// Returns where the command of a line starts: behind `!`, or at the `pip` of `%pip`, which
/// IPython hands to a shell as well.
fn command_start(line: &str) -> Option<usize> {
    let lead = line.len() - line.trim_start().len();
    let rest = &line[lead..];
    let behind = |sign: &str| {
        let after = rest.strip_prefix(sign)?;
        let blank = after.len() - after.trim_start().len();
        Some(lead + sign.len() + blank)
    };
    let is_of_pip = ["%pip ", "%uv ", "%{"].iter();
    if is_of_pip.into_iter().any(|it| rest.starts_with(it)) {
        return Some(lead + 1);
    }
    if let Some(from) = behind_target(rest) {
        return command_start(&rest[from..]).map(|start| lead + from + start);
    }
    behind("!!")
        .or_else(|| behind("!"))
        .or_else(|| behind("%sx "))
        .or_else(|| behind("%system "))
}

/// Returns where the command of `out = !pip install a` starts.
fn behind_target(line: &str) -> Option<usize> {
    let (target, command) = line.split_once('=')?;
    let is_part = |c: char| c.is_alphanumeric() || "_.,[] ".contains(c);
    let is_target = target.chars().all(is_part) && !target.trim().is_empty();
    let is_command = command.trim_start().starts_with(['!', '%']);
    (is_target && is_command).then_some(target.len() + 1)
}

/// Returns where a command starts that IPython takes for a magic without its sign.
fn bare_start(line: &str) -> Option<usize> {
    let mut words = line.split_whitespace();
    let is_install = match (words.next()?, words.next()?) {
        ("pip", verb) => matches!(verb, "install" | "uninstall"),
        ("uv", verb) => verb == "pip",
        _ => false,
    };
    is_install.then(|| line.len() - line.trim_start().len())
}

fn part(whole: &Excerpt, start: usize, end: usize) -> Excerpt {
    let mut part = Excerpt::new(whole.file());
    part.push_from(whole, Span { start, end });
    part
}
