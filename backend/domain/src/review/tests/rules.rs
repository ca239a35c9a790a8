//! The rulebook's part in a verdict.
