//! See `pyaudit::fuzzing::setup_cfg`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pyaudit::fuzzing::setup_cfg(bytes));
