//! What a subject may be told of its state: what is left, and when there is more.

use super::{Algorithm, Limit, State, gcra, sliding};

/// A subject under one limit, at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Units left, as of this moment.
    pub remaining: u64,
    /// Milliseconds until the window ends, for GCRA until all of the burst is there again.
    pub reset: u64,
    /// Milliseconds until a request of the asked cost fits; 0 if it does now, `None` if it never will.
    pub retry: Option<u64>,
    /// Start of the window in milliseconds since 1970, for GCRA the moment itself.
    pub start: u64,
}

impl Standing {
    /// Reads an advanced state.
    pub fn new(limit: &Limit, state: State, now: u64, cost: u64) -> Self {
        let reset = match limit.algorithm {
            Algorithm::Gcra => gcra::until_empty(limit, state),
            _ => limit.until_end(state, now),
        };
        Self { remaining: limit.room(state, now, 1), reset, retry: retry(limit, state, now, cost), start: state.at }
    }
}

fn retry(limit: &Limit, state: State, now: u64, cost: u64) -> Option<u64> {
    if cost > limit.capacity() {
        return None;
    }
    if limit.room(state, now, cost) > 0 {
        return Some(0);
    }
    let end = limit.until_end(state, now);
    Some(match limit.algorithm {
        Algorithm::FixedWindow | Algorithm::FirstRequestWindow => end,
        Algorithm::Gcra => gcra::until_fits(limit, state, cost),
        // What the current window took must fade in the next one, or what the last one took, in this.
        Algorithm::SlidingWindow => match limit.count.checked_sub(state.used.saturating_add(cost)) {
            Some(room) => {
                let faded = state.at.saturating_add(sliding::faded(limit, state.before, room));
                faded.saturating_sub(now).min(end)
            }
            None => {
                let before = state.used.min(limit.count);
                end.saturating_add(sliding::faded(limit, before, limit.count.saturating_sub(cost)))
            }
        },
    })
}

#[cfg(test)]
mod tests;
