//! See `pyaudit::fuzzing::notebook`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pyaudit::fuzzing::notebook(bytes));
