//! `cargo xtask fuzz dxp`: the target of that name, guided by coverage.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pickup_customs_fuzz::dxp(data));
