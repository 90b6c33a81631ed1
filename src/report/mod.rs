//! What a person or a machine reads at the end, out of plain values. Nothing here looks at the
//! terminal: the caller says whether there is colour and how wide a line may be.

mod absent;
mod audit;
mod audit_json;
mod audit_junit;
mod audit_markdown;
mod conflict;
mod decision;
mod diff;
mod drawing;
mod edit;
mod excerpt;
mod github;
mod json;
mod matrix;
mod overview;
mod plan;
mod plan_json;
mod plan_markdown;
mod plan_words;
mod repair;
mod rules;
mod sarif;
mod summary;
mod terminal;
mod tree;
mod why;
mod why_json;
mod why_not;
mod words;

pub use absent::{Absent, Bringer, absent_json, absent_text};
pub use audit::{Audited, audit_text};
pub use audit_json::audit_json;
pub use audit_junit::audit_junit;
pub use audit_markdown::audit_markdown;
pub use conflict::{ConflictReport, Findings, conflict_markdown};
pub use diff::{diff_json, diff_text};
pub use drawing::{Drawing, draw_needs, draw_paths};
pub use edit::draw_edit;
pub use github::audit_github;
pub use json::{LockOutcome, LockReport, LockedReport};
pub use matrix::{MatrixReport, matrix_html, matrix_json, matrix_markdown, matrix_text};
pub use plan::{Instead, Plan, PlannedStep, baseline_text, plan_text};
pub use plan_json::plan_json;
pub use plan_markdown::plan_markdown;
pub use repair::{RepairReport, draw_repairs};
pub use rules::{rule_json, rule_text, rules_json, rules_text};
pub use sarif::audit_sarif;
pub use summary::{Summary, headline, remarks, summary};
pub use terminal::{
    draw_conflict, draw_conflict_in_brief, draw_further_conflict, draw_hint, draw_hint_for,
    draw_problem,
};
pub use tree::{Sizes, Tree, tree_json, tree_text};
pub use why::{Decided, Known, Move, Why, Witness, alone_text, bytes, why_text};
pub use why_json::why_json;
pub use why_not::{WhyNot, draw_why_not, why_not_json};
pub use words::{Style, count, printable};
