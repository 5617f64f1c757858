//! GCRA as a leaking bucket. Its level counts units times milliseconds of the window, so that nothing is ever rounded.

use super::{Limit, State};

pub(super) fn advance(limit: &Limit, state: State, now: u64) -> State {
    let drained = now.saturating_sub(state.at).saturating_mul(limit.count);
    State { at: now, used: state.used.saturating_sub(drained), before: 0 }
}

pub(super) fn room(limit: &Limit, state: State, cost: u64) -> u64 {
    let free = limit.capacity().saturating_mul(limit.window).saturating_sub(state.used);
    free.checked_div(cost.saturating_mul(limit.window)).unwrap_or(u64::MAX)
}

/// Milliseconds until the bucket has leaked out.
pub(super) fn until_empty(limit: &Limit, state: State) -> u64 {
    state.used.div_ceil(limit.count.max(1))
}

/// Milliseconds until a request of `cost` units fits.
pub(super) fn until_fits(limit: &Limit, state: State, cost: u64) -> u64 {
    let wanted = state.used.saturating_add(cost.saturating_mul(limit.window));
    wanted.saturating_sub(limit.capacity().saturating_mul(limit.window)).div_ceil(limit.count.max(1))
}
