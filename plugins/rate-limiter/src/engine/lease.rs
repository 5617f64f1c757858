//! Leases: units taken ahead in one call and spent without asking, as long as they are worth it.
//!
//! A lease ends with the window that its units are from, so no window ever lets more pass than its limit. What is not
//! spent by then is lost: a worker may refuse up to `max` requests too early. Under `slidingWindow` and `gcra`, units
//! may be spent up to `ttl` after they were taken.

use super::memory::Kept;
use super::{Engine, Share};
use crate::rule::Query;
use std::time::Duration;

/// What a worker holds for one subject.
#[derive(Debug)]
pub(crate) struct Held {
    /// The call that the units are from, and the number of the next one in it.
    pub(crate) from: Share,
    /// Numbers up to here, exclusive, are ours.
    pub(crate) end: u64,
    /// When the rest is lost.
    pub(crate) until: Duration,
    /// Requests that could still pass when it was taken.
    pub(crate) left: u64,
    /// Requests that it is for.
    pub(crate) size: u64,
}

/// No lease takes more than this part of what is left: workers that share a limit come out even, and the last units are
/// taken one by one.
const PART: u64 = 4;

impl Held {
    /// Spends one request's units.
    pub(crate) fn spend(&mut self, now: Duration) -> Option<Share> {
        if now >= self.until || self.from.number >= self.end {
            return None;
        }
        let share = self.from.clone();
        self.from.number = share.number.saturating_add(1);
        Some(share)
    }

    /// How many requests the next lease is for: twice as many if this one was spent in time, half if it was not.
    pub(crate) fn next(&self, now: Duration, max: u64) -> u64 {
        let spent = self.from.number >= self.end;
        let size = if spent && now < self.until { self.size.saturating_mul(2) } else { self.size / 2 };
        size.clamp(1, max)
    }

    /// `next`, but no more than its part of what is left.
    pub(crate) fn bounded(size: u64, left: u64) -> u64 {
        size.min((left / PART).max(1))
    }
}

impl Engine {
    /// Spends one request's units of a lease, if there is one.
    pub(super) fn spend(&self, group: &str, at: Duration) -> Option<Share> {
        self.policy.lease?;
        match self.leases.borrow_mut().get(group)? {
            Kept::Lease(held) => held.spend(at),
            _ => None,
        }
    }

    /// How many requests to take ahead.
    pub(super) fn ahead(&self, group: &str, at: Duration) -> u64 {
        let Some(lease) = self.policy.lease else { return 0 };
        let mut leases = self.leases.borrow_mut();
        let size = match leases.get(group) {
            Some(Kept::Lease(held)) => Held::bounded(held.next(at, lease.max), held.left),
            _ => 1,
        };
        size.saturating_sub(1)
    }

    /// Keeps what was taken ahead. Also a lease of nothing is kept: it tells how large the next one is to be.
    pub(super) fn hold(&self, query: &Query, group: &str, from: Share, ahead: u64) {
        let Some(lease) = self.policy.lease else { return };
        let until = from.sent.saturating_add(Duration::from_millis(lease.ttl.min(query.shortest_reset(&from.verdict))));
        let (end, left) = (from.verdict.granted, query.left(&from.verdict));
        let held = Held { end, until, left, size: ahead.saturating_add(1), from };
        self.leases.borrow_mut().insert(group, Kept::Lease(Box::new(held)));
    }
}
