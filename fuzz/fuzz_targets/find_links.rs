//! See `pyaudit::fuzzing::find_links`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pyaudit::fuzzing::find_links(bytes));
