//! `cargo run --release -- TARGET RUNS [SEED]`: plays a target without any fuzzing tool, over mutated files of its corpus.

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use fastrand::Rng;
use pickup_customs_fuzz::{TARGETS, Target, devices, mutate};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let targets: Vec<(&str, Target)> = TARGETS.into_iter().chain(devices::targets()).collect();
    let target = words.first().and_then(|name| targets.iter().copied().find(|(known, _)| known == name));
    let runs = words.get(1).and_then(|word| word.parse::<u64>().ok());
    let (Some((name, target)), Some(runs)) = (target, runs) else {
        let names: Vec<&str> = targets.iter().map(|(name, _)| *name).collect();
        eprintln!("mutate {} RUNS [SEED]", names.join("|"));
        return ExitCode::FAILURE;
    };
    let seed = words.get(2).and_then(|word| word.parse().ok()).unwrap_or(1);
    match corpus(name) {
        Ok(corpus) => play(name, target, &corpus, runs, seed),
        Err(error) => {
            eprintln!("the corpus of {name} cannot be read: {error}");
            ExitCode::FAILURE
        }
    }
}

fn corpus(name: &str) -> std::io::Result<Vec<Vec<u8>>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    let mut paths: Vec<_> =
        std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    paths.sort();
    paths.iter().map(std::fs::read).collect()
}

fn play(name: &str, target: Target, corpus: &[Vec<u8>], runs: u64, seed: u64) -> ExitCode {
    let started = Instant::now();
    for run in 0..runs {
        // One generator a run, so that a failure can be repeated by its number alone.
        let mut rng = Rng::with_seed(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(run));
        let Some(mut bytes) = rng.choice(corpus).cloned() else { return ExitCode::FAILURE };
        mutate(&mut rng, &mut bytes, corpus);
        if std::panic::catch_unwind(|| target(&bytes)).is_err() {
            eprintln!("{name}: run {run} of seed {seed} fails on:\n{}", String::from_utf8_lossy(&bytes));
            return ExitCode::FAILURE;
        }
    }
    println!("{name}: {runs} runs of seed {seed} in {} s, none failed", started.elapsed().as_secs());
    ExitCode::SUCCESS
}
