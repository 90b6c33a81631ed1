//! See `pyaudit::fuzzing::binary`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pyaudit::fuzzing::binary(bytes));
