//! See `pyaudit::fuzzing::python_calls`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pyaudit::fuzzing::python_calls(bytes));
