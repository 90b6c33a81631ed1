//! What a person or a machine reads at the end, out of plain values. Nothing here looks at the
//! terminal: the caller says whether there is colour and how wide a line may be.

mod conflict;
mod excerpt;
mod json;
mod summary;
mod terminal;
mod words;

pub use conflict::{ConflictReport, conflict_markdown};
pub use json::{LockOutcome, LockReport, LockedReport};
pub use summary::{Summary, summary};
pub use terminal::{draw_conflict, draw_problem};
pub use words::{Style, count, list, printable};
