//! See `pyaudit::fuzzing::setup_py`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pyaudit::fuzzing::setup_py(bytes));
