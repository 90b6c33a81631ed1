//! The pyaudit program.

fn main() {}
