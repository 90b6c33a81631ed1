//! See `pyaudit::fuzzing::netrc`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pyaudit::fuzzing::netrc(bytes));
