//! What a person or a machine reads at the end, out of plain values. Nothing here looks at the
//! terminal: the caller says whether there is colour and how wide a line may be.

mod conflict;
mod edit;
mod excerpt;
mod json;
mod repair;
mod summary;
mod terminal;
mod words;

pub use conflict::{ConflictReport, Findings, conflict_markdown};
pub use edit::draw_edit;
pub use json::{LockOutcome, LockReport, LockedReport};
pub use repair::{RepairReport, draw_repairs};
pub use summary::{Summary, summary};
pub use terminal::{
    draw_conflict, draw_conflict_in_brief, draw_further_conflict, draw_hint, draw_problem,
};
pub use words::{Style, count, list, printable};
