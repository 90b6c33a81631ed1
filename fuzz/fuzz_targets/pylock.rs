//! See `pyaudit::fuzzing::pylock`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pyaudit::fuzzing::pylock(bytes));
