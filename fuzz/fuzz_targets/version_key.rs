//! See `pyaudit::fuzzing::version_key`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pyaudit::fuzzing::version_key(bytes));
