//! Refusals that still hold: a subject that asks again in the meantime costs no call.

use super::decision::{Decision, Path, is_tighter};
use super::memory::{Kept, Memory};
use crate::decide::Verdict;
use crate::limit::Standing;
use crate::rule::Query;
use plugin_core::time::millis;
use std::time::Duration;

/// A limit of a subject that has no room.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refusal {
    /// The least cost known to be refused.
    cost: u64,
    standing: Standing,
    /// When it was so, by a clock that never goes back.
    at: Duration,
    until: Duration,
}

/// Of the refusals that hold for the request the one that does so for longest.
pub(super) fn find(refusals: &mut Memory, query: &Query, at: Duration) -> Option<Decision> {
    let mut tightest: Option<(usize, Standing)> = None;
    for (position, (key, bucket)) in query.keys.iter().zip(&query.buckets).enumerate() {
        if bucket.shadow {
            continue;
        }
        let Some(Kept::Refusal(refusal)) = refusals.get(key) else { continue };
        let refusal = *refusal;
        if at >= refusal.until {
            refusals.remove(key);
        } else if bucket.cost >= refusal.cost {
            let passed = millis(at.saturating_sub(refusal.at));
            let later = |time: u64| time.saturating_sub(passed);
            let Standing { remaining, reset, retry, start } = refusal.standing;
            let standing = Standing { remaining, reset: later(reset), retry: retry.map(later), start };
            if tightest.is_none_or(|(_, other)| is_tighter(&standing, &other, false)) {
                tightest = Some((position, standing));
            }
        }
    }
    tightest.map(|tightest| Decision {
        passed: false,
        path: Path::Remembered,
        tightest: Some(tightest),
        shadowed: Vec::new(),
        limits: query.buckets.iter().map(|bucket| bucket.limit).collect(),
        took: None,
    })
}

/// Keeps what an answer refused. It was sent at `sent`, so what it says ended no later than counted from there.
pub(super) fn keep(refusals: &mut Memory, query: &Query, verdict: &Verdict, wanted: u64, sent: Duration) {
    if verdict.granted >= wanted {
        return;
    }
    for ((key, bucket), taken) in query.keys.iter().zip(&query.buckets).zip(&verdict.buckets) {
        let standing = Standing::new(&bucket.limit, taken.state, verdict.now, bucket.cost);
        if let (false, Some(retry @ 1..)) = (bucket.shadow, standing.retry) {
            let until = sent.saturating_add(Duration::from_millis(retry));
            let refusal = Refusal { cost: bucket.cost, standing, at: sent, until };
            refusals.insert(key, Kept::Refusal(refusal));
        }
    }
}
