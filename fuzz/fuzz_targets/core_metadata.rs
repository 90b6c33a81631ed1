//! See `pyaudit::fuzzing::core_metadata`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pyaudit::fuzzing::core_metadata(bytes));
