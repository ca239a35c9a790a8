//! Tells the linker to pack what the loader has to put right at every start: on a small computer that is more than a megabyte of
//! memory. Needs glibc 2.36 (Debian 12) and binutils that know it for the machine, so only what is released is made so.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let target = |part: &str| std::env::var(format!("CARGO_CFG_TARGET_{part}")).unwrap_or_default();
    let released = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    if released && target("OS") == "linux" && target("ENV") == "gnu" && target("ARCH") == "x86_64" {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}
