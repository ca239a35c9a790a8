//! Which scanner and which printer are in.

use serde_json::json;

use super::World;
use crate::printer::Model;
use crate::scanner::{Scanner, ScannerKind};

impl World {
    /// Puts another kind of scanner in, with whatever was wrong.
    pub fn set_scanner(&mut self, kind: ScannerKind) {
        let fault = self.scanner.fault();
        self.scanner = Scanner::of(kind);
        self.scanner.set_fault(fault);
        self.note("scanner", json!({ "scanner": kind }));
    }

    /// Puts another model of printer in; what is printed so far stays.
    pub fn set_printer(&mut self, model: Model) {
        self.printer.set_model(model);
        self.note("printer", json!({ "model": model }));
    }

    /// What kind of scanner and model of printer are in.
    #[must_use]
    pub const fn models(&self) -> (ScannerKind, Model) {
        (self.scanner.kind(), self.printer.model())
    }
}
