//! Graphs of packages as text that other programs draw: Mermaid flowcharts and Graphviz digraphs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::graph::Graph;
use crate::package::IndexUrl;

/// Who draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drawing {
    /// Mermaid.
    Mermaid,
    /// Graphviz.
    Dot,
}

/// What is drawn: nodes by key with their labels, and edges with theirs.
#[derive(Default)]
struct Picture {
    nodes: BTreeMap<String, (String, bool)>,
    edges: BTreeSet<(String, String, String)>,
}

/// Draws all that lies on paths from the declarations to some packages, no farther than `depth`
/// steps away from them.
pub fn draw_paths(
    graph: &Graph<'_>,
    packages: &[usize],
    depth: Option<usize>,
    drawing: Drawing,
) -> String {
    let reached = reached(packages.iter().copied(), depth, |at| {
        graph.needed_by(at).iter().map(|link| link.from).collect()
    });
    picture(graph, &reached, &packages.iter().copied().collect()).text(drawing)
}

/// Draws what some packages need, no farther than `depth` steps away from them.
pub fn draw_needs(
    graph: &Graph<'_>,
    packages: &[usize],
    depth: Option<usize>,
    drawing: Drawing,
) -> String {
    let reached = reached(packages.iter().copied(), depth, |at| {
        graph.needs(at).iter().map(|link| link.to).collect()
    });
    picture(graph, &reached, &BTreeSet::new()).text(drawing)
}

fn reached(
    from: impl Iterator<Item = usize>,
    depth: Option<usize>,
    next: impl Fn(usize) -> Vec<usize>,
) -> BTreeSet<usize> {
    let mut reached: BTreeSet<usize> = from.collect();
    let mut level: Vec<usize> = reached.iter().copied().collect();
    let mut steps = 0;
    while !level.is_empty() && depth.is_none_or(|depth| steps < depth) {
        let further = level.into_iter().flat_map(&next);
        level = further.filter(|at| reached.insert(*at)).collect();
        steps += 1;
    }
    reached
}

fn picture(graph: &Graph<'_>, reached: &BTreeSet<usize>, marked: &BTreeSet<usize>) -> Picture {
    let mut picture = Picture::default();
    let key = |at: usize| format!("p{at:04}");
    for &at in reached {
        let label = graph.packages()[at].label();
        picture.nodes.insert(key(at), (label, marked.contains(&at)));
        for link in graph.needs(at) {
            if reached.contains(&link.to) {
                let edge = (key(at), key(link.to), link.specifiers());
                picture.edges.insert(edge);
            }
        }
    }
    for (at, root) in graph.roots().iter().enumerate() {
        let Some(declaration) = root.declaration.filter(|_| reached.contains(&root.package)) else {
            continue;
        };
        let from = format!("d{at:04}");
        let label = IndexUrl::redacted(&declaration.place());
        picture.nodes.insert(from.clone(), (label, false));
        let text = IndexUrl::redacted(&declaration.text);
        let name = declaration.name.as_ref();
        let asks = text.strip_prefix(name).unwrap_or(&text).trim();
        picture
            .edges
            .insert((from, key(root.package), asks.to_owned()));
    }
    picture
}

impl Picture {
    fn text(&self, drawing: Drawing) -> String {
        match drawing {
            Drawing::Mermaid => self.mermaid(),
            Drawing::Dot => self.dot(),
        }
    }

    fn mermaid(&self) -> String {
        let mut text = "flowchart TD\n".to_owned();
        for (key, (label, _)) in &self.nodes {
            let label = entities(label);
            let _ = match key.starts_with('d') {
                true => writeln!(text, "    {key}([\"{label}\"])"),
                false => writeln!(text, "    {key}[\"{label}\"]"),
            };
        }
        for (from, to, label) in &self.edges {
            let label = match label.as_str() {
                "" => String::new(),
                label => format!("|\"{}\"|", entities(label)),
            };
            let _ = writeln!(text, "    {from} -->{label} {to}");
        }
        for (key, (_, is_marked)) in &self.nodes {
            if *is_marked {
                let _ = writeln!(text, "    style {key} stroke-width:3px");
            }
        }
        text
    }

    fn dot(&self) -> String {
        let mut text = "digraph pyaudit {\n    node [shape=box];\n".to_owned();
        for (key, (label, is_marked)) in &self.nodes {
            let style = match (key.starts_with('d'), is_marked) {
                (true, _) => ", shape=ellipse",
                (false, true) => ", style=bold",
                (false, false) => "",
            };
            let _ = writeln!(text, "    {key} [label={}{style}];", quoted(label));
        }
        for (from, to, label) in &self.edges {
            let label = match label.as_str() {
                "" => String::new(),
                label => format!(" [label={}]", quoted(label)),
            };
            let _ = writeln!(text, "    {from} -> {to}{label};");
        }
        text.push_str("}\n");
        text
    }
}

/// Puts a text in Graphviz's quotes.
fn quoted(text: &str) -> String {
    let mut written = "\"".to_owned();
    for c in text.chars() {
        match c {
            '"' | '\\' => written.extend(['\\', c]),
            c if c.is_control() => written.push(' '),
            c => written.push(c),
        }
    }
    written + "\""
}

/// Writes signs that Mermaid would take for its own as entities.
fn entities(text: &str) -> String {
    let mut written = String::new();
    for c in text.chars() {
        match c {
            '"' => written.push_str("#quot;"),
            '<' => written.push_str("#lt;"),
            '>' => written.push_str("#gt;"),
            '#' => written.push_str("#35;"),
            c if c.is_control() => written.push(' '),
            c => written.push(c),
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_end_no_quotes_and_move_no_cursor() {
        assert_eq!(quoted("a\"b\\c\u{1b}[2J\nd"), r#""a\"b\\c [2J d""#);
        assert_eq!(entities("a\"b<#\u{1b}"), "a#quot;b#lt;#35; ");
    }
}
