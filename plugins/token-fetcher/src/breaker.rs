//! The circuit breaker: a service that is down is left alone for a while, and then asked once.

use plugin_core::prelude::*;
use plugin_core::time::monotonic;
use std::cell::Cell;

/// When to leave a service alone.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Breaker {
    /// Failures in a row that open it; 0 for never.
    failures: u32,
    /// For how long, in milliseconds.
    open_ms: u32,
    #[serde(skip)]
    seen: Cell<u32>,
    #[serde(skip)]
    until: Cell<Option<Duration>>,
}

impl Default for Breaker {
    fn default() -> Self {
        Self { failures: 0, open_ms: 10_000, seen: Cell::new(0), until: Cell::new(None) }
    }
}

impl Breaker {
    /// Whether the service may be asked. When the time is up one may ask, and the rest keep waiting for its result.
    pub(crate) fn admit(&self) -> Result<()> {
        let now = monotonic();
        match self.until.get() {
            Some(until) if now < until => {
                let wait = until.saturating_sub(now).as_millis();
                let message =
                    format!("the service has failed {} times in a row and is left alone for {wait} ms", self.failures);
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
                if self.failures > 0 && self.seen.get() >= self.failures {
                    self.open(monotonic());
                }
            }
            _ => {
                self.seen.set(0);
                self.until.set(None);
            }
        }
    }

    fn open(&self, now: Duration) {
        self.until.set(Some(now.saturating_add(Duration::from_millis(self.open_ms.into()))));
    }
}
