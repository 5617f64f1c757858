//! The circuit breaker: a service that is down is left alone for a while, and then asked once.

use plugin_core::prelude::*;
use plugin_core::time::{millis, monotonic};
use std::cell::Cell;

/// When to leave a service alone.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Breaker {
    /// So many failed fetches in a row open it.
    failures: Positive,
    /// For how many milliseconds the service is then left alone.
    #[serde(default)]
    #[schemars(extend("default" = 10000))]
    open_ms: OpenMs,
    #[serde(skip)]
    seen: Cell<u32>,
    #[serde(skip)]
    until: Cell<Option<Duration>>,
}

/// A breaker that never opens, or not for any time, is a mistake: who wants none leaves it out.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(try_from = "u32")]
#[schemars(extend("minimum" = 1))]
struct Positive(u32);

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
struct OpenMs(Positive);

impl Default for OpenMs {
    fn default() -> Self {
        Self(Positive(10_000))
    }
}

impl TryFrom<u32> for Positive {
    type Error = &'static str;

    fn try_from(number: u32) -> Result<Self, Self::Error> {
        if number > 0 { Ok(Self(number)) } else { Err("allowed: 1 or more; without `circuitBreaker` there is none") }
    }
}

impl Breaker {
    /// Whether the service may be asked. When the time is up one may ask, and the rest keep waiting for its result.
    pub(crate) fn admit(&self) -> Result<()> {
        let now = monotonic();
        match self.until.get() {
            Some(until) if now < until => {
                let wait = millis(until.saturating_sub(now));
                let message = format!(
                    "the service has failed {} times in a row and is left alone for {wait} ms",
                    self.failures.0
                );
                Err(Error::new(ErrorKind::Unreachable, message))
            }
            Some(_) => {
                self.open(now);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Only what the service does to every call counts, not that it refuses this one.
    pub(crate) fn note(&self, error: Option<&Error>) {
        match error.map(Error::kind) {
            Some(kind) if kind.is_transient() || matches!(kind, ErrorKind::Status(500..)) => {
                self.seen.set(self.seen.get().saturating_add(1));
                if self.seen.get() >= self.failures.0 {
                    self.open(monotonic());
                }
            }
            // Nothing was asked: a client's value cannot be sent. That says nothing about the service.
            Some(ErrorKind::Other | ErrorKind::InvalidHeader) => {}
            _ => {
                self.seen.set(0);
                self.until.set(None);
            }
        }
    }

    fn open(&self, now: Duration) {
        self.until.set(Some(now.saturating_add(Duration::from_millis(self.open_ms.0.0.into()))));
    }
}
