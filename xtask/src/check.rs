//! `cargo xtask test`: everything that must hold before a change lands, the cheap checks first.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::args::Install;
use crate::cargo::{cargo, passes};
use crate::postgres::{self, Cluster};
use crate::steps::{Count, Outcome, Steps, nextest_count};
use crate::{bench, debian, disk, tidy, tools};

/// How long the advisory database may take to answer before it counts as out of reach.
const ADVISORY_LIMIT: Duration = Duration::from_secs(60);

/// Runs all steps, also after one failed, so that one run tells everything.
pub fn run(install: Install) -> Result<bool> {
    disk::ensure_room()?;
    debian::ensure(&[debian::DEMO, debian::TESTS], install)?;
    tools::ensure(&tools::NEXTEST)?;
    tools::ensure(&tools::DENY)?;
    let mut steps = Steps::new(11);
    steps.step("format", || outcome(&["fmt", "--all", "--check"]));
    steps.step("tidy", || Ok(if tidy::run()? { Outcome::Passed } else { Outcome::Failed }));
    steps.step("licences, bans and sources of dependencies", || {
        outcome(&["deny", "--log-level", "error", "check", "bans", "licenses", "sources"])
    });
    steps.step("security advisories", advisories);
    steps.step("clippy", || {
        let words = ["clippy", "--quiet", "--workspace", "--all-targets", "--features", "pickup-tests/glass"];
        outcome(&[words.as_slice(), &["--", "-D", "warnings"]].concat())
    });
    // After clippy, because both read the same metadata of dependencies.
    steps.step("documentation", documentation);
    // Programs and tests in one unit graph: nothing is compiled twice under two sets of features.
    steps.step("build", || outcome(&["build", "--workspace", "--all-targets"]));
    steps.step("tests", || tests(&["--workspace"], None));
    steps.step("tests of the backend on PostgreSQL", tests_on_postgres);
    steps.step("backend and PostgreSQL killed under load", || {
        let times = ["--times".to_owned(), "10".to_owned()];
        Ok(if bench::kill_loop("debug", &times)? { Outcome::Passed } else { Outcome::Failed })
    });
    steps.step("customs at its worst", || {
        let orders = ["--orders", "200", "--minutes", "5", "--json"].map(str::to_owned);
        Ok(if bench::hostile("debug", &orders)? { Outcome::Passed } else { Outcome::Failed })
    });
    Ok(steps.close())
}

fn outcome(arguments: &[&str]) -> Result<Outcome> {
    Ok(if passes(&mut cargo(arguments)?)? { Outcome::Passed } else { Outcome::Failed })
}

fn advisories() -> Result<Outcome> {
    if !tools::succeeds_within(&mut cargo(&["deny", "fetch", "db"])?, ADVISORY_LIMIT)? {
        return Ok(Outcome::Skipped("the advisory database cannot be reached from here".to_owned()));
    }
    outcome(&["deny", "--log-level", "error", "check", "advisories"])
}

fn documentation() -> Result<Outcome> {
    let mut command = cargo(&["doc", "--quiet", "--workspace", "--no-deps", "--document-private-items"])?;
    command.env("RUSTDOCFLAGS", "-D warnings");
    Ok(if passes(&mut command)? { Outcome::Passed } else { Outcome::Failed })
}

/// The backend's tests once more on the other engine, in a cluster of our own.
fn tests_on_postgres() -> Result<Outcome> {
    let cluster = Cluster::find()?;
    cluster.start()?;
    // All packages, of which two are run: two alone would be built once more, under features of their own.
    let which = ["--workspace", "--filterset", "package(pickup-server) | package(pickup-tests)"];
    let outcome = tests(&which, Some(&cluster.address()));
    cluster.stop()?;
    outcome
}

/// Runs tests and passes nextest's report through, reading its summary on the way.
fn tests(which: &[&str], postgres: Option<&str>) -> Result<Outcome> {
    let mut command = cargo(&["nextest", "run", "--no-fail-fast"])?;
    command.args(which);
    command.env_remove(postgres::VARIABLE);
    if let Some(address) = postgres {
        command.env(postgres::VARIABLE, address);
    }
    // What a failed test says of itself is enough; its stack would only hide it.
    command.env("RUST_LIB_BACKTRACE", "0");
    let mut child = command.stderr(Stdio::piped()).spawn().context("nextest could not be started")?;
    let report = child.stderr.take().context("nextest has no report to read")?;
    let mut count = None;
    for line in BufReader::new(report).lines() {
        let line = line.context("nextest's report could not be read")?;
        count = nextest_count(&line).or(count);
        writeln!(std::io::stderr(), "{line}")?;
    }
    let status = child.wait()?;
    let Some(count) = count else { bail!("the tests did not run to their end ({status})") };
    let failed = if status.success() { count.failed } else { count.failed.max(1) };
    Ok(Outcome::Tests(Count { failed, ..count }))
}
