//! Windows that are counted from zero: aligned to the clock, or begun by the first request.

use super::{Limit, State};

/// A state of another window is gone. One up to a window ahead of the clock stays: a clock that was set back must not
/// give everybody a second limit.
pub(super) fn advance_aligned(limit: &Limit, state: State, now: u64) -> State {
    let start = limit.start(now);
    if state.at < start || state.at > start.saturating_add(limit.window) {
        return State { at: start, used: 0, before: 0 };
    }
    State { before: 0, ..state }
}

pub(super) fn advance_first(limit: &Limit, state: State, now: u64) -> State {
    if state.at.saturating_add(limit.window) <= now || state.at > now.saturating_add(limit.window) {
        return State { at: now, used: 0, before: 0 };
    }
    State { before: 0, ..state }
}
