//! The backend over real sockets, with real certificates and a real database file.

mod bench;
mod deposit;
mod enrolment;
mod handover;
mod pickup;
mod store;
mod trail;
