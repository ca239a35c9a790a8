//! A signer that waits, for code that does not: messages are built and signed on threads for blocking work.

use std::sync::Arc;

use pickup_customs::{Certificate, Signer, SignerError};
use tokio::runtime::Handle;

use super::Signing;

/// Signs by waiting. Only for threads that may wait, such as those of `spawn_blocking`: on a thread of the runtime it panics.
#[derive(Debug)]
pub struct Bridge {
    signing: Arc<dyn Signing>,
    runtime: Handle,
}

impl Bridge {
    /// A signer of the runtime this is called in.
    #[must_use]
    pub fn new(signing: Arc<dyn Signing>) -> Self {
        Self { signing, runtime: Handle::current() }
    }
}

impl Signer for Bridge {
    fn certificate(&self) -> &Certificate {
        self.signing.certificate()
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        let key = self.signing.certificate().serial_hex();
        // Outside the runtime's own threads, or waiting would stop everything.
        self.runtime
            .block_on(self.signing.sign(message))
            .map_err(|error| SignerError { key, reason: error.to_string() })
    }
}
