//! See `pyaudit::fuzzing::dockerfile`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pyaudit::fuzzing::dockerfile(bytes));
