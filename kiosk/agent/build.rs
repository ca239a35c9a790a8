//! Tells the linker to pack what the loader has to put right at every start: on a small computer that is more than a megabyte of
//! memory. Needs glibc 2.36 (Debian 12) and binutils that know it for the machine.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let target = |part: &str| std::env::var(format!("CARGO_CFG_TARGET_{part}")).unwrap_or_default();
    if target("OS") == "linux" && target("ENV") == "gnu" && target("ARCH") == "x86_64" {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}
