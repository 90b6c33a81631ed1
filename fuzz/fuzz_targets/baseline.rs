//! See `pyaudit::fuzzing::baseline`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pyaudit::fuzzing::baseline(bytes));
