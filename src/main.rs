//! The pyaudit program.

use std::process::ExitCode;

#[cfg(target_env = "musl")]
mod heap;
#[cfg(all(target_arch = "x86_64", any(target_env = "musl", test)))]
mod memory;

fn main() -> ExitCode {
    pyaudit::cli::run()
}
