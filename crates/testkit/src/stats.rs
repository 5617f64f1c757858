//! Counters and gauges of a gateway by name.

use std::collections::BTreeMap;

/// A snapshot of all counters and gauges. A metric that nobody has touched yet may be missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats(BTreeMap<String, u64>);

impl Stats {
    /// The value of one metric.
    pub fn get(&self, name: &str) -> Option<u64> {
        self.0.get(name).copied()
    }

    /// The metrics whose names contain `part`, in order of name.
    pub fn matching(&self, part: &str) -> Vec<(&str, u64)> {
        self.0.iter().filter(|(name, _)| name.contains(part)).map(|(name, value)| (name.as_str(), *value)).collect()
    }
}

impl FromIterator<(String, u64)> for Stats {
    fn from_iter<I: IntoIterator<Item = (String, u64)>>(metrics: I) -> Self {
        Self(metrics.into_iter().collect())
    }
}
