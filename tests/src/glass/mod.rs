//! The kiosk's screen beside a browser's, as a person before the glass finds them: when something is seen, how soon a touch
//! is answered, and what that costs.
//!
//! Both arms show the same page on the same X display, one after the other. What is seen is read back from the display;
//! touches are injected by its extension XTEST.

pub mod arm;
pub mod display;
pub mod moving;
pub mod trial;
