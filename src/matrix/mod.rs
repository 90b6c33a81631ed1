//! One question on many targets: every combination of Pythons, platforms, flavours of torch, GPUs and
//! further demands, each with its answer. What follows from a neighbour is not solved again.

mod axes;
mod cells;
#[cfg(test)]
mod tests;

pub use axes::{Axes, AxisError, Choice, Coordinates, pythons, with};
pub use cells::{Around, Cell, Matrix, Unsolved, Verdict, question_at, solve_matrix};
