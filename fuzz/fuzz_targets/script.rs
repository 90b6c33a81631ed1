//! See `pyaudit::fuzzing::script`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pyaudit::fuzzing::script(bytes));
