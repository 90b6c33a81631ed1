//! See `pyaudit::fuzzing::specifiers`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pyaudit::fuzzing::specifiers(bytes));
