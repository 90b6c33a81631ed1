//! See `pyaudit::fuzzing::claims`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pyaudit::fuzzing::claims(bytes));
