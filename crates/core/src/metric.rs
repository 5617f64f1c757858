//! Metrics of the gateway: counters, gauges, histograms.
//!
//! Envoy shows them on its admin port under `/stats` as `wasmcustom.<name>`. A metric is defined once per VM, when it is
//! first used. Counters and histograms reach the gateway together, at most a tenth of a second later; gauges at once.

mod pending;

use crate::host::{Host, MetricKind, host};
pub(crate) use pending::flush;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// How many values of a histogram are kept until the host is told. More would not make it say more.
const MOST_VALUES: usize = 32;

thread_local! {
    /// The host makes a new metric for each definition, even of the same name, so ids are kept. There are few.
    static DEFINED: RefCell<Vec<Defined>> = const { RefCell::new(Vec::new()) };
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
    /// What was found at the first use, so that counting costs no look-up.
    known: Cell<Option<Option<u32>>>,
    /// Counted, and not told to the host yet.
    sum: Cell<u64>,
    /// The same of a histogram.
    values: RefCell<Vec<u64>>,
}

struct Defined {
    kind: MetricKind,
    name: String,
    id: Option<u32>,
}

impl Metric {
    fn new(kind: MetricKind, name: impl Into<String>) -> Rc<Self> {
        let (known, sum, values) = Default::default();
        Rc::new(Self { kind, name: name.into(), known, sum, values })
    }

    /// The host's id; `None` if it refused the metric, which was logged.
    fn id(&self) -> Option<u32> {
        let id = self.known.get().unwrap_or_else(|| self.look_up());
        self.known.set(Some(id));
        id
    }

    #[inline(never)]
    fn look_up(&self) -> Option<u32> {
        let same = |defined: &&Defined| defined.kind == self.kind && defined.name == self.name;
        if let Some(id) = DEFINED.with(|all| all.borrow().iter().find(same).map(|defined| defined.id)) {
            return id;
        }
        let id = host()
            .define_metric(self.kind, &self.name)
            .map_err(|status| log::error!("the gateway refused metric {}: {status}", self.name))
            .ok();
        DEFINED.with(|all| all.borrow_mut().push(Defined { kind: self.kind, name: self.name.clone(), id }));
        id
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

    /// Its value in all workers together; 0 if the gateway has none.
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

    /// Whether one more value is taken: of each tenth of a second only the first 32 are. To be asked where a value costs
    /// something to have, such as another look at the clock.
    pub fn has_room(&self) -> bool {
        self.0.values.borrow().len() < MOST_VALUES
    }
}
