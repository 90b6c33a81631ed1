//! See `pyaudit::fuzzing::timestamp`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pyaudit::fuzzing::timestamp(bytes));
