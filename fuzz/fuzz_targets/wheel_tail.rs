//! See `pyaudit::fuzzing::wheel_tail`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pyaudit::fuzzing::wheel_tail(bytes));
