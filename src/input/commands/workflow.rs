//! The `run:` steps of a workflow, where their text is plain: on the line itself, or in a block
//! of lines that are kept as they are. Folded blocks and escapes are left alone.

use std::sync::Arc;

use super::{Recipe, Speaker, Step, of_script};
use crate::input::excerpt::Excerpt;
use crate::source::{SourceFile, Span};

/// Reads the commands of a workflow.
pub(super) fn read_workflow(file: &Arc<SourceFile>) -> Recipe {
    let mut found: Vec<Step> = Vec::new();
    let mut layer = 0;
    let mut lines = file.text().split_inclusive('\n').peekable();
    let mut at = 0;
    while let Some(line) = lines.next() {
        let start = at;
        at += line.len();
        let Some((indent, value)) = run_step(line) else {
            continue;
        };
        layer += 1;
        let mut script = Excerpt::new(file);
        if !matches!(value, "|" | "|-" | "|+") {
            let offset = line.len() - line.trim_end().len() + value.len();
            script.push(plain(value, start + line.len() - offset));
            found.extend(of_script(&script, Speaker::Shell, layer));
            continue;
        }
        let mut block = None;
        while let Some(line) = lines.next_if(|line| is_inside(line, indent)) {
            let own = line.len() - line.trim_start_matches(' ').len();
            if !line.trim().is_empty() {
                block.get_or_insert(own);
            }
            let cut = own.min(block.unwrap_or(own));
            script.push(Span::new(at + cut, line.len() - cut));
            at += line.len();
        }
        found.extend(of_script(&script, Speaker::Shell, layer));
    }
    Recipe::of_steps(found)
}

/// Returns the indentation and the value of `run:`, with or without the dash of a step.
fn run_step(line: &str) -> Option<(usize, &str)> {
    let rest = line.trim_start_matches([' ', '-']);
    let value = rest.strip_prefix("run:")?.trim();
    let is_empty = value.is_empty() || value.starts_with('>') || value.starts_with('#');
    (!is_empty).then_some((line.len() - rest.len(), value))
}

fn is_inside(line: &str, indent: usize) -> bool {
    let own = line.len() - line.trim_start_matches(' ').len();
    own > indent || line.trim().is_empty()
}

/// Returns where a plain value stands, without quotes around it; nothing of one with escapes.
fn plain(value: &str, start: usize) -> Span {
    for quote in ['"', '\''] {
        let inner = value.strip_prefix(quote);
        if let Some(inner) = inner.and_then(|inner| inner.strip_suffix(quote)) {
            let is_plain = !inner.contains([quote, '\\']);
            return Span::new(start + 1, if is_plain { inner.len() } else { 0 });
        }
    }
    Span::new(start, value.len())
}
