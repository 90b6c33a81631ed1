//! See `pyaudit::fuzzing::dist_name`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pyaudit::fuzzing::dist_name(bytes));
