//! The drivers against scripted devices at the other end of a pipe or of a pseudo-terminal.

#[cfg(test)]
mod codecs;
#[cfg(test)]
mod corpus;
#[cfg(test)]
mod fake_board;
#[cfg(test)]
mod fake_printer;
#[cfg(test)]
mod fake_reader;
#[cfg(test)]
mod idcard;
#[cfg(test)]
mod line;
#[cfg(test)]
mod lock;
#[cfg(test)]
mod lock_codecs;
#[cfg(test)]
mod printer;
#[cfg(test)]
mod scanner;
#[cfg(test)]
#[path = "../../../../fuzz/src/devices.rs"]
mod targets;
