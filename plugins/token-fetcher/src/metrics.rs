//! What an operator can watch: how often a token was at hand, and what fetching costs.

use plugin_core::metric::{Counter, Gauge, Histogram};
use plugin_core::prelude::*;
use plugin_core::time::{millis, monotonic};

/// All under `token_fetcher.`, summed over the workers.
#[derive(Debug)]
pub(crate) struct Metrics {
    /// Requests whose token was at hand.
    pub(crate) hits: Counter,
    /// Requests that had to wait for one.
    pub(crate) misses: Counter,
    /// Those of them that waited for a fetch of somebody else.
    pub(crate) waits: Counter,
    /// Fetches in the background, before a token ran out.
    pub(crate) refreshes: Counter,
    /// Fetches that gave no token.
    pub(crate) failures: Counter,
    /// How long fetches took.
    latency: Histogram,
    /// 1 when the preflight gave a token, else 0.
    pub(crate) ready: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        let counter = |name: &str| Counter::new(["token_fetcher.", name].concat());
        Self {
            hits: counter("hits"),
            misses: counter("misses"),
            waits: counter("waits"),
            refreshes: counter("refreshes"),
            failures: counter("failures"),
            latency: Histogram::new("token_fetcher.fetch_ms"),
            ready: Gauge::new("token_fetcher.ready"),
        }
    }
}

impl Metrics {
    /// Whether the latency of a fetch that begins now is of interest.
    pub(crate) fn has_room(&self) -> bool {
        self.latency.has_room()
    }

    /// A fetch is over; `began` is when it did, where that is known.
    pub(crate) fn note_fetch(&self, began: Option<Duration>, is_good: bool) {
        if let Some(began) = began {
            self.latency.record(millis(monotonic().saturating_sub(began)));
        }
        if !is_good {
            self.failures.add(1);
        }
    }
}
