//! `reconciliation verify`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Subcommand;
use pickup_customs::Certificate;
use pickup_server::reconcile::file::{self, FileError};

/// Reconciliations of days.
#[derive(Debug, Subcommand)]
pub enum ReconciliationCommand {
    /// Verify a signed file: that nothing was changed since, and by which certificate it is signed. Needs no database. Exit
    /// status 1 when it is not believed.
    Verify {
        /// The file, as downloaded from the console.
        file: PathBuf,
        /// The certificate (PEM) that must have signed it.
        #[arg(long, value_name = "FILE")]
        certificate: Option<PathBuf>,
    },
}

/// `reconciliation verify`.
pub fn run(command: &ReconciliationCommand) -> Result<ExitCode> {
    let ReconciliationCommand::Verify { file: path, certificate } = command;
    let text = read(path)?;
    let by = match certificate {
        Some(path) => {
            let certificate = Certificate::from_pem(&read(path)?);
            Some(certificate.with_context(|| path.display().to_string())?)
        }
        None => None,
    };
    let verified = match file::verify(&text, by.as_ref()) {
        Ok(verified) => verified,
        Err(cause @ FileError::Signer(_)) => return Err(cause.into()),
        Err(cause) => {
            say!("{}: {cause}", path.display());
            return Ok(ExitCode::FAILURE);
        }
    };
    let sheet = &verified.sheet;
    say!(
        "Reconciliation of {} at centre {}, book {}, made {}.",
        sheet.day,
        sheet.centre,
        sheet.book,
        sheet.made_at
    );
    say!("Unchanged since it was signed by {}, certificate {}.", verified.subject, verified.serial);
    if by.is_none() {
        say!(
            "SHA-256 of the certificate: {}. Compare it with your own, or name it with --certificate.",
            verified.fingerprint
        );
    }
    say!(
        "{} differences; rows {} to {} of the trail, head {}.",
        sheet.differences.len(),
        sheet.trail.before.saturating_add(1),
        sheet.trail.last,
        sheet.trail.head
    );
    Ok(ExitCode::SUCCESS)
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| path.display().to_string())
}
