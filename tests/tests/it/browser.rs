//! A whole pickup through the bench page in a real browser.
