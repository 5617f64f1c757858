//! Metrics that were counted and not told to the gateway yet.
//!
//! A host call for a metric costs half a microsecond or more between two requests, as the gateway's code for it is in no
//! cache then. Told many at a time it costs a fraction.

use super::Metric;
use crate::host::{Host, host};
use crate::time::monotonic;
use crate::{task, uses};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

/// How long the gateway may not know.
const FLUSH_AFTER: Duration = Duration::from_millis(100);

thread_local! {
    static PENDING: RefCell<Vec<Rc<Metric>>> = const { RefCell::new(Vec::new()) };
    /// Whether a tick will come for them.
    static BOOKED: Cell<bool> = const { Cell::new(false) };
}

/// Has the gateway told of a metric that was just counted, and had nothing to tell before.
#[inline(never)]
pub(super) fn enrol(metric: &Rc<Metric>) {
    uses::timer();
    // A refusal is logged here, where it is known which request it was.
    let _ = metric.id();
    PENDING.with(|pending| pending.borrow_mut().push(metric.clone()));
    match task::root() {
        Some(root) if !BOOKED.replace(true) => root.timers.arm(monotonic().saturating_add(FLUSH_AFTER)),
        Some(_) => {}
        None => flush(),
    }
}

/// Tells the gateway all that it does not know yet.
pub(crate) fn flush() {
    BOOKED.set(false);
    for metric in PENDING.take() {
        let (sum, values) = (metric.sum.take(), metric.values.take());
        let Some(id) = metric.id() else { continue };
        if sum > 0 {
            let _ = host().increment_metric(id, i64::try_from(sum).unwrap_or(i64::MAX));
        }
        for value in values {
            let _ = host().record_metric(id, value);
        }
    }
}
