//! See `pyaudit::fuzzing::environment_yml`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pyaudit::fuzzing::environment_yml(bytes));
