//! Metrics that were counted and not told to the gateway yet.
//!
//! A host call for a metric costs half a microsecond or more between two requests, as the gateway's code for it is in no
//! cache then. Told many at a time it costs a fraction.

use super::Metric;
use crate::host::{Host, host};
use crate::time::{at_tick, monotonic};
use crate::{task, uses};
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

/// How long the gateway may not know.
const FLUSH_AFTER: Duration = Duration::from_millis(100);

thread_local! {
    static PENDING: RefCell<Vec<Rc<Metric>>> = const { RefCell::new(Vec::new()) };
}

/// Has the gateway told of a metric that was just counted, and had nothing to tell before.
#[inline(never)]
pub(super) fn enrol(metric: &Rc<Metric>) {
    uses::timer();
    // A refusal is logged here, where it is known which request it was.
    let _ = metric.id();
    PENDING.with(|pending| pending.borrow_mut().push(metric.clone()));
    match task::root() {
        Some(root) => {
            at_tick(flush);
            root.timers.arm(monotonic().saturating_add(FLUSH_AFTER));
        }
        None => flush(),
    }
}

/// Tells the gateway all that it does not know yet.
pub(super) fn flush() {
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

#[cfg(test)]
mod tests {
    use crate::host::{Host, host};
    use crate::metric::{Counter, Histogram};
    use crate::prelude::*;
    use crate::runtime;
    use crate::testing::{Bench, FakeHost};

    /// How often a request counts.
    #[derive(Debug, Default, Deserialize)]
    #[serde(default)]
    struct Counts {
        seen: u32,
        took: u64,
    }

    impl Plugin for Counts {
        async fn on_request(self: Rc<Self>, request: Request) -> Result<Flow> {
            let seen = Counter::new("seen");
            (0..self.seen).for_each(|_| seen.add(1));
            let took = Histogram::new("took_ms");
            (1..=self.took).for_each(|value| took.record(value));
            Ok(request.forward())
        }
    }

    const SEEN: u32 = 0;
    const TOOK: u32 = 1;

    #[test]
    fn the_gateway_is_told_of_many_counts_at_once_and_then_left_alone() {
        let bench = Bench::<Counts>::new(r#"{"seen": 2}"#).unwrap();
        bench.host().keep_to_itself();
        for _ in 0..3 {
            bench.get("/");
        }
        assert_eq!(host().metric(SEEN), Ok(0));
        bench.advance(Duration::from_millis(100));
        assert_eq!(host().metric(SEEN), Ok(6));
        assert!(!bench.is_ticking());
        bench.get("/");
        assert!(bench.is_ticking());
        bench.advance(Duration::from_millis(100));
        assert_eq!(host().metric(SEEN), Ok(8));
    }

    #[test]
    fn who_asks_for_a_value_sees_his_own_counts() {
        let bench = Bench::<Counts>::new(r#"{"seen": 2}"#).unwrap();
        bench.host().keep_to_itself();
        bench.get("/");
        assert_eq!(Counter::new("seen").value(), 2);
        bench.get("/");
        bench.advance(Duration::from_millis(100));
        assert_eq!(host().metric(SEEN), Ok(4));
    }

    #[test]
    fn nothing_is_lost_when_the_plugin_is_taken_away() {
        let bench = Bench::<Counts>::new(r#"{"seen": 2}"#).unwrap();
        bench.host().keep_to_itself();
        bench.get("/");
        runtime::on_delete(1);
        assert_eq!(host().metric(SEEN), Ok(2));
        assert!(!bench.is_ticking());
    }

    #[test]
    fn outside_of_a_plugin_the_gateway_is_told_at_once() {
        let _host = FakeHost::install();
        Counter::new("seen").add(5);
        assert_eq!(host().metric(SEEN), Ok(5));
    }

    #[test]
    fn of_a_tenth_of_a_second_only_the_first_values_are_taken() {
        let bench = Bench::<Counts>::new(r#"{"seen": 1, "took": 40}"#).unwrap();
        bench.host().keep_to_itself();
        bench.get("/");
        assert_eq!(host().metric(TOOK), Ok(0));
        bench.advance(Duration::from_millis(100));
        // The fake gateway keeps the last.
        assert_eq!(host().metric(TOOK), Ok(32));
        let full = Histogram::new("took_ms");
        bench.get("/");
        assert!(!full.has_room());
        bench.advance(Duration::from_millis(100));
        assert!(full.has_room());
    }

    #[test]
    fn who_has_to_measure_values_needs_fewer() {
        let bench = Bench::<Counts>::new(r#"{"seen": 1, "took": 7}"#).unwrap();
        bench.host().keep_to_itself();
        let took = Histogram::new("took_ms");
        let room = [(); 3].map(|()| {
            bench.get("/");
            took.has_room()
        });
        assert_eq!(room, [true, false, false]);
    }
}
