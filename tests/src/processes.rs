//! What processes cost: memory and processor time, as the kernel tells it under `/proc`.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

/// Ticks of `/proc/PID/stat` a second; the same on every Linux.
pub const TICKS_PER_S: u64 = 100;

/// Processor time of a process so far, in ticks.
///
/// # Errors
/// When there is no such process.
pub fn ticks(id: u32) -> Result<u64> {
    let text = fs::read_to_string(format!("/proc/{id}/stat"))?;
    fields(&text)?.skip(11).take(2).map(|field| field.parse::<u64>().map_err(Into::into)).sum()
}

/// Memory of a process in KiB, with its share of what it shares.
///
/// # Errors
/// When there is no such process or it may not be looked at.
pub fn pss_kib(id: u32) -> Result<u64> {
    let text = fs::read_to_string(format!("/proc/{id}/smaps_rollup"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:")).context("no Pss")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

/// A process with all that it started and what those started, as far as they still run.
///
/// # Errors
/// When `/proc` cannot be read.
pub fn family(id: u32) -> Result<Vec<u32>> {
    let mut pairs = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let Some(other) = entry?.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        // One that ended between the two looks is none of the family any more.
        let Ok(text) = fs::read_to_string(format!("/proc/{other}/stat")) else { continue };
        let parent = fields(&text)?.nth(1).context("a process without a parent")?.parse::<u32>()?;
        pairs.push((other, parent));
    }
    Ok(descendants(id, &pairs))
}

/// Ends all that a process started and what those started, but not the process itself. One that has gone is as good as ended.
pub fn end_children(id: u32) {
    for child in family(id).unwrap_or_default().into_iter().skip(1) {
        if let Some(child) = i32::try_from(child).ok().and_then(rustix::process::Pid::from_raw) {
            let _ = rustix::process::kill_process(child, rustix::process::Signal::KILL);
        }
    }
}

/// Makes a process stand still, or lets it go on.
///
/// # Errors
/// When there is no such process, or it may not be told.
pub fn halt(id: u32, still: bool) -> Result<()> {
    let process = i32::try_from(id).ok().and_then(rustix::process::Pid::from_raw).context("no process")?;
    let signal = if still { rustix::process::Signal::STOP } else { rustix::process::Signal::CONT };
    Ok(rustix::process::kill_process(process, signal)?)
}

/// Files that a process has mapped into its memory.
///
/// # Errors
/// When there is no such process or it may not be looked at.
pub fn mapped(id: u32) -> Result<BTreeSet<PathBuf>> {
    Ok(files_in(&fs::read_to_string(format!("/proc/{id}/maps"))?))
}

/// What follows the name in a stat line. The name may have spaces; what follows its bracket has none.
fn fields(stat: &str) -> Result<impl Iterator<Item = &str>> {
    let (_, rest) = stat.rsplit_once(')').context("not a stat line")?;
    Ok(rest.split_whitespace())
}

fn descendants(id: u32, pairs: &[(u32, u32)]) -> Vec<u32> {
    let (mut found, mut next) = (vec![id], 0);
    while let Some(parent) = found.get(next).copied() {
        found.extend(pairs.iter().filter(|(_, of)| *of == parent).map(|(child, _)| *child));
        next += 1;
    }
    found
}

fn files_in(maps: &str) -> BTreeSet<PathBuf> {
    let paths = maps.lines().filter_map(|line| line.split_whitespace().nth(5));
    paths.filter(|path| path.starts_with('/') && !path.starts_with("/dev/")).map(PathBuf::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_and_spaces_does_not_shift_the_fields() {
        let line = "17 (a (b) c) S 1 17 17 0 -1 0 0 0 0 0 250 50 0 0 20 0 1 0 0 0 0";
        assert_eq!(fields(line).unwrap().nth(1), Some("1"));
        assert_eq!(fields(line).unwrap().skip(11).take(2).collect::<Vec<_>>(), ["250", "50"]);
    }

    #[test]
    fn a_family_has_grandchildren_and_no_strangers() {
        assert_eq!(descendants(5, &[(6, 5), (7, 6), (8, 1), (9, 7)]), [5, 6, 7, 9]);
    }

    #[test]
    fn anonymous_memory_and_devices_are_no_files() {
        let maps = "00-10 r--p 0 08:01 7  /usr/lib/libc.so.6\n10-20 rw-p 0 00:00 0 \n\
                    20-30 rw-p 0 00:00 0  [heap]\n30-40 rw-s 0 00:05 1  /dev/shm/x\n40-50 r-xp 0 08:01 7 /usr/lib/libc.so.6\n";
        assert_eq!(files_in(maps).into_iter().collect::<Vec<_>>(), [PathBuf::from("/usr/lib/libc.so.6")]);
    }

    #[test]
    fn what_a_process_started_ends_without_it() {
        let mut shell = std::process::Command::new("sh").args(["-c", "sleep 600; exit 3"]).spawn().unwrap();
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
        while family(shell.id()).unwrap().len() < 2 {
            assert!(std::time::Instant::now() < deadline, "the shell started nothing");
            std::thread::yield_now();
        }
        end_children(shell.id());
        assert_eq!(shell.wait().unwrap().code(), Some(3));
    }

    #[test]
    fn this_process_has_memory_and_a_family_of_its_own() {
        let id = std::process::id();
        assert!(pss_kib(id).unwrap() > 100);
        assert_eq!(family(id).unwrap().first(), Some(&id));
        assert!(!mapped(id).unwrap().is_empty());
    }
}
