//! How many HTTP calls of one machine may wait for their answers, and how large they may be together.

use std::cell::Cell;
use std::rc::Rc;

use crate::world::HttpCall;

/// The calls of one machine that may wait. A gateway has no bound; a plugin here must not eat its developer's machine.
const MOST_CALLS: usize = 4_096;
/// The bytes of all of them.
const MOST_BYTES: usize = 64 << 20;

/// The calls of one machine that wait for their answers.
#[derive(Debug, Default)]
pub(super) struct Open {
    calls: Cell<usize>,
    bytes: Cell<usize>,
}

/// One of them, until this is dropped.
#[derive(Debug)]
pub(super) struct OpenCall {
    all: Rc<Open>,
    bytes: usize,
}

impl OpenCall {
    /// `None` when too much waits already.
    pub(super) fn begin(all: &Rc<Open>, call: &HttpCall) -> Option<Self> {
        let fields = call.headers.iter().chain(call.trailers.iter());
        let bytes = fields.map(|(name, value)| name.len() + value.len()).sum::<usize>() + call.body.len();
        let (calls, total) = (all.calls.get() + 1, all.bytes.get().saturating_add(bytes));
        if calls > MOST_CALLS || total > MOST_BYTES {
            return None;
        }
        all.calls.set(calls);
        all.bytes.set(total);
        Some(Self { all: Rc::clone(all), bytes })
    }
}

impl Drop for OpenCall {
    fn drop(&mut self) {
        self.all.calls.set(self.all.calls.get() - 1);
        self.all.bytes.set(self.all.bytes.get() - self.bytes);
    }
}
