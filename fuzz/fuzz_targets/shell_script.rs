//! See `pyaudit::fuzzing::shell_script`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pyaudit::fuzzing::shell_script(bytes));
