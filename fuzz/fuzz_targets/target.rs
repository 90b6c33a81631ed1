//! See `pyaudit::fuzzing::target`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pyaudit::fuzzing::target(bytes));
