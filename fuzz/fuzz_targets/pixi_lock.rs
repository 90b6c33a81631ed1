//! See `pyaudit::fuzzing::pixi_lock`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pyaudit::fuzzing::pixi_lock(bytes));
