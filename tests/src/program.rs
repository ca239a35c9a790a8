//! One running program: started, waited for, killed.

use std::ffi::OsString;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdout, Command};

use crate::wait::PATIENCE;

/// Lines of a log shown after a failure.
const TAIL_LINES: usize = 40;

/// A program that has said it is ready.
pub struct Program {
    name: String,
    child: Child,
    /// What came after `READY` on its standard output.
    pub ready: Value,
}

impl Program {
    /// Starts a program of the workspace and waits for its `READY` line. What it says otherwise is appended to
    /// `log`.
    ///
    /// # Errors
    /// When it is not built, cannot be started, ends, or is not ready within a minute.
    pub async fn start(name: &str, arguments: &[OsString], log: &Path) -> Result<Self> {
        let (mut child, stdout) = spawn(name, arguments, log)?;
        let ready = tokio::time::timeout(PATIENCE, ready_line(stdout, log.to_path_buf())).await;
        match ready {
            Ok(Ok(ready)) => Ok(Self { name: name.to_owned(), child, ready }),
            Ok(Err(fault)) => {
                let status = child.wait().await.map_or_else(|e| e.to_string(), |s| s.to_string());
                Err(fault.context(format!("{name} ended before it was ready ({status})\n{}", tail(log))))
            }
            Err(_) => Err(anyhow!("{name} was not ready within {} s\n{}", PATIENCE.as_secs(), tail(log))),
        }
    }

    /// A text that `READY` gave, e.g. an address.
    ///
    /// # Errors
    /// When there is none of that name.
    pub fn told(&self, key: &str) -> Result<String> {
        let text = self.ready.get(key).and_then(Value::as_str);
        text.map(str::to_owned)
            .with_context(|| format!("{} did not tell its `{key}`: {}", self.name, self.ready))
    }

    /// Its process.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Ends it as a power cut would.
    ///
    /// # Errors
    /// When the system does not let us.
    pub async fn kill(mut self) -> Result<()> {
        self.child.kill().await.with_context(|| format!("{} could not be killed", self.name))
    }

    /// Whether it still runs; an error tells how it ended.
    ///
    /// # Errors
    /// When it has ended.
    pub fn check(&mut self) -> Result<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => bail!("{} ended by itself ({status})", self.name),
        }
    }
}

/// Runs a program of the workspace to its end and gives what it printed.
///
/// # Errors
/// When it fails or takes longer than a minute; the error has what it said.
pub async fn output_of(name: &str, arguments: &[OsString]) -> Result<String> {
    let mut command = Command::new(path_of(name)?);
    command.args(arguments).stdin(Stdio::null()).kill_on_drop(true);
    let done = tokio::time::timeout(Duration::from_secs(60), command.output());
    let output = done.await.with_context(|| format!("{name} took longer than a minute"))??;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        bail!("{name} {arguments:?} failed ({}):\n{said}{complaint}", output.status);
    }
    Ok(said)
}

/// The end of a log, for a message.
#[must_use]
pub fn tail(log: &Path) -> String {
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    let last = lines.get(lines.len().saturating_sub(TAIL_LINES)..).unwrap_or_default();
    format!("--- {} ---\n{}", log.display(), last.join("\n"))
}

/// How a program of this crate ends: what went wrong is said on standard error.
#[must_use]
pub fn ended(result: Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("{fault:#}");
            ExitCode::FAILURE
        }
    }
}

/// Where a program of the workspace lies: beside this one, or for the kiosk where `PICKUP_KIOSK_PROGRAM` says.
///
/// # Errors
/// When it is not built.
pub fn path_of(name: &str) -> Result<PathBuf> {
    let named = std::env::var_os("PICKUP_KIOSK_PROGRAM").filter(|_| name == "pickup-kiosk");
    let path = match named {
        Some(path) => PathBuf::from(path),
        None => beside(name)?,
    };
    if !path.is_file() {
        bail!(
            "{} is not built: `cargo build --workspace --all-targets` builds what tests need",
            path.display()
        );
    }
    Ok(path)
}

fn beside(name: &str) -> Result<PathBuf> {
    let here = std::env::current_exe().context("the path of this program is not known")?;
    let mut folder = here.parent().map(Path::to_path_buf).unwrap_or_default();
    if folder.ends_with("deps") {
        folder.pop();
    }
    Ok(folder.join(name))
}

fn spawn(name: &str, arguments: &[OsString], log: &Path) -> Result<(Child, ChildStdout)> {
    let file = File::options().create(true).append(true).open(log);
    let file = file.with_context(|| format!("{} cannot be written", log.display()))?;
    let mut command = Command::new(path_of(name)?);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(file).kill_on_drop(true);
    let mut child = command.spawn().with_context(|| format!("{name} could not be started"))?;
    let stdout = child.stdout.take().with_context(|| format!("{name} has no standard output"))?;
    Ok((child, stdout))
}

/// Reads up to the `READY` line and leaves a task behind that puts what follows into the log.
async fn ready_line(stdout: ChildStdout, log: PathBuf) -> Result<Value> {
    let mut lines = BufReader::new(stdout).lines();
    loop {
        let line = lines.next_line().await?.context("its standard output ended")?;
        if let Some(told) = line.strip_prefix("READY") {
            tokio::spawn(async move {
                while let Ok(Some(line)) = lines.next_line().await {
                    note(&log, &line);
                }
            });
            let told = if told.trim().is_empty() { "{}" } else { told.trim() };
            return serde_json::from_str(told).with_context(|| format!("not JSON after READY: {told}"));
        }
        note(&log, &line);
    }
}

fn note(log: &Path, line: &str) {
    if let Ok(mut file) = File::options().create(true).append(true).open(log) {
        // A log that cannot be written must not end a test that otherwise works.
        let _ = writeln!(file, "{line}");
    }
}

/// The ends of all logs in a folder.
#[must_use]
pub fn logs(dir: &Path) -> String {
    let mut text = format!("everything is kept in {}\n", dir.display());
    for name in ["backend", "kiosk", "devices", "customs", "payment"] {
        let log = dir.join(format!("{name}.log"));
        if log.exists() {
            text = text + &tail(&log) + "\n";
        }
    }
    text
}
