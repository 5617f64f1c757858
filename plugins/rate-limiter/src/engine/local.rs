//! Counts in this worker alone, while Redis cannot be asked.

use super::memory::{Kept, Memory};
use crate::decide::{Bucket, Verdict, decide};
use crate::limit::{Limit, State};
use crate::rule::Query;
use std::cell::RefCell;

/// The states of the subjects seen lately.
#[derive(Debug)]
pub(crate) struct Local {
    workers: u64,
    states: RefCell<Memory>,
}

impl Local {
    /// `workers` of all gateways together share each limit.
    pub(crate) fn new(workers: u64, subjects: usize) -> Self {
        Self { workers, states: RefCell::new(Memory::new(subjects)) }
    }

    /// This worker's share of a bucket: at least one request's units, so that nobody is shut out.
    pub(crate) fn share(&self, bucket: &Bucket) -> Bucket {
        let share = |units: u64| units.checked_div(self.workers).unwrap_or(units).max(bucket.cost).min(units);
        let Limit { algorithm, count, window, burst } = bucket.limit;
        Bucket { limit: Limit { algorithm, window, count: share(count), burst: share(burst) }, ..*bucket }
    }

    /// Decides as Redis would, with this worker's share. `now` is in milliseconds since 1970.
    pub(crate) fn decide(&self, query: &Query, now: u64) -> Verdict {
        let mut states = self.states.borrow_mut();
        let known = query.keys.iter().zip(&query.buckets);
        let buckets = known.map(|(key, bucket)| (self.share(bucket), state(states.get(key))));
        let verdict = decide(now, 1, &buckets.collect::<Vec<_>>());
        for (key, taken) in query.keys.iter().zip(&verdict.buckets).filter(|(_, taken)| taken.requests > 0) {
            states.insert(key, Kept::State(taken.state));
        }
        verdict
    }
}

fn state(kept: Option<&mut Kept>) -> State {
    match kept {
        Some(Kept::State(state)) => *state,
        _ => State::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limit::Algorithm;

    fn query(count: u64) -> Query {
        let limit = Limit { algorithm: Algorithm::FixedWindow, count, window: 60_000, burst: count };
        let buckets = vec![Bucket { limit, cost: 1, shadow: false }];
        Query { keys: vec!["key".to_owned()], buckets, rules: vec![0] }
    }

    #[test]
    fn a_worker_lets_its_share_pass() {
        for (count, workers, expected) in [(100, 8, 12), (5, 8, 1), (0, 8, 0), (10, 1, 10)] {
            let local = Local::new(workers, 10);
            let passed: u64 = (0..200).map(|_| local.decide(&query(count), 60_001).granted).sum();
            assert_eq!(passed, expected, "{count} of {workers}");
            assert_eq!(local.decide(&query(count), 120_000).granted, expected.min(1), "the next minute");
        }
    }

    #[test]
    fn a_share_is_enough_for_one_request() {
        for algorithm in [Algorithm::FixedWindow, Algorithm::Gcra] {
            let mut query = query(100);
            (query.buckets[0].cost, query.buckets[0].limit.algorithm) = (5, algorithm);
            let local = Local::new(50, 10);
            assert_eq!([(); 3].map(|()| local.decide(&query, 60_001).granted), [1, 0, 0], "{algorithm:?}");
        }
    }
}
