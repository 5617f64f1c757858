//! Decides whether Redis is asked at all: not while it is known to fail.

use std::cell::Cell;
use std::time::Duration;

/// Counts calls that failed in a row. Times are those of a clock that never goes back.
#[derive(Debug)]
pub(crate) struct Breaker {
    threshold: u32,
    failures: Cell<u32>,
    opened: Cell<Option<Duration>>,
    warned: Cell<Option<Duration>>,
}

/// What a result changed, to be told in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// Nothing that anybody must know.
    None,
    /// The first failure after a success, and none was told for a while.
    Failing,
    /// From now on Redis is not asked.
    Opened,
    /// Redis answers again, after that time.
    Closed(Duration),
}

/// Single failures are told at most this often.
const QUIET: Duration = Duration::from_secs(60);

impl Breaker {
    pub(crate) fn new(threshold: u32) -> Self {
        Self { threshold, failures: Cell::new(0), opened: Cell::new(None), warned: Cell::new(None) }
    }

    pub(crate) fn is_open(&self) -> bool {
        self.opened.get().is_some()
    }

    pub(crate) fn failed(&self, now: Duration) -> Change {
        let failures = self.failures.get().saturating_add(1);
        self.failures.set(failures);
        if self.is_open() {
            return Change::None;
        }
        if failures >= self.threshold {
            self.opened.set(Some(now));
            return Change::Opened;
        }
        if failures > 1 || self.warned.get().is_some_and(|warned| now.saturating_sub(warned) < QUIET) {
            return Change::None;
        }
        self.warned.set(Some(now));
        Change::Failing
    }

    pub(crate) fn succeeded(&self, now: Duration) -> Change {
        self.failures.set(0);
        self.opened.take().map_or(Change::None, |opened| Change::Closed(now.saturating_sub(opened)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_after_failures_in_a_row_and_closes_with_a_success() {
        let breaker = Breaker::new(3);
        let at = Duration::from_secs;
        assert_eq!(breaker.failed(at(1)), Change::Failing);
        assert_eq!(breaker.failed(at(2)), Change::None);
        assert_eq!(breaker.succeeded(at(3)), Change::None);
        // A single failure so soon after another is not told again.
        assert_eq!(breaker.failed(at(4)), Change::None);
        assert_eq!(breaker.failed(at(5)), Change::None);
        assert!(!breaker.is_open());
        assert_eq!(breaker.failed(at(6)), Change::Opened);
        assert!(breaker.is_open());
        assert_eq!(breaker.failed(at(7)), Change::None);
        assert_eq!(breaker.succeeded(at(10)), Change::Closed(at(4)));
        assert!(!breaker.is_open());
    }
}
