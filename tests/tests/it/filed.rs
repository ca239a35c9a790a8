//! What was filed with customs, checked against the schema.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

/// All files below a folder with this ending, sorted.
pub fn files(dir: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).with_context(|| format!("no folder {}", dir.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path, extension)?);
        } else if path.extension().is_some_and(|ending| ending == extension) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Against the official schema where it is at hand; without it the project's own checks have to do.
pub fn is_valid(out: &Path) -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("no root")?;
    let schema = root.join("../shared/data/customs/xsd/ceb-import-202205.xsd");
    let documents: Vec<PathBuf> = files(out, "xml")?
        .into_iter()
        .filter(|path| !path.components().any(|part| part.as_os_str() == "run"))
        .collect();
    for kind in ["CEB311", "CEB511", "CEB621"] {
        ensure!(
            documents.iter().any(|path| path.to_string_lossy().contains(kind)),
            "no {kind} in {documents:?}"
        );
    }
    if !schema.is_file() {
        return Ok(());
    }
    let mut xmllint = std::process::Command::new("xmllint");
    xmllint.args(["--noout", "--nonet", "--schema"]).arg(&schema).args(&documents);
    let checked = xmllint.output().context("xmllint could not be started (Debian package libxml2-utils)")?;
    ensure!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    Ok(())
}
