//! Counters of each rule, on the gateway's `/stats` as `wasmcustom.rate_limiter.<rule>.<what>`.

use crate::key::plain;
use plugin_core::metric::{Counter, Histogram};
use plugin_core::time::millis;
use std::time::Duration;

/// What is counted for one rule.
#[derive(Debug)]
pub(crate) struct RuleMetrics {
    /// Requests that passed.
    pub(crate) allowed: Counter,
    /// Requests that were refused.
    pub(crate) refused: Counter,
    /// Requests that a rule in shadow mode would have refused.
    pub(crate) shadow_refused: Counter,
    /// Calls to Redis that failed.
    pub(crate) errors: Counter,
    /// Requests that were decided without Redis because it fails.
    pub(crate) fallback: Counter,
    latency: Histogram,
}

impl RuleMetrics {
    pub(crate) fn new(rule: &str) -> Self {
        let name = |what: &str| ["rate_limiter.", &plain(rule), ".", what].concat();
        Self {
            allowed: Counter::new(name("allowed")),
            refused: Counter::new(name("refused")),
            shadow_refused: Counter::new(name("shadow_refused")),
            errors: Counter::new(name("errors")),
            fallback: Counter::new(name("fallback")),
            latency: Histogram::new(name("redis_ms")),
        }
    }

    /// How long a call to Redis took.
    pub(crate) fn took(&self, time: Duration) {
        self.latency.record(millis(time));
    }
}
