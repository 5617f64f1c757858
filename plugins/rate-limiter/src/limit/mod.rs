//! What a limit is, and what one request does to its state: pure functions, the same as the Redis script.
//!
//! All numbers are whole and stay below 2^53, so that the script, whose numbers are doubles, computes exactly the same.

mod fixed;
mod gcra;
mod sliding;
mod standing;

pub use standing::Standing;

/// How requests are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// Windows that begin where the clock says so: on the full minute, hour, or day (UTC). Around the end of a window,
    /// twice the limit can pass within a short time.
    FixedWindow,
    /// A window begins with the first request after the last one ended, as in Higress's `cluster-key-rate-limit`.
    FirstRequestWindow,
    /// The current window's count plus the part of the last window's that still lies within one window's time.
    SlidingWindow,
    /// The generic cell rate algorithm (ITU-T I.371, the continuous-state leaky bucket): requests drain evenly, and
    /// `burst` of them may come at once.
    Gcra,
}

/// So many units within so much time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// How to count.
    pub algorithm: Algorithm,
    /// Units per window.
    pub count: u64,
    /// Length of the window in milliseconds, at least 1.
    pub window: u64,
    /// Units that may come at once; of use to [`Algorithm::Gcra`] only.
    pub burst: u64,
}

/// What is remembered of a subject under one limit. Zero is a subject that was never seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// Start of the window, for GCRA the last time the bucket was looked at; milliseconds since 1970.
    pub at: u64,
    /// Units taken in the window, for GCRA the level of the bucket in units times milliseconds of the window.
    pub used: u64,
    /// Units taken in the window before; of use to [`Algorithm::SlidingWindow`] only.
    pub before: u64,
}

/// The largest `count`.
pub const MAX_COUNT: u64 = 1_000_000_000;
/// The longest `window`, in milliseconds: 366 days.
pub const MAX_WINDOW: u64 = 366 * 24 * 3600 * 1000;
/// The largest `burst` times `window`: doubles of the script are exact up to twice that.
pub const MAX_LEVEL: u64 = 1 << 52;

impl Algorithm {
    /// One letter: part of Redis keys and an argument of the script.
    pub fn letter(self) -> &'static str {
        match self {
            Self::FixedWindow => "f",
            Self::FirstRequestWindow => "w",
            Self::SlidingWindow => "s",
            Self::Gcra => "g",
        }
    }

    /// As the configuration writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::FixedWindow => "fixedWindow",
            Self::FirstRequestWindow => "firstRequestWindow",
            Self::SlidingWindow => "slidingWindow",
            Self::Gcra => "gcra",
        }
    }
}

impl Limit {
    /// The most units that can pass at once. What nothing leaks out of takes nothing: a `count` of 0 blocks whatever
    /// the burst.
    pub fn capacity(&self) -> u64 {
        if self.algorithm == Algorithm::Gcra && self.count > 0 { self.burst } else { self.count }
    }

    /// The state at `now`, in milliseconds since 1970: what has run out is gone.
    pub fn advance(&self, state: State, now: u64) -> State {
        match self.algorithm {
            Algorithm::FixedWindow => fixed::advance_aligned(self, state, now),
            Algorithm::FirstRequestWindow => fixed::advance_first(self, state, now),
            Algorithm::SlidingWindow => sliding::advance(self, state, now),
            Algorithm::Gcra => gcra::advance(self, state, now),
        }
    }

    /// How many requests of `cost` units each fit into an advanced state.
    pub fn room(&self, state: State, now: u64, cost: u64) -> u64 {
        match self.algorithm {
            Algorithm::Gcra => gcra::room(self, state, cost),
            _ => self.count.saturating_sub(self.taken(state, now)).checked_div(cost).unwrap_or(u64::MAX),
        }
    }

    /// An advanced state after `units` were taken.
    pub fn take(&self, state: State, units: u64) -> State {
        let weight = if self.algorithm == Algorithm::Gcra { self.window } else { 1 };
        State { used: state.used.saturating_add(units.saturating_mul(weight)), ..state }
    }

    /// How long an advanced state matters, in milliseconds.
    pub fn life(&self, state: State, now: u64) -> u64 {
        let life = match self.algorithm {
            Algorithm::FixedWindow | Algorithm::FirstRequestWindow => self.until_end(state, now),
            Algorithm::SlidingWindow => self.until_end(state, now).saturating_add(self.window),
            Algorithm::Gcra => gcra::until_empty(self, state),
        };
        life.max(1)
    }

    /// Units that count at `now`, for the algorithms that count in windows.
    fn taken(&self, state: State, now: u64) -> u64 {
        match self.algorithm {
            Algorithm::SlidingWindow => sliding::taken(self, state, now),
            _ => state.used,
        }
    }

    /// Start of the window of the clock that `now` lies in.
    fn start(&self, now: u64) -> u64 {
        now.saturating_sub(now.checked_rem(self.window).unwrap_or(0))
    }

    /// Milliseconds until the window of a state ends.
    fn until_end(&self, state: State, now: u64) -> u64 {
        state.at.saturating_add(self.window).saturating_sub(now)
    }
}
