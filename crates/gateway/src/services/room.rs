//! What calls of one machine may take while they wait: how many they are, what they ask, and what has come back.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The calls of one machine that may wait. A gateway has no bound; a plugin here must not eat its developer's machine.
const MOST_CALLS: usize = 4_096;
/// The bytes of what all of them ask.
const MOST_ASKED: usize = 64 << 20;
/// The bytes of all that came back and that the plugin has not been shown yet.
const MOST_ANSWERED: usize = 128 << 20;

/// The room of one machine.
#[derive(Clone, Debug)]
pub(super) struct Room {
    pub(super) calls: Pool,
    pub(super) asked: Pool,
    pub(super) answered: Pool,
}

/// So many of something. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct Pool {
    most: usize,
    taken: Arc<AtomicUsize>,
}

/// A part of a pool, until this is dropped.
#[derive(Debug)]
pub(super) struct Taken {
    pool: Pool,
    number: usize,
}

// === impl Room ===

impl Default for Room {
    fn default() -> Self {
        Self { calls: Pool::of(MOST_CALLS), asked: Pool::of(MOST_ASKED), answered: Pool::of(MOST_ANSWERED) }
    }
}

impl Room {
    /// Place for a call that asks so many bytes; `None` when too much waits already.
    pub(super) fn call(&self, bytes: usize) -> Option<[Taken; 2]> {
        Some([self.calls.take(1)?, self.asked.take(bytes)?])
    }
}

// === impl Pool ===

impl Pool {
    fn of(most: usize) -> Self {
        Self { most, taken: Arc::default() }
    }

    /// `None` when there is not so much left.
    pub(super) fn take(&self, number: usize) -> Option<Taken> {
        let mut taken = Taken { pool: self.clone(), number: 0 };
        taken.more(number).then_some(taken)
    }
}

// === impl Taken ===

impl Taken {
    /// Takes more; `false` when there is not so much left, and all stays as it was.
    pub(super) fn more(&mut self, number: usize) -> bool {
        let with = |taken: usize| taken.checked_add(number).filter(|sum| *sum <= self.pool.most);
        let outcome = self.pool.taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, with);
        if outcome.is_ok() {
            self.number += number;
        }
        outcome.is_ok()
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.pool.taken.fetch_sub(self.number, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_dropped_makes_room_again() {
        let pool = Pool::of(10);
        let mut first = pool.take(4).unwrap();
        assert!(first.more(3));
        assert!(!first.more(4));
        let second = pool.take(3).unwrap();
        assert!(pool.take(1).is_none());
        assert!(pool.take(usize::MAX).is_none());
        drop(first);
        assert!(pool.take(8).is_none());
        drop(second);
        assert!(pool.take(10).is_some());
    }
}
