//! `cargo +nightly fuzz run locks --features libfuzzer`: the target of that name, guided by coverage.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pickup_customs_fuzz::devices::locks::locks(data));
