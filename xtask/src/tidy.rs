//! `cargo xtask tidy`: the rules of the house that the compiler does not know.

mod allow;
mod imports;
mod lexer;
mod links;
mod source;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::cargo;

/// Something that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The file, relative to the root, with forward slashes.
    pub path: String,
    /// The line, from 1; 0 when the file as a whole is meant.
    pub line: usize,
    /// Which rule.
    pub rule: Rule,
    /// The function meant, for rules about functions; else empty.
    pub item: String,
    /// What is wrong and what to do about it.
    pub text: String,
}

/// The rules; the word is what the allow-list calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// The import table of the design.
    Imports,
    /// A file opens with a `//!` line.
    Head,
    /// No `todo!`, `unimplemented!`, `dbg!`, `#[ignore]`.
    Forbidden,
    /// No `.unwrap()` or `.expect(` outside tests.
    Panics,
    /// No clock, thread, file or socket in the pure rooms.
    Pure,
    /// A file has at most 400 lines.
    FileLines,
    /// A function has at most 70 lines.
    FunctionLines,
    /// Local links lead somewhere.
    Links,
    /// The allow-list itself.
    AllowList,
}

impl Rule {
    /// The rule's name in the allow-list and in messages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Imports => "imports",
            Self::Head => "head",
            Self::Forbidden => "forbidden",
            Self::Panics => "panics",
            Self::Pure => "pure",
            Self::FileLines => "file-lines",
            Self::FunctionLines => "function-lines",
            Self::Links => "links",
            Self::AllowList => "allow-list",
        }
    }
}

/// A file of the repository.
pub struct File {
    /// Relative to the root, with forward slashes.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// Checks the repository and prints each fault; `true` when there is none.
pub fn run() -> Result<bool> {
    let root = cargo::root()?;
    let files = read_files(&root)?;
    let mut faults = imports::check(&files)?;
    faults.extend(source::check(&files));
    faults.extend(links::check(&files, &root));
    let list = files.iter().find(|file| file.path == allow::PATH).map_or("", |file| file.text.as_str());
    let mut faults = allow::apply(faults, list)?;
    faults.sort_by(|a, b| (&a.path, a.line).cmp(&(&b.path, b.line)));
    for fault in &faults {
        println!("{}:{}: {}: {}", fault.path, fault.line, fault.rule.word(), fault.text);
    }
    let rust = files.iter().filter(|file| file.path.ends_with(".rs")).count();
    match faults.len() {
        0 => println!("tidy: {rust} Rust files and {} others keep the house rules", files.len() - rust),
        n => println!("tidy: {n} faults"),
    }
    Ok(faults.is_empty())
}

/// Rust sources, manifests and Markdown of the repository, without what is built or hidden.
fn read_files(root: &Path) -> Result<Vec<File>> {
    let mut files = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in
            std::fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))?
        {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() {
                if !name.starts_with('.') && name != "target" {
                    folders.push(path);
                }
            } else if name.ends_with(".rs") || name.ends_with(".toml") || name.ends_with(".md") {
                files.push(read_file(root, path)?);
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn read_file(root: &Path, path: PathBuf) -> Result<File> {
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let relative = path.strip_prefix(root).unwrap_or(&path);
    Ok(File { path: relative.to_string_lossy().replace('\\', "/"), text })
}
