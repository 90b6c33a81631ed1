//! See `pyaudit::fuzzing::pipfile`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pyaudit::fuzzing::pipfile(bytes));
