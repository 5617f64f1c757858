//! The plugins of one thread, and whoever drives the exchanges that travel through them.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::exchange::Live;
use crate::vm::LogView;
use crate::worker::{ExchangeId, Outputs, Worker};

/// The machines of a thread, and who waits for what they want done.
pub(super) struct Plugins {
    worker: RefCell<Worker>,
    exchanges: RefCell<HashMap<ExchangeId, Rc<Live>>>,
}

impl Plugins {
    pub(super) fn new(worker: Worker) -> Self {
        Self { worker: RefCell::new(worker), exchanges: RefCell::default() }
    }

    /// Begins an exchange in the chain of its listener.
    pub(super) fn open(&self, live: Rc<Live>) -> ExchangeId {
        let id = self.worker.borrow_mut().open(live.site.chain, live.clone());
        self.exchanges.borrow_mut().insert(id, live);
        id
    }

    /// Lets something happen to the plugins, and hands what they want done to those who drive the exchanges.
    pub(super) fn act(&self, event: impl FnOnce(&mut Worker) -> Outputs) {
        let outputs = event(&mut self.worker.borrow_mut());
        if outputs.is_empty() {
            return;
        }
        let exchanges = self.exchanges.borrow();
        for (id, output) in outputs {
            if let Some(live) = exchanges.get(&id) {
                live.push(output);
            }
        }
    }

    /// Ends an exchange for the plugins, which log it.
    pub(super) fn finish(&self, id: ExchangeId, view: &LogView) {
        self.exchanges.borrow_mut().remove(&id);
        self.act(|worker| worker.finish(id, view));
    }
}
