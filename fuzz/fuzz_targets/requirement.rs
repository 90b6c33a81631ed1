//! See `pyaudit::fuzzing::requirement`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pyaudit::fuzzing::requirement(bytes));
