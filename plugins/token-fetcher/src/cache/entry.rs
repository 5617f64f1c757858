//! What is kept for one key.

use super::Flight;
use crate::fetch::Fetched;
use crate::fingerprint;
use crate::template::Inputs;
use plugin_core::prelude::*;
use std::cell::Cell;
use std::fmt;

/// A token as it is put into requests. Times are of the clock that never goes back.
pub(crate) struct Token {
    pub(crate) value: FieldValue,
    pub(crate) refresh_at: Duration,
    pub(crate) expires_at: Duration,
    /// Whether a request has got it since it was fetched. Nobody's token is not renewed.
    pub(crate) used: Cell<bool>,
    /// Whether the upstream has refused it. It serves only while there is no other: one client's refusal may be about
    /// that client.
    pub(super) refused: Cell<bool>,
}

#[derive(Debug, Default)]
pub(super) struct Entry {
    pub(super) token: Option<Rc<Token>>,
    pub(super) flight: Option<Rc<Flight>>,
    /// Why the last fetch failed, and until when that is answer enough.
    pub(super) failure: Option<(Error, Duration)>,
    /// When the upstream has last refused a token of this key.
    pub(super) refused: Option<Duration>,
    /// What the call is filled in with, to make it again without a request.
    pub(super) inputs: Inputs,
}

impl Token {
    /// A token that nobody keeps.
    pub(crate) fn for_once(fetched: Fetched) -> Rc<Self> {
        Rc::new(Self::with_times(fetched.value, Duration::ZERO, Duration::ZERO))
    }

    /// Eight digits that tell which token it is, and not what it is.
    pub(crate) fn fingerprint(&self) -> String {
        fingerprint::of_token(self.value.as_bytes())
    }

    /// A token fetched `now` that a new one shall replace after `share` percent of its lifetime.
    pub(super) fn new(value: FieldValue, now: Duration, lifetime: Duration, share: u32) -> Self {
        let early = lifetime.saturating_mul(share).checked_div(100).unwrap_or(lifetime);
        Self::with_times(value, now.saturating_add(early), now.saturating_add(lifetime))
    }

    fn with_times(value: FieldValue, refresh_at: Duration, expires_at: Duration) -> Self {
        Self { value, refresh_at, expires_at, used: Cell::new(false), refused: Cell::new(false) }
    }

    pub(super) fn holds(&self, now: Duration) -> bool {
        now < self.expires_at && !self.refused.get()
    }
}

/// Never shows the token.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({} bytes)", self.value.as_bytes().len())
    }
}

impl Entry {
    /// The token, while it holds.
    pub(super) fn token(&self, now: Duration) -> Option<&Rc<Token>> {
        self.token.as_ref().filter(|token| token.holds(now))
    }

    pub(super) fn failure(&self, now: Duration) -> Option<&Error> {
        self.failure.as_ref().filter(|(_, until)| now < *until).map(|(error, _)| error)
    }

    /// Whether the token is old enough to be renewed, and nobody does that or has just failed to.
    pub(super) fn is_due(&self, now: Duration) -> bool {
        let old = self.token.as_ref().is_some_and(|token| token.refresh_at <= now || token.refused.get());
        old && self.flight.is_none() && self.failure(now).is_none()
    }

    pub(super) fn was_used(&self) -> bool {
        self.token.as_ref().is_some_and(|token| token.used.get())
    }

    pub(super) fn is_of_use(&self, now: Duration, stale: Duration, pause: Duration) -> bool {
        let token = self.token.as_ref().is_some_and(|token| now < token.expires_at.saturating_add(stale));
        let refused = self.refused.is_some_and(|last| now < last.saturating_add(pause));
        token || refused || self.flight.is_some() || self.failure(now).is_some()
    }

    /// When it is worth least: who runs out first has to go first.
    pub(super) fn end(&self) -> Duration {
        self.token.as_ref().map_or(Duration::ZERO, |token| token.expires_at)
    }
}
