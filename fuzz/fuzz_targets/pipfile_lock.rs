//! See `pyaudit::fuzzing::pipfile_lock`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pyaudit::fuzzing::pipfile_lock(bytes));
