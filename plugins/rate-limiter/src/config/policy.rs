//! What happens when Redis fails, and how it is spared while it does not.

use super::Faults;
use super::reply::RawReply;
use plugin_core::prelude::*;

/// What becomes of a request that Redis does not decide about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) enum OnError {
    /// It passes.
    #[default]
    Allow,
    /// It gets the error reply.
    Deny,
    /// This worker counts it by itself.
    Local,
}

/// When Redis is no longer asked.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Breaker {
    /// After so many failures in a row Redis is no longer asked.
    #[serde(default = "failures")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub(crate) failures: u32,
    /// Milliseconds between two looks whether it answers again.
    #[serde(default = "probe")]
    #[schemars(range(min = 10, max = 600_000))]
    pub(crate) probe: u32,
}

/// Units taken ahead and spent without asking.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
pub(crate) struct Lease {
    /// Requests that may be taken ahead in one call.
    #[schemars(range(min = 2, max = 100_000))]
    pub(crate) max: u64,
    /// Milliseconds after which what was taken ahead is lost.
    #[serde(default = "ttl")]
    #[schemars(range(min = 10, max = 60_000))]
    pub(crate) ttl: u64,
}

/// All of it, checked.
#[derive(Debug)]
pub(crate) struct Policy {
    pub(crate) on_error: OnError,
    pub(crate) error_reply: Reply,
    /// How many workers share a limit while each counts by itself.
    pub(crate) workers: u64,
    pub(crate) breaker: Breaker,
    pub(crate) lease: Option<Lease>,
}

fn failures() -> u32 {
    5
}

fn probe() -> u32 {
    1000
}

fn ttl() -> u64 {
    1000
}

impl Default for Breaker {
    fn default() -> Self {
        Self { failures: failures(), probe: probe() }
    }
}

impl Policy {
    pub(super) fn new(
        on_error: Option<OnError>,
        error_reply: Option<RawReply>,
        workers: Option<u64>,
        breaker: Breaker,
        lease: Option<Lease>,
        faults: &mut Faults,
    ) -> Self {
        let on_error = on_error.unwrap_or_default();
        let mut within = |path: &str, found: u64, least: u64, most: u64| {
            if !(least..=most).contains(&found) {
                let [found, least, most] = [found, least, most].map(|number| number.to_string());
                faults.add(&["$.", path, ": found ", &found, ", allowed: ", &least, " to ", &most]);
            }
        };
        within("localWorkers", workers.unwrap_or(1), 1, 1_000_000);
        within("breaker.failures", breaker.failures.into(), 1, 1_000_000);
        within("breaker.probe", breaker.probe.into(), 10, 600_000);
        if let Some(Lease { max, ttl }) = lease {
            within("lease.max", max, 2, 100_000);
            within("lease.ttl", ttl, 10, 60_000);
        }
        if error_reply.is_some() && on_error != OnError::Deny {
            faults.add(&["$.errorReply: goes with `onError: deny` only"]);
        }
        if workers.is_some() && on_error != OnError::Local {
            faults.add(&["$.localWorkers: goes with `onError: local` only"]);
        }
        let error_reply =
            error_reply.unwrap_or_default().compile("$.errorReply", 503, "Rate limiter unavailable\n", faults);
        Self { on_error, error_reply, workers: workers.unwrap_or(1), breaker, lease }
    }
}
