//! The command line, read by hand so that xtask needs no argument parser.

use crate::deb::Deb;
use crate::fuzz::Fuzz;
use crate::pi::Pi;
use crate::slip::Slip;

/// Shown by `--help` and after a mistake on the command line.
pub const HELP: &str = "\
cargo xtask <command>

  demo [--script] [--window] [--yes] [--no-install]
        Starts the whole product on simulated customs and devices, with the bench page in a browser.
        --script   plays the path unattended, checks each step, leaves what it made in target/demo/
        --window   shows the kiosk's own window too (needs a display)
  test [--yes] [--no-install]
        Everything that must hold before a change lands; ends with a line that counts tests.
  bench pickup [--json] [--pickups N]
        Times scan to verdict and confirmation to lock pulse over at least 200 pickups.
  bench kiosk [--json] [--starts N] [--pickups N] [--idle-s N]
        Measures the kiosk's program: start to ready, memory, idle load, scan to event, confirmation to pulse.
  bench ui [--json] [--starts N] [--touches N] [--idle-s N] [--moving-s N] [--no-build] [--yes] [--no-install]
        The kiosk's screen beside the same page in Chromium's kiosk mode: first frame, memory,
        load at rest and while it moves, touch to changed frame, and how many times better; fails
        when less than promised (docs/pi.md).
  bench clearing [--engine sqlite|postgres] [--json] …
        Orders a second over HTTP beside the bare statements and one transaction an order; on both
        databases unless one is named. `--help` lists the rest.
  bench api [--json] [--secs N] [--watchers N] …
        Requests a second and p99 of the shop API: goods, quote, order and status, with 1,000 watchers.
  bench web [--orders N] [--engine sqlite|postgres] [--json]
        Fills a database with orders and measures each page of console and phone against 100 ms at p95.
  bench kills [--times N] [--json]
        Kills the backend and PostgreSQL under load and checks that nothing acknowledged is lost.
  bench customs [--json] [--rounds N]
        Orders built, signatures and receipts a second on one core, each beside the machine's limit.
  bench customs --hostile [--orders N] [--seed N] [--json]
        Files declarations with a customs side that does everything wrong and compares both books.
  bench sessions [--sessions N] [--visits N] [--seed S] [--json]
        A million simulated sessions of a kiosk against the rules, and the share of shoppers served.
  postgres start|stop
        Starts or stops the PostgreSQL cluster that tests and benchmarks use, and prints its address.
  fuzz [TARGET…] [--runs N] [--keep] [--json]
        Gives the parsers of what devices and customs send inputs guided by the code they reach.
  slip [--no-build] [--keep] [--json] [--yes] [--no-install]
        Has the sample slip printed by an ESC/POS emulator of other people and its QR code read by zbarimg.
  pi build [--yes] [--no-install]
        The kiosk's program for the Raspberry Pi, by Debian's cross compiler.
  pi test [SCENARIO…] [--list] [--no-build] [--json] …
        The same program on emulated boards: whole pickups, the screen, pins: up to three minutes each;
        power cuts: about seven.
  deb [--arch arm64|amd64] [--package kiosk|backend] [--check] [--no-build] …
        Debian packages of kiosk and backend in target/deb/; --check tries them.
  tidy
        The house rules alone: imports, file heads, sizes, links. Takes about a second.

  --yes         installs missing Debian packages without asking (so does CI=true)
  --no-install  installs nothing: names what is missing and ends with status 1
  --help        this text";

const DEMO_HELP: &str = "\
cargo xtask demo [--script] [--window] [--yes] [--no-install]

Builds the programs, makes a data folder under target/demo/, starts the customs simulator, the
simulated devices, the backend and the kiosk, and prints the address of the bench page. Ctrl-C ends
and tidies up. With --script nobody is needed: the path and three unhappy ends are played and checked,
and target/demo/ holds the filed XML, the receipts, the slip, the screens, the trail and a summary.";

const TEST_HELP: &str = "\
cargo xtask test [--yes] [--no-install]

Format check, tidy, cargo deny, clippy with warnings as errors, the documentation build, all tests by
nextest (the end-to-end tests among them), those of the backend on PostgreSQL too, kills under load, and
a run against a hostile customs side. Prints the time of each step and a closing line
`N passed, N failed`; the exit status is 1 when anything failed.";

const BENCH_HELP: &str = "\
cargo xtask bench pickup [--json] [--pickups N]

Release build, real processes, a printer that takes no time. Prints p50, p95 and the largest of scan to
verdict and of confirmation to lock pulse. --json prints one object with scan_to_verdict_p95_ms,
confirm_to_pulse_p95_ms and pickups.";

const TIDY_HELP: &str = "\
cargo xtask tidy

Checks the import table, the `//!` head of each file, forbidden macros, panics outside tests, sizes of
files and functions against xtask/tidy-allow.toml, and that local links in Markdown lead somewhere.";

/// Whether Debian packages may be installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Install {
    /// Ask first.
    Ask,
    /// Install without asking.
    Yes,
    /// Name what is missing and stop.
    No,
}

/// Options of `demo`.
#[derive(Debug, PartialEq, Eq)]
pub struct Demo {
    /// Play the path unattended.
    pub script: bool,
    /// Show the kiosk's native window.
    pub window: bool,
    /// What to do about missing packages.
    pub install: Install,
}

/// Options of `bench ui`.
#[derive(Debug, PartialEq, Eq)]
pub struct BenchUi {
    /// Use the programs as they were built last.
    pub no_build: bool,
    /// What to do about missing packages.
    pub install: Install,
    /// Words for the program that does it.
    pub words: Vec<String>,
}

/// A parsed command line.
#[derive(Debug, PartialEq, Eq)]
pub enum Command {
    /// Print this text.
    Help(&'static str),
    /// Run the product on simulated devices.
    Demo(Demo),
    /// Run every check.
    Test(Install),
    /// Time pickups.
    BenchPickup {
        /// Machine-readable output.
        json: bool,
        /// How many pickups.
        pickups: u32,
    },
    /// Measure the kiosk's program; the words go to the program that does it.
    BenchKiosk(Vec<String>),
    /// Measure the screen beside a browser's.
    BenchUi(BenchUi),
    /// Measure clearing; the words go to the program that does it.
    BenchClearing(Vec<String>),
    /// Measure customs messages; the words go to the program that does it.
    BenchCustoms(Vec<String>),
    /// Measure the shop API; the words go to the program that does it.
    BenchApi(Vec<String>),
    /// Measure the pages of console and phone; the words go to the program that does it.
    BenchWeb(Vec<String>),
    /// Simulate sessions of a kiosk; the words go to the program that does it.
    BenchSessions(Vec<String>),
    /// Kill backend and PostgreSQL under load; the words go to the program that does it.
    BenchKills(Vec<String>),
    /// Start or stop the cluster of tests.
    Postgres {
        /// Stop it.
        stop: bool,
    },
    /// Fuzz parsers.
    Fuzz(Fuzz),
    /// Look at a slip with somebody else's eyes.
    Slip(Slip),
    /// Programs for the Raspberry Pi, and their trial on emulated boards.
    Pi(Pi),
    /// Debian packages.
    Deb(Deb),
    /// Check the house rules.
    Tidy,
}

/// The fewest pickups a published figure may rest on.
const DEFAULT_PICKUPS: u32 = 200;

/// Reads the arguments after the program's name; the error is a sentence for the person who typed them.
pub fn parse(given: &[String]) -> Result<Command, String> {
    let words: Vec<&str> = given.iter().map(String::as_str).collect();
    match words.split_first() {
        None | Some((&("help" | "--help" | "-h"), _)) => Ok(Command::Help(HELP)),
        Some((&"demo", rest)) => demo(rest),
        Some((&"test", rest)) => test(rest),
        Some((&"bench", rest)) => bench(rest),
        Some((&"postgres", ["start"])) => Ok(Command::Postgres { stop: false }),
        Some((&"postgres", ["stop"])) => Ok(Command::Postgres { stop: true }),
        Some((&"postgres", _)) => Err("postgres takes one word: start or stop.".to_owned()),
        Some((&"fuzz", rest)) => crate::fuzz::args::parse(rest),
        Some((&"slip", rest)) => slip(rest),
        Some((&"pi", rest)) => crate::pi::args::parse(rest),
        Some((&"deb", rest)) => crate::deb::args::parse(rest),
        Some((&"tidy", rest)) => match Flags::read(rest, &[])? {
            Flags { help: true, .. } => Ok(Command::Help(TIDY_HELP)),
            _ => Ok(Command::Tidy),
        },
        Some((other, _)) => Err(format!("xtask has no command `{other}`.")),
    }
}

fn demo(rest: &[&str]) -> Result<Command, String> {
    let flags = Flags::read(rest, &["--script", "--window", "--yes", "--no-install"])?;
    if flags.help {
        return Ok(Command::Help(DEMO_HELP));
    }
    Ok(Command::Demo(Demo {
        script: flags.has("--script"),
        window: flags.has("--window"),
        install: flags.install()?,
    }))
}

fn test(rest: &[&str]) -> Result<Command, String> {
    let flags = Flags::read(rest, &["--yes", "--no-install"])?;
    if flags.help {
        return Ok(Command::Help(TEST_HELP));
    }
    Ok(Command::Test(flags.install()?))
}

fn slip(rest: &[&str]) -> Result<Command, String> {
    let flags = Flags::read(rest, &["--no-build", "--keep", "--json", "--yes", "--no-install"])?;
    if flags.help {
        return Ok(Command::Help(crate::slip::HELP));
    }
    let (no_build, keep, json) = (flags.has("--no-build"), flags.has("--keep"), flags.has("--json"));
    Ok(Command::Slip(Slip { no_build, keep, json, install: flags.install()? }))
}

fn bench(rest: &[&str]) -> Result<Command, String> {
    let rest = match rest.split_first() {
        Some((&"pickup", rest)) => rest,
        Some((&"kiosk", rest)) => {
            return Ok(Command::BenchKiosk(rest.iter().map(|word| (*word).to_owned()).collect()));
        }
        Some((&"ui", rest)) => return bench_ui(rest),
        Some((&"clearing", rest)) => {
            return Ok(Command::BenchClearing(rest.iter().map(|word| (*word).to_owned()).collect()));
        }
        Some((&"api", rest)) => {
            return Ok(Command::BenchApi(rest.iter().map(|word| (*word).to_owned()).collect()));
        }
        Some((&"web", rest)) => {
            return Ok(Command::BenchWeb(rest.iter().map(|word| (*word).to_owned()).collect()));
        }
        Some((&"kills", rest)) => {
            return Ok(Command::BenchKills(rest.iter().map(|word| (*word).to_owned()).collect()));
        }
        Some((&"sessions", rest)) => {
            return Ok(Command::BenchSessions(rest.iter().map(|word| (*word).to_owned()).collect()));
        }
        Some((&"customs", rest)) => {
            return Ok(Command::BenchCustoms(rest.iter().map(|word| (*word).to_owned()).collect()));
        }
        Some((&("--help" | "-h"), _)) => return Ok(Command::Help(BENCH_HELP)),
        _ => {
            return Err(
                "bench needs to know what: `cargo xtask bench pickup`, `kiosk`, `ui`, `clearing`, `api`, `web`, `customs`, `kills` or `sessions`."
                    .to_owned(),
            );
        }
    };
    let (pickups, rest) = pickups(rest)?;
    let flags = Flags::read(&rest, &["--json"])?;
    if flags.help {
        return Ok(Command::Help(BENCH_HELP));
    }
    Ok(Command::BenchPickup { json: flags.has("--json"), pickups })
}

/// Our own words are taken out; all others go to the program that does it.
fn bench_ui(rest: &[&str]) -> Result<Command, String> {
    let ours = ["--no-build", "--yes", "--no-install"];
    let (own, others): (Vec<&str>, Vec<&str>) = rest.iter().partition(|word| ours.contains(word));
    let flags = Flags::read(&own, &ours)?;
    let words = others.into_iter().map(str::to_owned).collect();
    Ok(Command::BenchUi(BenchUi { no_build: flags.has("--no-build"), install: flags.install()?, words }))
}

/// Takes `--pickups N` out of the words.
fn pickups<'a>(words: &[&'a str]) -> Result<(u32, Vec<&'a str>), String> {
    let Some(at) = words.iter().position(|word| *word == "--pickups") else {
        return Ok((DEFAULT_PICKUPS, words.to_vec()));
    };
    let number = words.get(at + 1).and_then(|word| word.parse().ok()).filter(|n| *n > 0);
    let number = number.ok_or("--pickups needs a whole number above zero, as in `--pickups 300`.")?;
    let rest = words.iter().enumerate().filter(|(i, _)| *i != at && *i != at + 1).map(|(_, w)| *w);
    Ok((number, rest.collect()))
}

/// Words that begin with dashes and have no value.
pub struct Flags<'a> {
    /// `--help` is among them.
    pub help: bool,
    given: Vec<&'a str>,
}

impl<'a> Flags<'a> {
    /// Reads them; the error names one that is not `known`.
    pub fn read(words: &[&'a str], known: &[&str]) -> Result<Self, String> {
        let help = words.iter().any(|word| matches!(*word, "--help" | "-h"));
        let stranger = words.iter().find(|word| !known.contains(word) && !matches!(**word, "--help" | "-h"));
        match stranger {
            Some(word) => Err(format!("`{word}` is not an option of this command.")),
            None => Ok(Self { help, given: words.to_vec() }),
        }
    }

    /// Whether this one was given.
    pub fn has(&self, flag: &str) -> bool {
        self.given.contains(&flag)
    }

    /// Whether packages may be installed.
    pub fn install(&self) -> Result<Install, String> {
        match (self.has("--yes"), self.has("--no-install")) {
            (true, true) => Err("--yes and --no-install contradict each other: give one.".to_owned()),
            (true, false) => Ok(Install::Yes),
            (false, true) => Ok(Install::No),
            (false, false) if std::env::var_os("CI").is_some_and(|ci| !ci.is_empty()) => Ok(Install::Yes),
            (false, false) => Ok(Install::Ask),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Command, String> {
        parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn nothing_given_shows_the_help() {
        assert_eq!(parsed(""), Ok(Command::Help(HELP)));
    }

    #[test]
    fn each_command_explains_itself() {
        for (line, text) in
            [("demo --help", DEMO_HELP), ("slip -h", crate::slip::HELP), ("bench pickup --help", BENCH_HELP)]
        {
            assert_eq!(parsed(line), Ok(Command::Help(text)), "{line}");
        }
    }

    #[test]
    fn a_script_demo_without_installs_is_read() {
        let wanted = Demo { script: true, window: false, install: Install::No };
        assert_eq!(parsed("demo --script --no-install"), Ok(Command::Demo(wanted)));
    }

    #[test]
    fn yes_and_no_install_together_are_refused() {
        assert!(parsed("test --yes --no-install").unwrap_err().contains("contradict"));
    }

    #[test]
    fn an_unknown_option_is_named_in_the_answer() {
        assert!(parsed("tidy --fast").unwrap_err().contains("--fast"));
    }

    #[test]
    fn the_words_of_a_customs_bench_go_to_its_program() {
        let words = ["--json", "--rounds", "3"].map(str::to_owned).to_vec();
        assert_eq!(parsed("bench customs --json --rounds 3"), Ok(Command::BenchCustoms(words)));
    }

    #[test]
    fn a_bench_of_the_screen_passes_on_what_it_does_not_know() {
        let words = ["--json", "--touches", "30"].map(str::to_owned).to_vec();
        let wanted = BenchUi { no_build: true, install: Install::No, words };
        assert_eq!(
            parsed("bench ui --json --no-build --no-install --touches 30"),
            Ok(Command::BenchUi(wanted))
        );
    }

    #[test]
    fn a_bench_takes_the_number_of_pickups() {
        assert_eq!(
            parsed("bench pickup --pickups 300 --json"),
            Ok(Command::BenchPickup { json: true, pickups: 300 })
        );
        assert!(parsed("bench pickup --pickups none").is_err());
    }
}
