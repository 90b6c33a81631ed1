//! Who needs what in a lock, drawn as a tree, and as JSON.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::json::to_text;
use super::why::{asked, bytes};
use super::why_json::declaration_json;
use super::words::{Style, count};
use crate::graph::{Graph, Link};
use crate::package::{IndexUrl, PackageName};
use crate::target::Target;

/// What of a lock is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Tree<'a> {
    /// The packages.
    pub graph: &'a Graph<'a>,
    /// Where it runs.
    pub target: Option<&'a Target>,
    /// The packages to begin with; none for the roots.
    pub begin: Option<&'a [usize]>,
    /// Whether it goes from a package to those that need it.
    pub is_inverted: bool,
    /// How many levels are drawn below the first.
    pub depth: Option<usize>,
    /// Whether what a package needs is drawn once only.
    pub dedupes: bool,
    /// Packages that are left out.
    pub pruned: &'a [PackageName],
    /// Which sizes are shown.
    pub sizes: Sizes<'a>,
    /// The licence of each package, where it is known; none if licences are not shown.
    pub licences: Option<&'a [Option<String>]>,
}

/// Which sizes a tree shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sizes<'a> {
    /// None.
    Hidden,
    /// Those of the files that are downloaded, as the lock has them.
    Download,
    /// What each package takes on the disk, where that is known.
    Installed(&'a [Option<u64>]),
}

/// Without deduplication a lock may unfold to more lines than any memory holds.
const MOST_LINES: usize = 100_000;

/// Nobody reads a line that is indented farther; what is deeper is cut off.
const MOST_LEVELS: usize = 200;

/// Draws it.
pub fn tree_text(tree: &Tree<'_>, style: Style) -> String {
    let mut drawer = Drawer {
        tree,
        style,
        lines: Vec::new(),
        drawn: BTreeSet::new(),
        open: Vec::new(),
        has_repeated: false,
    };
    for at in tree.beginnings() {
        if !tree.is_pruned(at) {
            drawer.draw(at, None, "", "", 0);
        }
    }
    let mut lines = std::mem::take(&mut drawer.lines);
    if lines.len() >= MOST_LINES {
        lines.push(style.dim("… and more"));
    }
    if drawer.has_repeated {
        lines.push(style.dim("(*) what is below it is shown above"));
    }
    if tree.sizes != Sizes::Hidden {
        lines.push(total(tree));
    }
    lines.join("\n") + "\n"
}

impl<'a> Tree<'a> {
    fn beginnings(&self) -> Vec<usize> {
        if let Some(begin) = self.begin {
            return begin.to_vec();
        }
        let leaves = || {
            let packages = 0..self.graph.packages().len();
            packages.filter(|at| self.graph.needs(*at).is_empty())
        };
        let mut begin: Vec<usize> = match self.is_inverted {
            true => leaves().collect(),
            false => self.graph.roots().iter().map(|root| root.package).collect(),
        };
        let mut seen = BTreeSet::new();
        begin.retain(|at| seen.insert(*at));
        begin
    }

    fn is_pruned(&self, at: usize) -> bool {
        self.pruned.contains(&self.graph.packages()[at].name)
    }

    /// Returns what stands below a package.
    fn below(&self, at: usize) -> Vec<(usize, &'a Link<'a>)> {
        let links: Vec<(usize, &Link<'_>)> = match self.is_inverted {
            true => {
                let links = self.graph.needed_by(at).iter();
                links.map(|link| (link.from, link)).collect()
            }
            false => {
                let links = self.graph.needs(at).iter();
                links.map(|link| (link.to, link)).collect()
            }
        };
        let mut links = links;
        links.retain(|(at, _)| !self.is_pruned(*at));
        links
    }

    /// Returns the packages that are drawn.
    pub fn reached(&self) -> BTreeSet<usize> {
        let mut reached = BTreeSet::new();
        let mut level = self.beginnings();
        level.retain(|at| !self.is_pruned(*at));
        let mut depth = 0;
        while !level.is_empty() {
            level.retain(|at| reached.insert(*at));
            if self.depth.is_some_and(|most| depth >= most) {
                break;
            }
            let next = level.iter().flat_map(|at| self.below(*at));
            level = next.map(|(at, _)| at).collect();
            depth += 1;
        }
        reached
    }
}

struct Drawer<'t> {
    tree: &'t Tree<'t>,
    style: Style,
    lines: Vec<String>,
    drawn: BTreeSet<usize>,
    /// The packages on the way to the present one.
    open: Vec<usize>,
    has_repeated: bool,
}

impl Drawer<'_> {
    fn draw(&mut self, at: usize, link: Option<&Link<'_>>, lead: &str, indent: &str, level: usize) {
        if self.lines.len() >= MOST_LINES {
            return;
        }
        let below = self.tree.below(at);
        let declared = self.declared(at);
        let has_more = !below.is_empty() || !declared.is_empty();
        let is_cut = self.tree.depth.is_some_and(|depth| level >= depth);
        let is_circle = self.open.contains(&at);
        let is_repeated = is_circle || (self.tree.dedupes && self.drawn.contains(&at));
        let mut line = format!("{lead}{}", self.told(at, link));
        if has_more && is_repeated && !is_cut {
            line.push_str(&self.style.dim(" (*)"));
            self.has_repeated = true;
        }
        let is_too_deep = has_more && level >= MOST_LEVELS;
        if is_too_deep && !is_cut && !is_repeated {
            line.push_str(&self.style.dim(" …"));
        }
        self.lines.push(line);
        if is_cut || is_repeated || is_too_deep {
            return;
        }
        self.drawn.insert(at);
        self.open.push(at);
        let (branch, last, bar) = match self.style.unicode {
            true => ("├── ", "└── ", "│   "),
            false => ("|-- ", "`-- ", "|   "),
        };
        let total = declared.len() + below.len();
        for (number, text) in declared.iter().enumerate() {
            let lead = if number + 1 == total { last } else { branch };
            self.lines.push(format!("{indent}{lead}{text}"));
        }
        for (number, (next, link)) in below.iter().enumerate() {
            let is_last = declared.len() + number + 1 == total;
            let lead = format!("{indent}{}", if is_last { last } else { branch });
            let indent = format!("{indent}{}", if is_last { "    " } else { bar });
            self.draw(*next, Some(link), &lead, &indent, level + 1);
        }
        self.open.pop();
    }

    /// The declarations of a package, for a tree that goes up to them.
    fn declared(&self, at: usize) -> Vec<String> {
        if !self.tree.is_inverted {
            return Vec::new();
        }
        let roots = self.tree.graph.roots().iter();
        let declared = roots.filter(|root| root.package == at);
        declared
            .filter_map(|root| root.declaration)
            .map(|it| format!("{} {}", it.place(), IndexUrl::redacted(&it.text)))
            .collect()
    }

    fn told(&self, at: usize, link: Option<&Link<'_>>) -> String {
        let graph = self.tree.graph;
        let package = graph.packages()[at];
        let mut text = package.label();
        let asks = match (link, self.tree.is_inverted) {
            (None, _) => String::new(),
            (Some(link), true) => asked(graph, link),
            (Some(link), false) => {
                let extra = link.extra().map(|extra| format!("[{extra}] "));
                format!("{}{}", extra.unwrap_or_default(), link.specifiers())
            }
        };
        if !asks.trim().is_empty() {
            text.push_str(&self.style.dim(&format!(" ({})", asks.trim())));
        }
        let size = match self.tree.sizes {
            Sizes::Hidden => None,
            Sizes::Download => size(self.tree, at),
            Sizes::Installed(sizes) => sizes[at],
        };
        let licence = self.tree.licences.map(|licences| &licences[at]);
        let licence = licence.map(|known| known.clone().unwrap_or_else(|| "?".to_owned()));
        let told: Vec<String> = size.map(bytes).into_iter().chain(licence).collect();
        if !told.is_empty() {
            text.push_str(&self.style.dim(&format!(" {}", told.join(", "))));
        }
        text
    }
}

fn size(tree: &Tree<'_>, at: usize) -> Option<u64> {
    tree.graph.packages()[at].installed_file(tree.target)?.size
}

fn total(tree: &Tree<'_>) -> String {
    let reached = tree.reached();
    let (of, what, nowhere) = match tree.sizes {
        Sizes::Installed(sizes) => (Some(sizes), " on the disk", "record of its files"),
        Sizes::Hidden | Sizes::Download => (None, "", "size in the lock"),
    };
    let size = |at: &usize| of.map_or_else(|| size(tree, *at), |sizes| sizes[*at]);
    let sizes: Vec<u64> = reached.iter().filter_map(size).collect();
    let unknown = match reached.len() - sizes.len() {
        0 => String::new(),
        unknown => format!(", {} without a {nowhere}", count(unknown, "package")),
    };
    let sum: u64 = sizes.iter().sum();
    format!(
        "{}, {}{what}{unknown}",
        count(reached.len(), "package"),
        bytes(sum)
    )
}

/// Writes it for machines, version 1: the packages that are drawn, flat. Keys are only added.
pub fn tree_json(tree: &Tree<'_>) -> String {
    let reached = tree.reached();
    let graph = tree.graph;
    let roots = graph
        .roots()
        .iter()
        .filter(|root| reached.contains(&root.package));
    let roots = roots.map(|root| {
        json!({
            "package": graph.packages()[root.package].name.to_string(),
            "declaration": root.declaration.map(declaration_json),
        })
    });
    let packages = reached.iter().map(|at| package_json(tree, &reached, *at));
    to_text(&json!({
        "schema": { "name": "pyaudit.tree", "version": "1" },
        "roots": roots.collect::<Vec<_>>(),
        "packages": packages.collect::<Vec<_>>(),
    }))
}

fn package_json(tree: &Tree<'_>, reached: &BTreeSet<usize>, at: usize) -> Value {
    let graph = tree.graph;
    let package = graph.packages()[at];
    let needs = graph
        .needs(at)
        .iter()
        .filter(|link| reached.contains(&link.to));
    let needs = needs.map(|link| {
        let needed = graph.packages()[link.to];
        let requirements = link.requirements.iter();
        json!({
            "name": needed.name.to_string(),
            "version": needed.version.as_ref().map(ToString::to_string),
            "requirements": requirements
                .map(|it| IndexUrl::redacted(&it.to_string()))
                .collect::<Vec<_>>(),
        })
    });
    let mut value = json!({
        "name": package.name.to_string(),
        "version": package.version.as_ref().map(ToString::to_string),
        "size": size(tree, at),
        "needs": needs.collect::<Vec<_>>(),
    });
    if let Sizes::Installed(sizes) = tree.sizes {
        value["installed-size"] = json!(sizes[at]);
    }
    if let Some(licences) = tree.licences {
        value["license"] = json!(licences[at]);
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::testing::lock;

    #[test]
    fn a_chain_without_an_end_is_cut_where_nobody_reads_on() {
        let packages: Vec<String> = (0..20_000)
            .map(|at| format!("p{at:05} 1: p{:05}", at + 1))
            .collect();
        let packages: Vec<&str> = packages.iter().map(String::as_str).collect();
        let lock = lock(&["r.in:1 p00000"], &packages);
        let graph = Graph::new(&lock, None);
        let tree = Tree {
            graph: &graph,
            target: None,
            begin: None,
            is_inverted: false,
            depth: None,
            dedupes: true,
            pruned: &[],
            sizes: Sizes::Hidden,
            licences: None,
        };
        let drawn = tree_text(&tree, Style::plain());

        assert_eq!(drawn.lines().count(), MOST_LEVELS + 1);
        assert!(drawn.ends_with("p00200 1 …\n"));
        let brief = Tree {
            depth: Some(MOST_LEVELS),
            ..tree
        };
        assert!(tree_text(&brief, Style::plain()).ends_with("p00200 1\n"));
    }
}
