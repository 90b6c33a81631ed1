//! See `pyaudit::fuzzing::osv`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pyaudit::fuzzing::osv(bytes));
