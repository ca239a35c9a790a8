//! Lays a package's files out in a folder and has `dpkg-deb` pack it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::{Architecture, Made, Product, folder, quietly};
use crate::cargo;
use crate::pi::cross;

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Makes one package from its program, which was built.
pub fn package(product: Product, architecture: Architecture, program: &Path) -> Result<Made> {
    let name = format!("{}_{VERSION}_{}", product.package(), architecture.name());
    let stage = Stage { root: folder()?.join(&name), product, architecture };
    let _ = fs::remove_dir_all(&stage.root);
    let program = stage.install(program, "usr/bin", 0o755)?;
    strip(&program, architecture)?;
    stage.system_files()?;
    stage.documents()?;
    stage.generated(&program)?;
    stage.control(&program)?;
    let file = folder()?.join(format!("{name}.deb"));
    let mut pack = Command::new("dpkg-deb");
    pack.args(["--root-owner-group", "-Zxz", "--build"]).arg(&stage.root).arg(&file);
    quietly(pack.env("SOURCE_DATE_EPOCH", commit("%ct")?))?;
    Ok(Made { product, architecture, file })
}

struct Stage {
    root: PathBuf,
    product: Product,
    architecture: Architecture,
}

impl Stage {
    /// Units, users, folders, device names, settings.
    fn system_files(&self) -> Result<()> {
        let deploy = cargo::root()?.join("deploy");
        let package = self.product.package();
        let unit = format!("systemd/{}.service", self.product.program());
        let word = self.product.word();
        let mut files = vec![
            (unit, "usr/lib/systemd/system"),
            (format!("sysusers.d/{package}.conf"), "usr/lib/sysusers.d"),
            (format!("tmpfiles.d/{package}.conf"), "usr/lib/tmpfiles.d"),
            (format!("etc/{word}.toml"), "etc/bonded-pickup"),
        ];
        if self.product == Product::Kiosk {
            files.push((format!("udev/70-{package}.rules"), "usr/lib/udev/rules.d"));
            files.push((format!("systemd/50-{package}.conf"), "usr/lib/systemd/system.conf.d"));
        }
        for (from, to) in files {
            self.install(&deploy.join(from), to, 0o644)?;
        }
        Ok(())
    }

    fn documents(&self) -> Result<()> {
        let documents = format!("usr/share/doc/{}", self.product.package());
        let copyright = self.source("copyright")?;
        self.install(&copyright, &documents, 0o644)?;
        let changelog = self.write(&format!("{documents}/changelog"), &self.changelog()?)?;
        compress(&changelog)
    }

    /// Manual pages and completions, where the program writes them itself (`generate DIR`).
    fn generated(&self, program: &Path) -> Result<()> {
        let folder = folder()?.join(format!("generated-{}", self.product.word()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder)?;
        let native = crate::debian::native()? == self.architecture.name();
        let mut command = if native { Command::new(program) } else { cross::emulated(program) };
        if !command.arg("generate").arg(&folder).output().is_ok_and(|done| done.status.success()) {
            println!("  {} writes no manual pages: the package goes without", self.product.program());
            return Ok(());
        }
        for file in files_under(&folder)? {
            let Some(to) = place_of(&file, &self.product.program()) else { continue };
            let copy = self.write_bytes(&to, &fs::read(&file)?)?;
            if to.starts_with("usr/share/man") {
                compress(&copy)?;
            }
        }
        Ok(())
    }

    fn control(&self, program: &Path) -> Result<()> {
        let depends = self.depends(program)?;
        let mut kilobytes = 0;
        for file in files_under(&self.root)? {
            kilobytes += fs::metadata(file)?.len().div_ceil(1024);
        }
        let mut text = String::new();
        for line in fs::read_to_string(self.source("control")?)?.lines() {
            text += &format!("{line}\n");
            if line.starts_with("Package:") {
                text += &format!("Version: {VERSION}\nArchitecture: {}\n", self.architecture.name());
                text += &format!("Installed-Size: {kilobytes}\nDepends: {depends}\n");
            }
        }
        let sums = quietly(
            Command::new("sh")
                .args(["-c", "find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum"])
                .current_dir(&self.root),
        )?;
        self.write("DEBIAN/md5sums", &sums)?;
        self.write("DEBIAN/control", &text)?;
        self.write("DEBIAN/conffiles", &format!("/etc/bonded-pickup/{}.toml\n", self.product.word()))?;
        for script in ["postinst", "prerm", "postrm"] {
            self.install(&self.source(script)?, "DEBIAN", 0o755)?;
        }
        Ok(())
    }

    /// What the program links, what its scripts call, and a font without which the screen does not start.
    fn depends(&self, program: &Path) -> Result<String> {
        let scratch = folder()?.join("shlibdeps");
        fs::create_dir_all(scratch.join("debian"))?;
        fs::write(scratch.join("debian/control"), "Source: pickup\n\nPackage: pickup\nArchitecture: any\n")?;
        let mut command = Command::new("dpkg-architecture");
        command.args(["-a", self.architecture.name(), "-f", "-c", "dpkg-shlibdeps", "-O"]);
        command.arg(format!("-e{}", program.display())).current_dir(&scratch);
        let said = quietly(&mut command)?;
        let libraries = said.trim().strip_prefix("shlibs:Depends=");
        let libraries = libraries.with_context(|| format!("dpkg-shlibdeps said only: {said}"))?;
        let mut depends = format!(
            "{libraries}, init-system-helpers (>= 1.54~), systemd | systemd-standalone-sysusers, \
             systemd | systemd-standalone-tmpfiles"
        );
        if self.product == Product::Kiosk {
            depends += ", udev, fonts-dejavu-core";
        } else {
            depends += ", ca-certificates";
        }
        Ok(depends)
    }

    fn changelog(&self) -> Result<String> {
        let (package, when) = (self.product.package(), commit("%cD")?);
        Ok(format!(
            "{package} ({VERSION}) stable; urgency=medium\n\n  * What changed stands in CHANGELOG.md of the source.\n\n \
             -- Bonded Pickup <maintainers@bonded-pickup.invalid>  {when}\n"
        ))
    }

    fn source(&self, name: &str) -> Result<PathBuf> {
        Ok(cargo::root()?.join("deploy/debian").join(self.product.word()).join(name))
    }

    /// Copies a file into a folder of the package.
    fn install(&self, from: &Path, to: &str, mode: u32) -> Result<PathBuf> {
        let bytes =
            fs::read(from).with_context(|| format!("{} cannot be read: is it built?", from.display()))?;
        let name = from.file_name().context("a file without a name")?.to_string_lossy();
        let file = self.write_bytes(&format!("{to}/{name}"), &bytes)?;
        fs::set_permissions(&file, fs::Permissions::from_mode(mode))?;
        Ok(file)
    }

    fn write(&self, to: &str, text: &str) -> Result<PathBuf> {
        self.write_bytes(to, text.as_bytes())
    }

    fn write_bytes(&self, to: &str, bytes: &[u8]) -> Result<PathBuf> {
        let file = self.root.join(to);
        let mut folders = vec![];
        for folder in file.ancestors().skip(1).take_while(|folder| folder.starts_with(&self.root)) {
            folders.push(folder.to_path_buf());
        }
        for folder in folders.iter().rev().filter(|folder| !folder.is_dir()) {
            fs::create_dir_all(folder)?;
            fs::set_permissions(folder, fs::Permissions::from_mode(0o755))?;
        }
        fs::write(&file, bytes).with_context(|| format!("{} cannot be written", file.display()))?;
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644))?;
        Ok(file)
    }
}

/// Where a generated file belongs, by its name: `x.1`, `x.bash`, `_x`, `x.fish`.
fn place_of(file: &Path, program: &str) -> Option<String> {
    let name = file.file_name()?.to_string_lossy().into_owned();
    match file.extension().map(|extension| extension.to_string_lossy().into_owned()).as_deref() {
        Some("1") => Some(format!("usr/share/man/man1/{name}")),
        Some("5") => Some(format!("usr/share/man/man5/{name}")),
        Some("bash") => Some(format!("usr/share/bash-completion/completions/{program}")),
        Some("fish") => Some(format!("usr/share/fish/vendor_completions.d/{name}")),
        None if name.starts_with('_') => Some(format!("usr/share/zsh/vendor-completions/{name}")),
        _ => None,
    }
}

fn strip(program: &Path, architecture: Architecture) -> Result<()> {
    let tool = match (crate::debian::native()? == architecture.name(), architecture) {
        (false, Architecture::Arm64) => "aarch64-linux-gnu-strip",
        _ => "strip",
    };
    let mut command = Command::new(tool);
    command.args(["--strip-unneeded", "--remove-section=.comment", "--remove-section=.note"]).arg(program);
    quietly(&mut command).map(drop)
}

fn compress(file: &Path) -> Result<()> {
    quietly(Command::new("gzip").args(["-9n", "-f"]).arg(file)).map(drop)
}

/// A fact about the commit that is packaged.
fn commit(format: &str) -> Result<String> {
    let mut git = Command::new("git");
    git.args(["log", "-1", &format!("--format={format}")]).current_dir(cargo::root()?);
    Ok(quietly(&mut git)?.trim().to_owned())
}

fn files_under(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files_under(&path)?);
        } else {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_files_go_where_shells_and_readers_look() {
        let place = |name: &str| place_of(Path::new(name), "pickup-kiosk");
        assert_eq!(place("d/pickup-kiosk-run.1").unwrap(), "usr/share/man/man1/pickup-kiosk-run.1");
        assert_eq!(
            place("d/pickup-kiosk.bash").unwrap(),
            "usr/share/bash-completion/completions/pickup-kiosk"
        );
        assert_eq!(place("d/_pickup-kiosk").unwrap(), "usr/share/zsh/vendor-completions/_pickup-kiosk");
        assert_eq!(place("d/notes.txt"), None);
    }
}
