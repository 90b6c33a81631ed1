//! The pyaudit program.

use std::process::ExitCode;

fn main() -> ExitCode {
    pyaudit::cli::run()
}
