//! Metrics of the process by name; every virtual machine that defines a name adds to the same number.

use std::collections::BTreeMap;
use std::sync::Mutex;

use super::locked;

/// What a metric counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MetricKind {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Takes samples.
    Histogram,
}

/// All metrics of a process.
#[derive(Debug, Default)]
pub struct Metrics(Mutex<BTreeMap<(String, MetricKind), Value>>);

#[derive(Clone, Copy, Debug, Default)]
struct Value {
    number: u64,
    samples: u64,
}

impl Metrics {
    /// Makes a metric visible with the value 0, unless it is there already.
    pub fn define(&self, name: &str, kind: MetricKind) {
        locked(&self.0).entry((name.to_owned(), kind)).or_default();
    }

    /// Adds to a counter or gauge, never below 0 nor beyond what the number holds.
    pub fn add(&self, name: &str, kind: MetricKind, by: i64) {
        self.change(name, kind, |value| value.number = value.number.saturating_add_signed(by));
    }

    /// Sets a gauge, takes a histogram's sample, or adds to a counter.
    pub fn record(&self, name: &str, kind: MetricKind, number: u64) {
        self.change(name, kind, |value| match kind {
            MetricKind::Gauge => value.number = number,
            MetricKind::Counter => value.number = value.number.saturating_add(number),
            MetricKind::Histogram => {
                value.number = value.number.saturating_add(number);
                value.samples = value.samples.saturating_add(1);
            }
        });
    }

    /// The number of a metric; for a histogram the sum of its samples.
    pub fn get(&self, name: &str, kind: MetricKind) -> Option<u64> {
        locked(&self.0).get(&(name.to_owned(), kind)).map(|value| value.number)
    }

    /// All metrics in the order of their names: name, kind, number, samples.
    pub fn all(&self) -> Vec<(String, MetricKind, u64, u64)> {
        let metrics = locked(&self.0);
        metrics.iter().map(|((name, kind), value)| (name.clone(), *kind, value.number, value.samples)).collect()
    }

    fn change(&self, name: &str, kind: MetricKind, change: impl FnOnce(&mut Value)) {
        change(locked(&self.0).entry((name.to_owned(), kind)).or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_takes_numbers_its_own_way() {
        let metrics = Metrics::default();
        for kind in [MetricKind::Counter, MetricKind::Gauge, MetricKind::Histogram] {
            metrics.define("m", kind);
            metrics.record("m", kind, 3);
            metrics.record("m", kind, 4);
        }
        metrics.add("m", MetricKind::Gauge, -9);
        let all: Vec<_> = metrics.all().into_iter().map(|(_, kind, number, samples)| (kind, number, samples)).collect();
        assert_eq!(all, [(MetricKind::Counter, 7, 0), (MetricKind::Gauge, 0, 0), (MetricKind::Histogram, 7, 2)]);
    }
}
