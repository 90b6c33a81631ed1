//! Inline script metadata (PEP 723): TOML in the comments of a Python file.

use std::sync::Arc;

use super::document::Document;
use super::excerpt::Excerpt;
use super::installs::{of_recipe, recipe_of};
use super::pyproject::ProjectReader;
use super::tool::read_tool;
use super::{Manifest, ReadContext, Reading};
use crate::source::{Origin, Problem, SourceFile, Span};

/// Reads the `script` block of a Python file; where there is none, or a function is asked for, the
/// packages that its calls name.
pub(super) fn read_script(file: &Arc<SourceFile>, context: &ReadContext<'_>) -> Reading {
    let block = find_block(file);
    let is_about_calls = block.is_err() || context.selection.stage.is_some();
    let recipe = is_about_calls.then(|| recipe_of(file, context));
    let recipe = recipe.unwrap_or_default();
    if !recipe.stages.is_empty() {
        return of_recipe(&recipe, file, context);
    }
    let mut reading = match block {
        Ok(excerpt) => read_block(&excerpt, context),
        Err(problem) => Reading {
            statements: Vec::new(),
            manifest: Manifest {
                problems: vec![problem],
                ..Manifest::default()
            },
        },
    };
    reading.manifest.problems.extend(recipe.problems);
    reading
}

fn read_block(excerpt: &Excerpt, context: &ReadContext<'_>) -> Reading {
    let (root, document) = Document::parse(excerpt);
    let mut project = ProjectReader::new(document, context);
    project.sources = read_tool(&root, &mut project);
    project.document.warn_of_unknown_keys(
        &root,
        "script",
        &["dependencies", "requires-python", "tool"],
    );
    if let Some(value) = root.get("requires-python") {
        project.read_requires_python(value);
    }
    if let Some(value) = root.get("dependencies") {
        let texts = project.document.strings(value);
        project.declare_all(&texts, context.kind, "script.dependencies");
    }
    project.finish()
}

/// Takes the one block out of its comment signs.
pub(super) fn find_block(file: &Arc<SourceFile>) -> Result<Excerpt, Problem> {
    let lines = lines(file.text());
    let mut found: Option<Excerpt> = None;
    let mut unclosed = None;
    let mut at = 0;
    while let Some((start, line)) = lines.get(at).copied() {
        at += 1;
        if line != "# /// script" {
            continue;
        }
        let opening = Origin::new(file, Span::new(start, line.len()));
        let Some(len) = block_len(&lines[at..]) else {
            unclosed = Some(opening);
            continue;
        };
        if found.is_some() {
            return Err(
                Problem::at(opening, "this file has a second `script` block")
                    .with_help("A script has one block of metadata (PEP 723). Join the two."),
            );
        }
        let mut excerpt = Excerpt::new(file);
        for (start, line) in &lines[at..at + len] {
            let sign = line.len().min(2);
            excerpt.push(Span::new(start + sign, line.len() - sign));
            excerpt.push_instead("\n", Span::new(start + line.len(), 0));
        }
        found = Some(excerpt);
        at += len + 1;
    }
    match (found, unclosed) {
        (Some(excerpt), _) => Ok(excerpt),
        (None, Some(opening)) => Err(Problem::at(opening, "this `script` block is never closed")
            .with_help("Every line of it starts with `# ` or is `#`, and the last is `# ///`.")),
        (None, None) => Err(Problem::at(
            Origin::new(file, Span::new(0, 0)),
            "this file has no `script` block",
        )
        .with_help("A script says what it needs in comments (PEP 723):\n# /// script\n# dependencies = [\"requests\"]\n# ///")),
    }
}

/// Returns the number of lines before the closing one: the last `# ///` of the comment wins.
fn block_len(lines: &[(usize, &str)]) -> Option<usize> {
    lines
        .iter()
        .take_while(|(_, line)| *line == "#" || line.starts_with("# "))
        .enumerate()
        .filter(|(_, (_, line))| *line == "# ///")
        .map(|(at, _)| at)
        .last()
}

/// Returns the lines with their offsets, without their ends.
fn lines(text: &str) -> Vec<(usize, &str)> {
    let mut from = 0;
    text.split('\n')
        .map(|line| {
            let start = from;
            from += line.len() + 1;
            (start, line.strip_suffix('\r').unwrap_or(line))
        })
        .collect()
}
