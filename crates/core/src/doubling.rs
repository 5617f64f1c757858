//! When to go through a list for what was abandoned.

use std::cell::Cell;

/// Says so whenever the list has doubled since the last time: then each thing in it pays for looking at about one.
pub(crate) struct Doubling(Cell<usize>);

impl Doubling {
    /// Shorter lists are left alone.
    pub(crate) const AT_LEAST: usize = 64;

    pub(crate) const fn new() -> Self {
        Self(Cell::new(Self::AT_LEAST))
    }

    pub(crate) fn is_due(&self, length: usize) -> bool {
        length >= self.0.get()
    }

    /// So many are left.
    pub(crate) fn done(&self, left: usize) {
        self.0.set(left.saturating_mul(2).max(Self::AT_LEAST));
    }
}
