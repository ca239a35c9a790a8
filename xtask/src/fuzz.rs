//! `cargo xtask fuzz`: every parser of bytes from devices and from customs, guided by coverage (libFuzzer).
//!
//! The flags are those of `cargo fuzz` without the address sanitizer, which alone needs an unstable compiler; there is no
//! unsafe code here for it to watch.

pub mod args;
mod report;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::args::Install;
use crate::cargo;
use crate::debian::{self, Package};
use report::{Finding, Report};

/// What is fuzzed: the name of target and corpus, and the longest input that tells anything new.
pub const TARGETS: [(&str, u32); 14] = [
    ("scanner", 72),
    ("keyboard", 128),
    ("idcard", 320),
    ("cardtext", 256),
    ("printer", 64),
    ("slip", 64),
    ("board8a", 32),
    ("wkly", 48),
    ("cu16", 32),
    ("winnsen", 32),
    ("modbus", 32),
    ("receipts", 4096),
    ("dxp", 4096),
    ("signature", 4096),
];

/// How many of them are devices' parsers; those that come from customs follow.
pub const DEVICES: usize = 11;

/// Options of `fuzz`.
#[derive(Debug, PartialEq, Eq)]
pub struct Fuzz {
    /// Inputs tried per target.
    pub runs: u64,
    /// The targets, with their longest input.
    pub targets: Vec<(&'static str, u32)>,
    /// Print one object at the end.
    pub json: bool,
    /// Put what reaches new code into `fuzz/corpus`.
    pub keep: bool,
    /// What to do about missing packages.
    pub install: Install,
}

const TOOLS: &[Package] = &[Package { name: "g++", reason: "compiles the fuzzing library" }];

/// What makes the compiler count which code an input reaches.
const COVERAGE: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
     -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
     -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1";

/// Builds the targets and runs them one after the other; `false` when one found something.
pub fn run(options: &Fuzz) -> Result<bool> {
    debian::ensure(&[TOOLS], options.install)?;
    let programs = build(options)?;
    let mut reports = Vec::new();
    for (target, longest) in &options.targets {
        let report = play(&programs.join(target), target, *longest, options)?;
        println!("{}", report.line());
        if options.keep && report.finding.is_none() {
            keep(&programs.join(target), target)?;
        }
        reports.push(report);
    }
    if options.json {
        println!("{}", report::object(&reports));
    }
    Ok(reports.iter().all(|report| report.finding.is_none()))
}

/// Where everything that is made here lies.
fn folder() -> Result<PathBuf> {
    Ok(cargo::target_dir()?.join("fuzz"))
}

fn corpus(target: &str) -> Result<PathBuf> {
    Ok(cargo::root()?.join("fuzz/corpus").join(target))
}

/// Builds the programs and gives their folder.
fn build(options: &Fuzz) -> Result<PathBuf> {
    let triple = match debian::native()?.as_str() {
        "amd64" => "x86_64-unknown-linux-gnu",
        "arm64" => "aarch64-unknown-linux-gnu",
        other => bail!("nobody has tried to fuzz on {other}"),
    };
    // With a target named, the flags do not reach build scripts and macros.
    let words = ["build", "--release", "--locked", "--features", "libfuzzer", "--target", triple];
    let mut command = cargo::cargo(&words)?;
    for (target, _) in &options.targets {
        command.args(["--bin", target]);
    }
    command.current_dir(cargo::root()?.join("fuzz")).env("RUSTFLAGS", COVERAGE);
    let folder = folder()?;
    command.env("CARGO_TARGET_DIR", &folder);
    if !cargo::passes(&mut command)? {
        bail!("the targets could not be built: the compiler's message is above");
    }
    Ok(folder.join(triple).join("release"))
}

/// Runs one target over its kept corpus and what earlier runs reached on this machine.
fn play(program: &Path, target: &str, longest: u32, options: &Fuzz) -> Result<Report> {
    let (reached, findings) = (folder()?.join("reached").join(target), folder()?.join("findings"));
    std::fs::create_dir_all(&reached)?;
    std::fs::create_dir_all(&findings)?;
    let mut command = Command::new(program);
    command.arg(format!("-runs={}", options.runs)).arg(format!("-max_len={longest}"));
    command.args(["-print_final_stats=1", "-verbosity=1", "-rss_limit_mb=1024", "-timeout=10"]);
    command.arg(format!("-artifact_prefix={}/{target}-", findings.display()));
    command.arg(&reached).arg(corpus(target)?);
    let log = findings.with_file_name(format!("{target}.log"));
    let file = std::fs::File::create(&log).with_context(|| log.display().to_string())?;
    let began = Instant::now();
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(file).status();
    let status = status.with_context(|| format!("{} could not be started", program.display()))?;
    let said = String::from_utf8_lossy(&std::fs::read(&log)?).into_owned();
    let mut report = Report::read(target, &said);
    report.seconds = began.elapsed().as_secs();
    if !status.success() {
        report.finding = Some(Finding { input: report::artifact(&said), log });
    }
    Ok(report)
}

/// Adds to the kept corpus the fewest inputs that reach what it does not.
fn keep(program: &Path, target: &str) -> Result<()> {
    let (kept, reached) = (corpus(target)?, folder()?.join("reached").join(target));
    let files = || Ok::<_, anyhow::Error>(std::fs::read_dir(&kept)?.count());
    let before = files()?;
    let mut command = Command::new(program);
    command.args(["-set_cover_merge=1", "-use_counters=0"]).arg(&kept).arg(&reached);
    let output = command.stdin(Stdio::null()).output()?;
    if !output.status.success() {
        bail!("{target}: the corpus was not added to:\n{}", String::from_utf8_lossy(&output.stderr));
    }
    println!("  {target}: {} inputs were added to {}", files()?.saturating_sub(before), kept.display());
    Ok(())
}
