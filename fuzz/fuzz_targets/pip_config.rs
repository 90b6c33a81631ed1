//! See `pyaudit::fuzzing::pip_config`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pyaudit::fuzzing::pip_config(bytes));
