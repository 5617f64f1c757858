//! One decision over several limits: all of them take the request, or none does.

use crate::limit::{Limit, State};

/// One limit of one subject, and what a request costs there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// The limit.
    pub limit: Limit,
    /// Units of one request, at least 1.
    pub cost: u64,
    /// Counts, but never refuses.
    pub shadow: bool,
}

/// What was decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The time of the decision in milliseconds since 1970, by the clock of whoever decided.
    pub now: u64,
    /// How many of the wanted requests may pass.
    pub granted: u64,
    /// The buckets, in the order they were asked in.
    pub buckets: Vec<Taken>,
}

/// A bucket after the decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// How many requests it took: as many as were granted, of a shadowed bucket perhaps fewer.
    pub requests: u64,
    /// Its state.
    pub state: State,
}

/// Decides over `wanted` requests that all want the same. The script does the same to the states in Redis.
pub fn decide(now: u64, wanted: u64, buckets: &[(Bucket, State)]) -> Verdict {
    let advanced = |(bucket, state): &(Bucket, State)| {
        let state = bucket.limit.advance(*state, now);
        (*bucket, state, bucket.limit.room(state, now, bucket.cost))
    };
    let buckets: Vec<(Bucket, State, u64)> = buckets.iter().map(advanced).collect();
    let enforced = buckets.iter().filter(|(bucket, ..)| !bucket.shadow);
    let granted = enforced.map(|(.., room)| *room).fold(wanted, u64::min);
    let taken = buckets.iter().map(|(bucket, state, room)| {
        let requests = if bucket.shadow { granted.min(*room) } else { granted };
        Taken { requests, state: bucket.limit.take(*state, requests.saturating_mul(bucket.cost)) }
    });
    Verdict { now, granted, buckets: taken.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limit::Algorithm;

    fn bucket(count: u64, cost: u64, shadow: bool) -> (Bucket, State) {
        let limit = Limit { algorithm: Algorithm::FixedWindow, count, window: 60_000, burst: 0 };
        (Bucket { limit, cost, shadow }, State::default())
    }

    fn used(verdict: &Verdict) -> Vec<u64> {
        verdict.buckets.iter().map(|taken| taken.state.used).collect()
    }

    #[test]
    fn one_full_bucket_spares_the_others() {
        let mut buckets = [bucket(10, 1, false), bucket(2, 1, false)];
        buckets[1].1 = State { at: 60_000, used: 2, before: 0 };
        let verdict = decide(60_001, 1, &buckets);
        assert_eq!((verdict.granted, used(&verdict)), (0, vec![0, 2]));
    }

    #[test]
    fn as_many_pass_as_fit_into_every_bucket() {
        let verdict = decide(60_001, 5, &[bucket(10, 3, false), bucket(7, 1, false)]);
        assert_eq!((verdict.granted, used(&verdict)), (3, vec![9, 3]));
    }

    #[test]
    fn a_shadowed_bucket_counts_and_refuses_nobody() {
        let verdict = decide(60_001, 5, &[bucket(4, 1, false), bucket(3, 1, true)]);
        assert_eq!((verdict.granted, used(&verdict)), (4, vec![4, 3]));
        assert_eq!(verdict.buckets[1].requests, 3);
    }
}
