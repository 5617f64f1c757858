//! The phase machine of one plugin in one exchange: pure state, no guest and no I/O.

pub(crate) mod half;
mod pass;
pub(crate) mod status;
#[cfg(test)]
mod tests;

pub use pass::{LocalReply, Pass};
