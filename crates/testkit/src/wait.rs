//! Waiting for a condition, with an end.

use std::time::{Duration, Instant};

/// Asks `probe` every few milliseconds until it answers; `None` when `timeout` has passed.
pub fn eventually<T>(timeout: Duration, mut probe: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + timeout;
    loop {
        if let Some(found) = probe() {
            return Some(found);
        }
        if Instant::now() >= deadline {
            return None;
        }
        std::thread::sleep(Duration::from_millis(3));
    }
}
