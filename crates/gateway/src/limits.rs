//! What one virtual machine may take from the machine it runs on.

use std::time::Duration;

/// Bounds of one virtual machine.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of memory that the guest may grow to. Gateways allow 1 GiB.
    pub memory: usize,
    /// How long one callback may run before the guest is stopped as crashed. A gateway would hang its worker instead.
    pub callback: Duration,
    /// How many metrics the guest may define. A gateway does not bound it.
    pub metrics: usize,
    /// Bytes of a name that is kept: of a metric or a declared property. A gateway does not bound it.
    pub name: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { memory: 1 << 30, callback: Duration::from_secs(5), metrics: 10_000, name: 64 << 10 }
    }
}
