//! See `pyaudit::fuzzing::simple_html`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pyaudit::fuzzing::simple_html(bytes));
