//! See `pyaudit::fuzzing::pyproject`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pyaudit::fuzzing::pyproject(bytes));
