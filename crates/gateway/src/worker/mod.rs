//! The plugins of one worker thread, and the exchanges that travel through them in order.

mod exchanges;
mod local_reply;
mod output;
mod route;

use std::collections::HashMap;

pub use output::{Message, Output, Outputs};

use crate::vm::{Effects, RootId, StreamId, Vm};
use exchanges::Journey;

/// Machines, the plugins in them that make up a filter chain, and the exchanges under way.
///
/// Requests meet the plugins in their order, responses in the reverse one. A plugin meets an exchange when the request's
/// headers reach it; one that they never reached takes no part in the response either, and only logs at the end.
#[derive(Debug, Default)]
pub struct Worker {
    machines: Vec<Vm>,
    filters: Vec<(MachineId, RootId)>,
    journeys: HashMap<ExchangeId, Journey>,
    /// Which exchange, and where in the chain, a stream of a machine is.
    places: HashMap<(MachineId, StreamId), (ExchangeId, usize)>,
    next_exchange: u64,
}

/// A machine of a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MachineId(usize);

/// An exchange of a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ExchangeId(u64);

impl Worker {
    /// Takes a machine in.
    pub fn add_machine(&mut self, machine: Vm) -> MachineId {
        self.machines.push(machine);
        MachineId(self.machines.len() - 1)
    }

    /// Puts a plugin at the end of the chain that exchanges opened from now on go through.
    pub fn add_filter(&mut self, machine: MachineId, plugin: RootId) {
        self.filters.push((machine, plugin));
    }

    /// Looks at a machine.
    pub fn machine(&self, id: MachineId) -> Option<&Vm> {
        self.machines.get(id.0)
    }

    /// Lets something happen in a machine, such as the answer of a call or a tick, and tells what comes of it.
    pub fn event(&mut self, id: MachineId, event: impl FnOnce(&mut Vm) -> Effects) -> Outputs {
        let Some(machine) = self.machines.get_mut(id.0) else { return Outputs::new() };
        let effects = event(machine);
        self.route(id, effects)
    }
}
