//! See `pyaudit::fuzzing::marker`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pyaudit::fuzzing::marker(bytes));
