//! The sliding window counter: two windows of the clock, of which the older one fades out.

use super::{Limit, State};

/// The older window fades in so many steps. Doubles of the script are exact with it up to the largest limit.
const STEPS: u64 = 4096;

pub(super) fn advance(limit: &Limit, state: State, now: u64) -> State {
    let start = limit.start(now);
    let state = match () {
        _ if state.at >= start && state.at <= start.saturating_add(limit.window) => state,
        _ if state.at.saturating_add(limit.window) == start => State { at: start, used: 0, before: state.used },
        _ => State { at: start, used: 0, before: 0 },
    };
    // A limit that was lowered would otherwise block for longer than its window.
    State { before: state.before.min(limit.count), ..state }
}

/// Units that count at `now`: rounded up, so that a limit is rather kept than passed.
pub(super) fn taken(limit: &Limit, state: State, now: u64) -> u64 {
    let passed = now.saturating_sub(state.at).min(limit.window);
    let left = limit.window.saturating_sub(passed);
    let steps = left.saturating_mul(STEPS).div_ceil(limit.window.max(1));
    state.before.saturating_mul(steps).div_ceil(STEPS).saturating_add(state.used)
}

/// Milliseconds after `state.at` from which on `before` units of the older window count as at most `room`.
pub(super) fn faded(limit: &Limit, before: u64, room: u64) -> u64 {
    let steps = room.saturating_mul(STEPS).checked_div(before).unwrap_or(STEPS).min(STEPS);
    limit.window.saturating_sub(steps.saturating_mul(limit.window).checked_div(STEPS).unwrap_or(0))
}
