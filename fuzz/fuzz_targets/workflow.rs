//! See `pyaudit::fuzzing::workflow`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pyaudit::fuzzing::workflow(bytes));
