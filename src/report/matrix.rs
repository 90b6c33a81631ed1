//! A matrix as a grid: marks in the cells, and below it what they stand for. What is the same in every
//! cell is counted and not told.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::json::to_text;
use super::words::{Style, count};
use crate::explain::explain;
use crate::matrix::{Cell, Matrix, Unsolved, Verdict};
use crate::package::{PackageName, Version};

/// So many pins of a cell are told, those that are declared first.
const MOST_PINS: usize = 8;

/// The values of axes that nobody spoke of.
const UNSAID: &[&str] = &["pypi", "as declared", "no GPU"];

/// A matrix, ready to be drawn.
#[derive(Clone, Debug)]
pub struct MatrixReport<'m> {
    matrix: &'m Matrix,
    /// The names of the axes with more than one value, the last of them across.
    axes: Vec<(&'static str, Vec<String>)>,
    rows: Vec<Row>,
    /// The sets of pins, each with what it has of its own.
    sets: Vec<Vec<String>>,
    reasons: Vec<String>,
    /// How many packages are the same in every cell with an answer.
    common: usize,
    /// What is the same for all cells.
    fixed: Vec<String>,
}

#[derive(Clone, Debug)]
struct Row {
    labels: Vec<String>,
    marks: Vec<Mark>,
}

/// What stands in a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    /// An answer, by the number of its set of pins.
    Set(usize),
    /// None, by the number of the reason.
    Reason(usize),
    /// Nobody knows.
    Unknown,
}

type Pins = BTreeMap<PackageName, Version>;

impl<'m> MatrixReport<'m> {
    /// Prepares a matrix; `declared` are the packages that the user names.
    pub fn new(matrix: &'m Matrix, declared: &[PackageName]) -> Self {
        let labels = matrix.axes.labels();
        let varying: Vec<usize> = (0..labels.len())
            .filter(|at| labels[*at].1.len() > 1)
            .collect();
        let fixed = labels.iter().filter(|(_, values)| values.len() == 1);
        let fixed = fixed.filter(|(_, values)| !UNSAID.contains(&values[0].as_str()));
        let fixed = fixed.map(|(name, values)| format!("{name} {}", values[0]));
        let mut report = Self {
            matrix,
            axes: varying.iter().map(|at| labels[*at].clone()).collect(),
            rows: Vec::new(),
            sets: Vec::new(),
            reasons: Vec::new(),
            common: 0,
            fixed: fixed.collect(),
        };
        let common = common(matrix);
        report.common = common.len();
        let mut known: Vec<&Pins> = Vec::new();
        for cell in &matrix.cells {
            let mark = match &cell.verdict {
                Verdict::Solved(pins) => Mark::Set(report.set(pins, &mut known, &common, declared)),
                Verdict::Unsolvable(unsolved) => Mark::Reason(report.reason(in_a_line(unsolved))),
                Verdict::Unknown => Mark::Unknown,
            };
            report.put(cell, &varying, mark);
        }
        report
    }

    /// Whether some cell has an answer.
    pub fn has_answers(&self) -> bool {
        !self.sets.is_empty()
    }

    /// Whether some cell was not come to.
    pub fn is_partial(&self) -> bool {
        let mut cells = self.matrix.cells.iter();
        cells.any(|cell| matches!(cell.verdict, Verdict::Unknown))
    }

    fn put(&mut self, cell: &Cell, varying: &[usize], mark: Mark) {
        let positions = cell.at.positions();
        let across = varying.last();
        let labels: Vec<String> = varying
            .iter()
            .zip(&self.axes)
            .filter(|(at, _)| Some(*at) != across)
            .map(|(at, (_, values))| values[positions[*at]].clone())
            .collect();
        match self.rows.last_mut().filter(|row| row.labels == labels) {
            Some(row) => row.marks.push(mark),
            None => self.rows.push(Row {
                labels,
                marks: vec![mark],
            }),
        }
    }

    fn set<'p>(
        &mut self,
        pins: &'p Pins,
        known: &mut Vec<&'p Pins>,
        common: &Pins,
        declared: &[PackageName],
    ) -> usize {
        if let Some(at) = known.iter().position(|it| *it == pins) {
            return at;
        }
        known.push(pins);
        let own = pins.iter().filter(|(name, _)| !common.contains_key(*name));
        let mut own: Vec<(&PackageName, &Version)> = own.collect();
        if own.is_empty() {
            own.extend(pins.iter().filter(|(name, _)| declared.contains(name)));
        }
        own.sort_by_key(|(name, _)| !declared.contains(name));
        let told = own
            .iter()
            .map(|(name, version)| format!("{name} {version}"));
        self.sets.push(told.collect());
        known.len() - 1
    }

    fn reason(&mut self, reason: String) -> usize {
        let found = self.reasons.iter().position(|known| *known == reason);
        found.unwrap_or_else(|| {
            self.reasons.push(reason);
            self.reasons.len() - 1
        })
    }

    fn columns(&self) -> Vec<String> {
        let across = self.axes.last();
        across.map_or_else(|| vec!["answer".to_owned()], |(_, values)| values.clone())
    }

    /// Returns the names over the labels of the rows.
    fn heads(&self) -> Vec<&'static str> {
        let rows = self.axes.len().saturating_sub(1);
        self.axes.iter().take(rows).map(|(name, _)| *name).collect()
    }

    fn legend(&self) -> Vec<(String, String)> {
        let sets = self.sets.iter().enumerate().map(|(at, set)| {
            let mut told: Vec<String> = set.iter().take(MOST_PINS).cloned().collect();
            if set.len() > MOST_PINS {
                told.push(format!("and {} more", set.len() - MOST_PINS));
            }
            (letter(at), told.join(", "))
        });
        let reasons = self.reasons.iter().enumerate();
        let reasons = reasons.map(|(at, reason)| ((at + 1).to_string(), reason.clone()));
        sets.chain(reasons).collect()
    }

    fn closing(&self) -> String {
        let cells = &self.matrix.cells;
        let solved = cells
            .iter()
            .filter(|it| matches!(it.verdict, Verdict::Solved(_)));
        let unknown = cells
            .iter()
            .filter(|it| matches!(it.verdict, Verdict::Unknown));
        let follows = cells.iter().filter(|it| it.follows).count();
        let mut told = format!(
            "answers for {} of {}; {follows} followed from another",
            solved.count(),
            count(cells.len(), "cell")
        );
        match unknown.count() {
            0 => {}
            unknown => told.push_str(&format!("; {} not come to", count(unknown, "cell"))),
        }
        if self.common > 0 {
            let same = count(self.common, "package");
            told.push_str(&format!("; {same} the same in all answers"));
        }
        told
    }
}

/// Draws the grid for a person.
pub fn matrix_text(report: &MatrixReport<'_>, style: Style) -> String {
    let heads: Vec<String> = report.heads().into_iter().map(str::to_owned).collect();
    let columns = report.columns();
    let mut widths: Vec<usize> = heads.iter().map(|it| it.chars().count()).collect();
    for row in &report.rows {
        for (width, label) in widths.iter_mut().zip(&row.labels) {
            *width = (*width).max(label.chars().count());
        }
    }
    let padded = |text: &str, width: usize| format!("{text:width$}  ");
    let lead = |labels: &[String]| -> String {
        let labels = labels.iter().zip(&widths);
        labels.map(|(label, width)| padded(label, *width)).collect()
    };
    let mut text = String::new();
    if !report.fixed.is_empty() {
        text.push_str(&format!("{}\n\n", report.fixed.join(", ")));
    }
    let header: String = columns
        .iter()
        .map(|it| padded(it, it.chars().count().max(4)))
        .collect();
    text.push_str(&format!("{}{}\n", lead(&heads), header.trim_end()));
    for row in &report.rows {
        let marks = row.marks.iter().zip(&columns).map(|(mark, column)| {
            let told = padded(&mark.told(style), column.chars().count().max(4));
            match mark {
                Mark::Set(_) => style.green(&told),
                Mark::Reason(_) => style.red(&told),
                Mark::Unknown => told,
            }
        });
        let marks: String = marks.collect();
        text.push_str(&format!("{}{}\n", lead(&row.labels), marks.trim_end()));
    }
    text.push('\n');
    for (mark, told) in report.legend() {
        text.push_str(&format!("{mark:>3}  {}\n", style.wrapped(&told, 5)));
    }
    text.push_str(&format!("\n{}\n", report.closing()));
    text
}

impl Mark {
    fn told(self, style: Style) -> String {
        let (yes, no) = match style.unicode {
            true => ("✓", "✗"),
            false => ("+", "-"),
        };
        match self {
            Self::Set(at) => format!("{yes} {}", letter(at)),
            Self::Reason(at) => format!("{no} {}", at + 1),
            Self::Unknown => "?".to_owned(),
        }
    }
}

/// `a`, `b`, …, `z`, `aa`.
fn letter(at: usize) -> String {
    let last = char::from(b'a' + (at % 26) as u8);
    match at / 26 {
        0 => last.to_string(),
        more => format!("{}{last}", letter(more - 1)),
    }
}

/// Writes the grid as Markdown.
pub fn matrix_markdown(report: &MatrixReport<'_>) -> String {
    let mut text = String::from("# Compatibility\n\n");
    if !report.fixed.is_empty() {
        text.push_str(&format!("{}\n\n", escaped(&report.fixed.join(", "))));
    }
    let heads = report.heads().into_iter().map(str::to_owned);
    let heads: Vec<String> = heads.chain(report.columns()).collect();
    let head: Vec<String> = heads.iter().map(|it| escaped(it)).collect();
    text.push_str(&format!(
        "| {} |\n|{}\n",
        head.join(" | "),
        "---|".repeat(heads.len())
    ));
    for row in &report.rows {
        let marks = row.marks.iter().map(|mark| mark.told(Style::plain()));
        let cells = row.labels.iter().map(|it| escaped(it)).chain(marks);
        text.push_str(&format!(
            "| {} |\n",
            cells.collect::<Vec<String>>().join(" | ")
        ));
    }
    text.push_str("\n| | |\n|---|---|\n");
    for (mark, told) in report.legend() {
        text.push_str(&format!("| {mark} | {} |\n", escaped(&told)));
    }
    text.push_str(&format!("\n{}.\n", escaped(&report.closing())));
    text
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for sign in text.chars() {
        if "|<>[]*_\\".contains(sign) {
            escaped.push('\\');
        }
        escaped.push(sign);
    }
    escaped
}

/// Writes the grid as a page of HTML.
pub fn matrix_html(report: &MatrixReport<'_>) -> String {
    const HEAD: &str = "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
        <title>Compatibility</title>\n<style>\
        body{font:15px sans-serif;margin:2em}table{border-collapse:collapse;margin:1em 0}\
        td,th{border:1px solid #ccc;padding:.3em .7em;text-align:left}\
        .yes{background:#e3f6e3}.no{background:#fbe3e3}</style>\n<h1>Compatibility</h1>\n";
    let mut text = HEAD.to_owned();
    if !report.fixed.is_empty() {
        text.push_str(&format!("<p>{}</p>\n", html(&report.fixed.join(", "))));
    }
    text.push_str("<table>\n<tr>");
    let heads = report.heads().into_iter().map(str::to_owned);
    for head in heads.chain(report.columns()) {
        text.push_str(&format!("<th>{}</th>", html(&head)));
    }
    text.push_str("</tr>\n");
    let legend: BTreeMap<String, String> = report.legend().into_iter().collect();
    for row in &report.rows {
        text.push_str("<tr>");
        for label in &row.labels {
            text.push_str(&format!("<th>{}</th>", html(label)));
        }
        for mark in &row.marks {
            let (class, key) = match mark {
                Mark::Set(at) => ("yes", letter(*at)),
                Mark::Reason(at) => ("no", (at + 1).to_string()),
                Mark::Unknown => ("", String::new()),
            };
            let title = legend.get(&key).map_or("", String::as_str);
            let told = mark.told(Style::plain());
            let title = html(title);
            text.push_str(&format!(
                "<td class=\"{class}\" title=\"{title}\">{told}</td>"
            ));
        }
        text.push_str("</tr>\n");
    }
    text.push_str("</table>\n<table>\n");
    for (mark, told) in report.legend() {
        text.push_str(&format!(
            "<tr><th>{mark}</th><td>{}</td></tr>\n",
            html(&told)
        ));
    }
    text.push_str(&format!(
        "</table>\n<p>{}.</p>\n</html>\n",
        html(&report.closing())
    ));
    text
}

fn html(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    text.replace('>', "&gt;").replace('"', "&quot;")
}

/// Tells the matrix to machines: `pyaudit.matrix`, version 1.
pub fn matrix_json(report: &MatrixReport<'_>) -> String {
    let labels = report.matrix.axes.labels();
    let axes = labels
        .iter()
        .map(|(name, values)| json!({ "name": name, "values": values }));
    let cells = report.matrix.cells.iter().map(|cell| {
        let positions = cell.at.positions();
        let at = labels.iter().zip(positions);
        let at: Vec<&String> = at
            .map(|((_, values), position)| &values[position])
            .collect();
        let (outcome, pins, reason) = match &cell.verdict {
            Verdict::Solved(pins) => {
                let pins = pins.iter();
                let pins =
                    pins.map(|(name, version)| (name.to_string(), json!(version.to_string())));
                (
                    "solved",
                    Some(pins.collect::<serde_json::Map<_, _>>()),
                    None,
                )
            }
            Verdict::Unsolvable(unsolved) => ("unsolvable", None, Some(in_a_line(unsolved))),
            Verdict::Unknown => ("unknown", None, None),
        };
        json!({
            "at": at,
            "outcome": outcome,
            "follows": cell.follows,
            "pins": pins,
            "reason": reason,
        })
    });
    to_text(&json!({
        "schema": { "name": "pyaudit.matrix", "version": "1" },
        "axes": axes.collect::<Vec<Value>>(),
        "cells": cells.collect::<Vec<Value>>(),
    }))
}

/// Returns what is the same in every answer.
fn common(matrix: &Matrix) -> Pins {
    let mut answers = matrix.cells.iter().filter_map(|cell| match &cell.verdict {
        Verdict::Solved(pins) => Some(pins),
        Verdict::Unsolvable(_) | Verdict::Unknown => None,
    });
    let Some(first) = answers.next() else {
        return Pins::new();
    };
    let mut common = Pins::clone(first);
    for pins in answers {
        common.retain(|name, version| pins.get(name) == Some(version));
    }
    common
}

/// Says in a line why there is no answer: what the proof ends with.
fn in_a_line(unsolved: &Unsolved) -> String {
    let told = explain(&unsolved.question, &unsolved.conflict);
    let last = told.steps.last().or(told.conclusion.as_ref());
    let last = last.unwrap_or(&told.headline);
    last.trim_end_matches('.').to_owned()
}
