//! Which engine the scenario of this thread runs on.

use std::cell::Cell;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::Engine;

thread_local! {
    /// Each test has a thread of its own.
    static CURRENT: Cell<Engine> = const { Cell::new(Engine::Envoy) };
}

pub(super) fn get() -> Engine {
    CURRENT.get()
}

/// Runs `scenario` with all its gateways on `engine`. What `#[testkit::scenario]` calls; threads that a scenario
/// starts must not start gateways of their own.
pub fn run_scenario(engine: Engine, scenario: fn()) {
    CURRENT.set(engine);
    scenario();
}

/// What several tests use at the same time, one for each engine: the last test that holds it ends it.
pub struct Shared<T>([Mutex<Weak<T>>; 2]);

impl<T> Shared<T> {
    /// Nothing yet; for a `static`.
    #[expect(clippy::new_without_default, reason = "a static needs a constant")]
    pub const fn new() -> Self {
        Self([const { Mutex::new(Weak::new()) }; 2])
    }

    /// The one that runs now on the engine of this thread, or what `start` makes.
    pub fn get(&self, start: impl FnOnce() -> T) -> Arc<T> {
        let mut running = self.0[get() as usize].lock().unwrap_or_else(PoisonError::into_inner);
        running.upgrade().unwrap_or_else(|| {
            let started = Arc::new(start());
            *running = Arc::downgrade(&started);
            started
        })
    }
}

impl<T> fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_engine_shares_its_own_until_the_last_lets_go() {
        static NUMBER: Shared<u32> = Shared::new();
        let first = NUMBER.get(|| 1);
        assert_eq!(*NUMBER.get(|| 2), 1);
        run_scenario(Engine::Gateway, || assert_eq!(*NUMBER.get(|| 3), 3));
        run_scenario(Engine::Envoy, || assert_eq!(*NUMBER.get(|| 4), 1));
        drop(first);
        assert_eq!(*NUMBER.get(|| 5), 5);
    }
}
