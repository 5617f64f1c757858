//! The gateway's own metrics, counted by all threads without waiting for each other.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The gateway's own metrics by Envoy's names, such as `http.gateway.downstream_rq_total`.
#[derive(Debug, Default)]
pub struct Stats(Mutex<BTreeMap<String, Metric>>);

/// A number that only grows. Cheap to clone and to count.
#[derive(Clone, Debug, Default)]
pub struct Counter(Arc<AtomicU64>);

/// A number that goes up and down. Cheap to clone and to change.
#[derive(Clone, Debug, Default)]
pub struct Gauge(Arc<AtomicU64>);

#[derive(Debug)]
enum Metric {
    Counter(Counter),
    Gauge(Gauge),
}

/// Whether a number only grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Counter,
    Gauge,
}

impl Stats {
    /// The counter of this name, 0 when it is new.
    pub fn counter(&self, name: &str) -> Counter {
        let mut metrics = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match metrics.entry(name.to_owned()).or_insert_with(|| Metric::Counter(Counter::default())) {
            Metric::Counter(counter) => counter.clone(),
            // Two kinds of one name are a fault of ours; what is counted here is then shown nowhere.
            Metric::Gauge(_) => Counter::default(),
        }
    }

    /// The gauge of this name, 0 when it is new.
    pub fn gauge(&self, name: &str) -> Gauge {
        let mut metrics = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match metrics.entry(name.to_owned()).or_insert_with(|| Metric::Gauge(Gauge::default())) {
            Metric::Gauge(gauge) => gauge.clone(),
            Metric::Counter(_) => Gauge::default(),
        }
    }

    pub(super) fn all(&self) -> Vec<(String, Kind, u64)> {
        let metrics = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let read = |(name, metric): (&String, &Metric)| match metric {
            Metric::Counter(counter) => (name.clone(), Kind::Counter, counter.get()),
            Metric::Gauge(gauge) => (name.clone(), Kind::Gauge, gauge.get()),
        };
        metrics.iter().map(read).collect()
    }
}

impl Counter {
    /// Counts one.
    pub fn count(&self) {
        self.add(1);
    }

    /// Counts several.
    pub fn add(&self, number: u64) {
        self.0.fetch_add(number, Ordering::Relaxed);
    }

    /// How many have been counted.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Gauge {
    /// One more.
    pub fn up(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// One less.
    pub fn down(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }

    /// What it is.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
