//! What a listener counts, under Envoy's names.

use crate::admin::{Counter, Gauge, Stats};

/// The metrics of one connection manager.
pub(super) struct HttpStats {
    pub(super) connections: Counter,
    pub(super) connections_active: Gauge,
    pub(super) requests: Counter,
    pub(super) requests_active: Gauge,
    /// Responses by the first digit of their status, from 1 on.
    classes: [Counter; 5],
}

impl HttpStats {
    pub(super) fn new(stats: &Stats, prefix: &str) -> Self {
        let name = |name: &str| format!("http.{prefix}.downstream_{name}");
        Self {
            connections: stats.counter(&name("cx_total")),
            connections_active: stats.gauge(&name("cx_active")),
            requests: stats.counter(&name("rq_total")),
            requests_active: stats.gauge(&name("rq_active")),
            classes: [1, 2, 3, 4, 5].map(|class| stats.counter(&name(&format!("rq_{class}xx")))),
        }
    }

    /// Counts a response, if there was one.
    pub(super) fn ended(&self, status: Option<u16>) {
        self.requests_active.down();
        let class = status.and_then(|status| usize::from(status / 100).checked_sub(1));
        if let Some(counter) = class.and_then(|class| self.classes.get(class)) {
            counter.count();
        }
    }
}
