//! See `pyaudit::fuzzing::sdist`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pyaudit::fuzzing::sdist(bytes));
