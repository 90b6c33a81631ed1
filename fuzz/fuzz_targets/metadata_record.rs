//! See `pyaudit::fuzzing::metadata_record`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pyaudit::fuzzing::metadata_record(bytes));
