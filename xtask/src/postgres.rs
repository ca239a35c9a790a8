//! A PostgreSQL cluster of our own for tests and benchmarks: in the temporary folder, on a socket, nobody else's data near.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

/// The variable by which tests find it.
pub const VARIABLE: &str = "PICKUP_TEST_POSTGRES";
/// Its one user.
const USER: &str = "pickup";

/// A cluster.
pub struct Cluster {
    dir: PathBuf,
    programs: PathBuf,
    /// PostgreSQL refuses to run as root; then it runs as the user its package made.
    as_postgres: bool,
}

impl Cluster {
    /// The cluster of this checkout, whether it runs or not.
    pub fn find() -> Result<Self> {
        let as_postgres = said(Command::new("id").arg("-u"))?.trim() == "0";
        let root = crate::cargo::root()?;
        let mark = root.to_string_lossy().bytes().fold(5381_u32, |h, b| h.wrapping_mul(33) ^ u32::from(b));
        let dir = std::env::temp_dir().join(format!("pickup-postgres-{mark:08x}"));
        Ok(Self { dir, programs: programs()?, as_postgres })
    }

    /// Where it is reached: an address for the settings of the backend.
    pub fn address(&self) -> String {
        format!("host={} user={USER} dbname=postgres", self.dir.display())
    }

    /// Starts it, making it first when there is none.
    pub fn start(&self) -> Result<()> {
        if self.succeeds("pg_ctl", &["status", "-D", &self.data()])? {
            return Ok(());
        }
        if !Path::new(&self.data()).join("PG_VERSION").is_file() {
            self.make()?;
        }
        let log = self.dir.join("log").display().to_string();
        self.run("pg_ctl", &["start", "-w", "-D", &self.data(), "-l", &log])
            .with_context(|| format!("PostgreSQL did not start; see {log}"))
    }

    /// Stops it; its data stay for the next time.
    pub fn stop(&self) -> Result<()> {
        if self.succeeds("pg_ctl", &["status", "-D", &self.data()])? {
            self.run("pg_ctl", &["stop", "-w", "-m", "immediate", "-D", &self.data()])?;
        }
        Ok(())
    }

    fn make(&self) -> Result<()> {
        if self.dir.exists() {
            fs::remove_dir_all(&self.dir)?;
        }
        fs::create_dir_all(&self.dir)?;
        if self.as_postgres {
            let owned = Command::new("chown").arg("postgres").arg(&self.dir).status()?;
            ensure!(owned.success(), "{} cannot be given to the user postgres", self.dir.display());
        }
        // C collation: text is compared by its bytes, as SQLite does.
        let data = self.data();
        self.run(
            "initdb",
            &["-D", &data, "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
        )?;
        let settings = format!(
            "listen_addresses = ''\nunix_socket_directories = '{}'\nmax_connections = 200\n\
             shared_buffers = 512MB\nmax_wal_size = 8GB\ncheckpoint_timeout = 15min\n\
             synchronous_commit = on\nfsync = on\nlog_min_messages = fatal\n",
            self.dir.display()
        );
        let file = self.dir.join("settings");
        fs::write(&file, settings)?;
        let conf = format!("{data}/postgresql.conf");
        self.run_text(&format!("cat '{}' >> '{conf}'", file.display()))
    }

    fn data(&self) -> String {
        self.dir.join("data").display().to_string()
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Result<()> {
        ensure!(self.succeeds(program, arguments)?, "{program} failed");
        Ok(())
    }

    fn run_text(&self, text: &str) -> Result<()> {
        let status = self.as_user("sh").args(["-c", text]).status()?;
        ensure!(status.success(), "`{text}` failed");
        Ok(())
    }

    fn succeeds(&self, program: &str, arguments: &[&str]) -> Result<bool> {
        let path = self.programs.join(program);
        let mut command = self.as_user(&path.to_string_lossy());
        // The server outlives this command: it must not hold our pipes open.
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let status = command.status().with_context(|| format!("{} cannot be run", path.display()))?;
        Ok(status.success())
    }

    fn as_user(&self, program: &str) -> Command {
        let mut command = if self.as_postgres {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--", program]);
            command
        } else {
            Command::new(program)
        };
        command.current_dir(std::env::temp_dir());
        command
    }
}

/// Where the server's programs are: Debian keeps them out of the search path, a version beside another.
fn programs() -> Result<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|version| version.path().join("bin"))
        .filter(|bin| bin.join("initdb").is_file())
        .collect();
    found.sort();
    if let Some(newest) = found.pop() {
        return Ok(newest);
    }
    let told = said(Command::new("pg_config").arg("--bindir")).unwrap_or_default();
    let bin = PathBuf::from(told.trim());
    if !bin.join("initdb").is_file() {
        bail!("PostgreSQL's server programs were not found (Debian package postgresql)");
    }
    Ok(bin)
}

fn said(command: &mut Command) -> Result<String> {
    let output = command.output()?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
