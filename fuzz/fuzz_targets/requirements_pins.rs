//! See `pyaudit::fuzzing::requirements_pins`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pyaudit::fuzzing::requirements_pins(bytes));
