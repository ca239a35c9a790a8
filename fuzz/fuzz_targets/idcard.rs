//! `cargo xtask fuzz idcard`: the target of that name, guided by coverage.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pickup_customs_fuzz::devices::idcard(data));
