//! `import`: reads a file, shows every fault, writes all of it.

use std::io::{IsTerminal as _, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use pickup_server::App;
use pickup_server::dataset::Set;
use pickup_server::dataset::import::{self, ImportError, What};

use crate::ImportWhat;

/// Faults shown before the rest is only counted.
const SHOWN: usize = 50;

impl ImportWhat {
    const fn what(self) -> What {
        match self {
            Self::Tariff => What::Set(Set::Tariff),
            Self::Permitted => What::Set(Set::Permitted),
            Self::Prohibited => What::Set(Set::Prohibited),
            Self::PersonalUse => What::Set(Set::PersonalUse),
            Self::Watch => What::Set(Set::Watch),
            Self::Enterprises => What::Set(Set::Enterprises),
            Self::GoodsRegistrations => What::Set(Set::GoodsRegistrations),
            Self::Notices => What::Set(Set::Notices),
            Self::Codes => What::Set(Set::Codes),
            Self::Catalogue => What::Catalogue,
            Self::Book => What::Book,
            Self::Guarantees => What::Guarantees,
        }
    }
}

/// Imports a file.
pub async fn import(
    app: Arc<App>,
    what: ImportWhat,
    file: &Path,
    source: String,
    dry_run: bool,
) -> Result<ExitCode> {
    let bytes = std::fs::read(file).with_context(|| file.display().to_string())?;
    let all = bytes.iter().filter(|byte| **byte == b'\n').count();
    let mut bar = Bar::new(all);
    let read = import::read(what.what(), &bytes, &mut |lines| bar.at(lines));
    bar.end();
    let read = match read {
        Ok(read) => read,
        Err(ImportError::Faults(faults)) => {
            for fault in faults.iter().take(SHOWN) {
                say!("{}: {fault}", file.display());
            }
            let more = faults.len().saturating_sub(SHOWN);
            if more > 0 {
                say!("… and {more} more");
            }
            say!("{} faults; nothing was imported.", faults.len());
            return Ok(ExitCode::FAILURE);
        }
        Err(other) => return Err(other.into()),
    };
    for note in &read.notes {
        say!("{}: {note}", file.display());
    }
    let count = read.len();
    if dry_run {
        say!("{count} entries are good; nothing was imported, as asked.");
        return Ok(ExitCode::SUCCESS);
    }
    let now = app.now();
    app.store.write(move |tx| import::write(tx, &read, &source, now)).await?;
    say!("{count} entries were imported. A running service takes them up at its next start.");
    Ok(ExitCode::SUCCESS)
}

/// Progress on a terminal; nothing elsewhere.
struct Bar {
    all: usize,
    shown: bool,
}

impl Bar {
    fn new(all: usize) -> Self {
        Self { all: all.max(1), shown: std::io::stderr().is_terminal() && all > 2000 }
    }

    fn at(&mut self, lines: usize) {
        if self.shown {
            let tenths = (lines * 30 / self.all).min(30);
            let (done, left) = ("█".repeat(tenths), "░".repeat(30 - tenths));
            let mut err = std::io::stderr();
            // A bar that cannot be drawn must not stop an import.
            let _ = write!(err, "\r{done}{left} {lines} of {} lines", self.all);
        }
    }

    fn end(&self) {
        if self.shown {
            let _ = writeln!(std::io::stderr());
        }
    }
}
