//! Tells of Redis's health, and looks whether it is back.

use super::Engine;
use super::breaker::Change;
use crate::config::OnError;
use crate::decide::Bucket;
use crate::key::PREFIX;
use crate::limit::{Algorithm, Limit, MAX_COUNT};
use crate::rule::Query;
use plugin_core::prelude::*;
use plugin_core::time::{millis, monotonic, sleep};

impl Engine {
    /// One line for each change of state, however many requests it is about.
    pub(super) fn told(self: &Rc<Self>, change: Change, error: Option<&Error>) {
        let error = error.map(Error::to_string).unwrap_or_default();
        let without = match self.policy.on_error {
            OnError::Allow => "pass",
            OnError::Deny => "are refused",
            OnError::Local => "are counted by this worker alone",
        };
        match change {
            Change::None => {}
            Change::Failing => log::warn!("{error}; requests {without} meanwhile (onError)"),
            Change::Opened => {
                log::error!(
                    "Redis failed {} times in a row and is not asked until it answers again; requests {without} \
                     meanwhile (onError); {error}",
                    self.policy.breaker.failures
                );
                self.probe();
            }
            Change::Closed(after) => {
                let without = self.without.take();
                let ms = millis(after);
                log::warn!("Redis answers again after {ms} ms; {without} requests were decided without it");
            }
        }
    }

    /// A probe ends with the configuration that began it. Should it be gone, a request begins another.
    pub(super) fn keep_probing(self: &Rc<Self>, at: Duration) {
        let pause = Duration::from_millis(self.policy.breaker.probe.into()).saturating_add(self.redis.timeout());
        if at.saturating_sub(self.probed.get()) > pause.saturating_mul(3) {
            self.probe();
        }
    }

    /// Asks Redis from time to time, beside all requests, with the same script that they need.
    fn probe(self: &Rc<Self>) {
        self.probed.set(monotonic());
        let Some(background) = self.background.borrow().clone() else { return };
        let weak = Rc::downgrade(self);
        let pause = Duration::from_millis(self.policy.breaker.probe.into());
        background.spawn(async move {
            loop {
                sleep(pause).await;
                let Some(engine) = weak.upgrade() else { return };
                engine.probed.set(monotonic());
                let limit = Limit { algorithm: Algorithm::FixedWindow, count: MAX_COUNT, window: 1000, burst: 0 };
                let buckets = vec![Bucket { limit, cost: 1, shadow: false }];
                let keys = vec![[PREFIX, ":{probe}"].concat()];
                let _ = engine.call(&engine.redis, &Query { keys, buckets, rules: Vec::new() }, 1).await;
                if !engine.breaker.is_open() {
                    return;
                }
            }
        });
    }
}
