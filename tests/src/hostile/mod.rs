//! A year's trouble in some minutes: the backend against a customs side with every fault switched on, shoppers who cancel and
//! bring back, a person who puts right or gives up, and at the end the books of both sides compared.

pub mod books;
pub mod life;
