//! A pulse on a pin ends in time whoever is killed in the middle of it: the driver, or the helper that gives it.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(20);

/// A relay and a contact that are files, and a driver on them in a process of its own.
struct Probe {
    dir: PathBuf,
    driver: Child,
    lines: Receiver<String>,
}

impl Probe {
    fn start(pulse_ms: u16) -> Self {
        let dir = std::env::temp_dir().join(format!("pickup-pins-{}", uuid::Uuid::new_v4()));
        fs::create_dir_all(&dir).unwrap();
        // The relay was left on by someone; the contact reads shut.
        fs::write(dir.join("17"), "1").unwrap();
        fs::write(dir.join("27"), "0").unwrap();
        let mut driver = Command::new(env!("CARGO_BIN_EXE_pickup-pulse-probe"))
            .arg(&dir)
            .arg(pulse_ms.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = channel();
        let out = BufReader::new(driver.stdout.take().unwrap());
        std::thread::spawn(move || out.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Self { dir, driver, lines }
    }

    fn relay_is_on(&self) -> bool {
        fs::read_to_string(self.dir.join("17")).unwrap() == "1"
    }

    fn until(&self, what: &str, so: impl Fn(&Self) -> bool) -> Instant {
        let deadline = Instant::now() + PATIENCE;
        while !so(self) {
            assert!(Instant::now() < deadline, "waited in vain for {what}");
            std::thread::sleep(Duration::from_millis(2));
        }
        Instant::now()
    }

    fn until_line(&self, wanted: &str) {
        let mut passed = Vec::new();
        loop {
            let line = self.lines.recv_timeout(PATIENCE);
            let line = line.unwrap_or_else(|_| panic!("no {wanted} after {passed:?}"));
            if line.contains(wanted) {
                return;
            }
            passed.push(line);
        }
    }

    /// Waits until the doors were read and the pulse has begun.
    fn pulse_begun(&self) -> Instant {
        self.until_line("State");
        self.until("the pulse", Self::relay_is_on)
    }

    /// The process that gives the pulse.
    fn helper(&self) -> Option<u32> {
        let children = format!("/proc/{0}/task", self.driver.id());
        fs::read_dir(children).ok()?.flatten().find_map(|task| {
            let of_task = fs::read_to_string(task.path().join("children")).ok()?;
            of_task.split_whitespace().find_map(|pid| pid.parse().ok())
        })
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        let _ = self.driver.kill();
        let _ = self.driver.wait();
        let _ = fs::remove_dir_all(&self.dir);
    }
}

#[test]
fn a_whole_pulse_is_given_by_the_helper_and_the_relay_is_off_before_and_after() {
    let probe = Probe::start(300);
    let begun = probe.pulse_begun();
    fs::write(probe.dir.join("27"), "1").unwrap();
    let off = probe.until("the end of the pulse", |probe| !probe.relay_is_on());
    assert!(off - begun > Duration::from_millis(200), "{:?}", off - begun);
    probe.until_line("Opened { door: 1 }");
}

#[test]
fn a_driver_killed_in_the_middle_of_a_pulse_leaves_the_relay_off_in_time() {
    let mut probe = Probe::start(1_000);
    let begun = probe.pulse_begun();
    probe.driver.kill().unwrap();
    probe.driver.wait().unwrap();
    assert!(probe.relay_is_on(), "it was killed in the middle");
    let off = probe.until("the end of the pulse", |probe| !probe.relay_is_on());
    assert!(off - begun < Duration::from_millis(1_500), "{:?}", off - begun);
}

#[test]
fn a_helper_killed_in_the_middle_of_a_pulse_leaves_the_relay_off_and_the_outcome_unknown() {
    let probe = Probe::start(1_000);
    let begun = probe.pulse_begun();
    let helper = probe.helper().expect("a helper runs");
    let killed = Command::new("kill").args(["-KILL", &helper.to_string()]).status().unwrap();
    assert!(killed.success());
    let off = probe.until("the relay", |probe| !probe.relay_is_on());
    assert!(off - begun < Duration::from_millis(900), "before its time: {:?}", off - begun);
    probe.until_line("OpenFailed { door: 1, kind: OutcomeUnknown");
}
