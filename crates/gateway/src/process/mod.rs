//! What all virtual machines of one process share.

mod data;
mod faults;
mod metrics;
mod queue;

pub use data::SharedData;
pub(crate) use faults::Fault;
pub use faults::Faults;
pub use metrics::{MetricKind, Metrics};
pub(crate) use queue::MOST_ELEMENTS;
pub use queue::Queues;

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::trace::Traces;

/// Shared data, queues, metrics and traces of a process.
#[derive(Debug, Default)]
pub struct Process {
    /// Values by key, one space for each vm_id.
    pub data: SharedData,
    /// Queues by name, one space for each vm_id.
    pub queues: Queues,
    /// Metrics by name, one space for all.
    pub metrics: Metrics,
    /// Machines that do not run.
    pub faults: Faults,
    /// The last exchanges of all workers, when they are to be recorded.
    pub traces: Traces,
}

/// A panic elsewhere leaves plain data in a state that is still whole, so the lock is taken all the same.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
