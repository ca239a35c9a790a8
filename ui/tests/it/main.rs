//! Tests of the screens.

mod samples;
