//! A decision over one request, and what can be told of it.

use super::Share;
use crate::decide::Verdict;
use crate::limit::{Algorithm, Limit, Standing, State};
use crate::rule::Query;
use plugin_core::time::millis;
use std::time::Duration;

/// Who decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Path {
    /// Redis, asked for this request, perhaps together with others.
    Redis,
    /// Units that were taken from Redis ahead.
    Lease,
    /// A refusal that Redis gave before and that still holds.
    Remembered,
    /// The limit itself, which the request can never fit into.
    Limit,
    /// This worker alone, because Redis fails.
    Local,
    /// The policy for when Redis fails.
    Policy,
}

/// What was decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decision {
    pub(crate) passed: bool,
    pub(crate) path: Path,
    /// Of the limits in force the one that leaves least, by its position in the query.
    pub(crate) tightest: Option<(usize, Standing)>,
    /// Rules in shadow mode that would have refused.
    pub(crate) shadowed: Vec<usize>,
    /// The limits as they were applied: shares of them, where this worker decided alone.
    pub(crate) limits: Vec<Limit>,
    /// How long Redis took, if it was asked.
    pub(crate) took: Option<Duration>,
}

impl Path {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Redis => "redis",
            Self::Lease => "lease",
            Self::Remembered => "remembered",
            Self::Limit => "limit",
            Self::Local => "local",
            Self::Policy => "onError",
        }
    }
}

impl Decision {
    /// What the policy says without knowing anything.
    pub(crate) fn unknown(passed: bool) -> Self {
        Self { passed, path: Path::Policy, tightest: None, shadowed: Vec::new(), limits: Vec::new(), took: None }
    }

    /// The tightest limit, and what may be told of it: nothing where a limit that others may have taken from refused
    /// without being looked at.
    pub(crate) fn told(&self) -> Option<(usize, &Limit, Standing)> {
        let (position, standing) = self.tightest?;
        let limit = self.limits.get(position)?;
        (self.path != Path::Limit || limit.capacity() == 0).then_some((position, limit, standing))
    }

    /// A request's part of an answer, at a moment not before the answer came.
    pub(crate) fn of(query: &Query, share: &Share, path: Path, at: Duration) -> Self {
        let passed = share.number < share.verdict.granted;
        // The answer is as old as its call, by our clock; time went on since.
        let age = millis(at.saturating_sub(share.sent.saturating_add(share.took)));
        let now = share.verdict.now.saturating_add(age);
        let mut tightest: Option<(usize, Standing)> = None;
        let mut shadowed = Vec::new();
        for (position, bucket) in query.buckets.iter().enumerate() {
            let Some((state, taken)) = share.state_after(query, position) else { continue };
            if bucket.shadow {
                if passed && !taken {
                    shadowed.extend(query.rules.get(position));
                }
                continue;
            }
            let state = bucket.limit.advance(state, now);
            let standing = Standing::new(&bucket.limit, state, now, bucket.cost);
            if tightest.is_none_or(|(_, other)| is_tighter(&standing, &other, passed)) {
                tightest = Some((position, standing));
            }
        }
        shadowed.dedup();
        let limits = query.buckets.iter().map(|bucket| bucket.limit).collect();
        Self { passed, path, tightest, shadowed, limits, took: (path == Path::Redis).then_some(share.took) }
    }
}

/// Of those that refuse the one that does so for longest, otherwise the one that leaves least for longest.
pub(super) fn is_tighter(one: &Standing, other: &Standing, passed: bool) -> bool {
    let wait = |standing: &Standing| if passed { 0 } else { standing.retry.unwrap_or(u64::MAX) };
    (wait(one), std::cmp::Reverse(one.remaining), one.reset)
        > (wait(other), std::cmp::Reverse(other.remaining), other.reset)
}

impl Share {
    /// A bucket's state right after this request, as if all requests of the call had come one after the other; and
    /// whether the bucket took it.
    fn state_after(&self, query: &Query, position: usize) -> Option<(State, bool)> {
        let (taken, bucket) = (self.verdict.buckets.get(position)?, query.buckets.get(position)?);
        let later = taken.requests.saturating_sub(self.number.saturating_add(1));
        let weight = if bucket.limit.algorithm == Algorithm::Gcra { bucket.limit.window } else { 1 };
        let units = later.saturating_mul(bucket.cost).saturating_mul(weight);
        let state = State { used: taken.state.used.saturating_sub(units), ..taken.state };
        Some((state, self.number < taken.requests))
    }
}

/// The refusal of a request that costs more than a limit ever has; Redis need not be asked, nor be there.
pub(super) fn hopeless(query: &Query, now: u64) -> Option<Decision> {
    let never = |(_, bucket): &(usize, &crate::decide::Bucket)| !bucket.shadow && bucket.cost > bucket.limit.capacity();
    let (position, bucket) = query.buckets.iter().enumerate().find(never)?;
    let state = bucket.limit.advance(State::default(), now);
    let standing = Standing::new(&bucket.limit, state, now, bucket.cost);
    Some(Decision {
        passed: false,
        path: Path::Limit,
        tightest: Some((position, standing)),
        shadowed: Vec::new(),
        limits: query.buckets.iter().map(|bucket| bucket.limit).collect(),
        took: None,
    })
}

impl Query {
    /// What requests must have in common to be asked about in one call.
    pub(super) fn group(&self) -> String {
        let mut group = String::new();
        for (key, bucket) in self.keys.iter().zip(&self.buckets) {
            group.push_str(key);
            group.push('=');
            group.push_str(&bucket.cost.to_string());
            group.push(' ');
        }
        group
    }

    /// Each rule once.
    pub(super) fn each_rule(&self, mut work: impl FnMut(usize)) {
        let mut last = None;
        for rule in self.rules.iter().filter(|rule| last.replace(**rule) != Some(**rule)) {
            work(*rule);
        }
    }

    /// Requests that would still have passed after a verdict.
    pub(super) fn left(&self, verdict: &Verdict) -> u64 {
        let enforced = self.buckets.iter().zip(&verdict.buckets).filter(|(bucket, _)| !bucket.shadow);
        let room = enforced.map(|(bucket, taken)| bucket.limit.room(taken.state, verdict.now, bucket.cost));
        room.min().unwrap_or(u64::MAX)
    }

    /// Milliseconds until the first window in force ends.
    pub(super) fn shortest_reset(&self, verdict: &Verdict) -> u64 {
        let resets = self.buckets.iter().zip(&verdict.buckets).filter(|(bucket, _)| !bucket.shadow);
        let reset = |(bucket, taken): (&crate::decide::Bucket, &crate::decide::Taken)| match bucket.limit.algorithm {
            Algorithm::Gcra => u64::MAX,
            _ => Standing::new(&bucket.limit, taken.state, verdict.now, bucket.cost).reset,
        };
        resets.map(reset).min().unwrap_or(u64::MAX)
    }
}
