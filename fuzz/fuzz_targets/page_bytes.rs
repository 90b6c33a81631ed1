//! See `pyaudit::fuzzing::page_bytes`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pyaudit::fuzzing::page_bytes(bytes));
