//! What is recorded of exchanges, and the page that shows it in a real browser.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a panic with a clear text is how a failed test is told"
)]

mod bounds;
mod browser;
mod chromium;
mod guests;
mod json;
mod program;
mod recording;
mod secrets;
mod server;
