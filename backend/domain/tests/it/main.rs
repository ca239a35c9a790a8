//! The rules against a slow and obvious second formulation of them.

mod limits;
mod matching;
mod orders;
mod tax;
