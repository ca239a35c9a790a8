//! Compiles the screens with their fonts and translations into the crate.

fn main() -> Result<(), slint_build::CompileError> {
    let config = slint_build::CompilerConfiguration::new()
        .with_style("fluent-light".into())
        .with_default_translation_context(slint_build::DefaultTranslationContext::None)
        .with_bundled_translations("lang")
        // Only tests look for elements by their name.
        .with_debug_info(std::env::var_os("CARGO_FEATURE_TESTING").is_some());
    println!("cargo:rerun-if-changed=lang");
    slint_build::compile_with_config("slint/main.slint", config)
}
