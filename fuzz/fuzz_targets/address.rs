//! See `pyaudit::fuzzing::address`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pyaudit::fuzzing::address(bytes));
