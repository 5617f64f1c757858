//! Metrics of the gateway: counters, gauges, histograms.
//!
//! Envoy shows them on its admin port under `/stats` as `wasmcustom.<name>`. A metric is defined once per VM, when it is
//! first used. Counters and histograms reach the gateway together, at most a tenth of a second later; gauges at once.

mod pending;

use crate::host::{Host, MetricKind, host};
use pending::flush;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// How many values of a histogram are kept until the host is told. More would not make it say more.
const MOST_VALUES: usize = 32;

/// How many make who has to look at a clock for each stop doing so: these are 80 a second of each worker.
const ENOUGH_VALUES: usize = 8;

thread_local! {
    /// The host makes a new metric for each definition, even of the same name. There are few.
    static METRICS: RefCell<Vec<Rc<Metric>>> = const { RefCell::new(Vec::new()) };
}

/// A number that only grows.
#[derive(Clone, Debug)]
pub struct Counter(Rc<Metric>);

/// A number that goes up and down.
#[derive(Clone, Debug)]
pub struct Gauge(Rc<Metric>);

/// A distribution of values.
#[derive(Clone, Debug)]
pub struct Histogram(Rc<Metric>);

#[derive(Debug)]
struct Metric {
    kind: MetricKind,
    name: String,
    /// The host's id, once it was asked; no id if it refused.
    known: Cell<Option<Option<u32>>>,
    /// Counted, and not told to the host yet.
    sum: Cell<u64>,
    /// The same of a histogram.
    values: RefCell<Vec<u64>>,
}

impl Metric {
    /// The one metric of that name.
    fn new(kind: MetricKind, name: impl Into<String>) -> Rc<Self> {
        let name = name.into();
        METRICS.with(|metrics| {
            let mut metrics = metrics.borrow_mut();
            if let Some(metric) = metrics.iter().find(|metric| metric.kind == kind && metric.name == name) {
                return metric.clone();
            }
            let (known, sum, values) = Default::default();
            let metric = Rc::new(Self { kind, name, known, sum, values });
            metrics.push(metric.clone());
            metric
        })
    }

    /// The host's id; `None` if it refused the metric, which was logged.
    fn id(&self) -> Option<u32> {
        let id = self.known.get().unwrap_or_else(|| self.define());
        self.known.set(Some(id));
        id
    }

    #[inline(never)]
    fn define(&self) -> Option<u32> {
        let defined = host().define_metric(self.kind, &self.name);
        defined.map_err(|status| log::error!("the gateway refused metric {}: {status}", self.name)).ok()
    }
}

impl Counter {
    /// Name as it shall appear, for example `token_fetcher.hits`.
    pub fn new(name: impl Into<String>) -> Self {
        Self(Metric::new(MetricKind::Counter, name))
    }

    /// Adds `by`.
    pub fn add(&self, by: u32) {
        let before = self.0.sum.get();
        self.0.sum.set(before.saturating_add(by.into()));
        if before == 0 && by > 0 {
            pending::enrol(&self.0);
        }
    }

    /// Its value in all workers together, without what others have not told yet; 0 if the gateway has none.
    pub fn value(&self) -> u64 {
        flush();
        self.0.id().and_then(|id| host().metric(id).ok()).unwrap_or(0)
    }
}

impl Gauge {
    /// Name as it shall appear.
    pub fn new(name: impl Into<String>) -> Self {
        Self(Metric::new(MetricKind::Gauge, name))
    }

    /// Sets the value.
    pub fn set(&self, value: u64) {
        if let Some(id) = self.0.id() {
            let _ = host().record_metric(id, value);
        }
    }

    /// Changes the value.
    pub fn add(&self, by: i64) {
        if let Some(id) = self.0.id() {
            let _ = host().increment_metric(id, by);
        }
    }

    /// Its value; 0 if the gateway has none.
    pub fn value(&self) -> u64 {
        self.0.id().and_then(|id| host().metric(id).ok()).unwrap_or(0)
    }
}

impl Histogram {
    /// Name as it shall appear; put the unit into it, such as `_ms`.
    pub fn new(name: impl Into<String>) -> Self {
        Self(Metric::new(MetricKind::Histogram, name))
    }

    /// Records one value, if there is room for it.
    pub fn record(&self, value: u64) {
        let mut values = self.0.values.borrow_mut();
        if values.len() < MOST_VALUES {
            values.push(value);
        }
        if values.len() == 1 {
            drop(values);
            pending::enrol(&self.0);
        }
    }

    /// Whether a value is of interest that costs something to have, such as another look at the clock: until the gateway
    /// is told, which is within a tenth of a second, the first 8 are. To be asked before what is measured begins, and only
    /// then: the slow ones end when many others have.
    pub fn has_room(&self) -> bool {
        self.0.values.borrow().len() < ENOUGH_VALUES
    }
}
