//! The plugins of one worker thread, and the exchanges that travel through them in order.

mod canary;
mod configure;
mod exchanges;
mod filter;
pub(crate) mod local_reply;
mod machines;
mod output;
mod route;

use std::collections::HashMap;
use std::fmt;
use std::rc::Rc;

pub use canary::{Canary, Line, Rejected};
pub use configure::NotStarted;
pub use filter::Filter;
pub use output::{Message, Output, Outputs};

use crate::vm::{Effects, StreamId, Vm};
use crate::world::World;
use exchanges::Journey;
use machines::{Machines, Seat};

/// The machines of one thread, the filter chains made of the plugins in them, and the exchanges under way.
///
/// Requests meet the plugins of their chain in order, responses in the reverse one. A plugin meets an exchange when the
/// request's headers reach it; one that they never reached takes no part in the response either, and only logs at the
/// end.
pub struct Worker {
    machines: Machines,
    chains: Vec<Vec<Seat>>,
    journeys: HashMap<ExchangeId, Journey>,
    /// Which exchange, and where in its chain, a stream of a machine is.
    places: HashMap<(MachineId, StreamId), (ExchangeId, usize)>,
    next_exchange: u64,
}

/// A machine of a worker. A machine that takes the place of a crashed one has another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MachineId(u64);

impl MachineId {
    /// The machine that [`MachineId::number`] named so.
    pub const fn from_number(number: u64) -> Self {
        Self(number)
    }

    /// A number that no other machine of this worker has or will have.
    pub fn number(self) -> u64 {
        self.0
    }
}

/// An exchange of a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ExchangeId(u64);

impl Worker {
    /// A worker without filters. `worlds` gives each machine its outside, when it is made and when it is made anew
    /// after a crash.
    pub fn new(worlds: impl FnMut(MachineId) -> Rc<dyn World> + 'static) -> Self {
        Self {
            machines: Machines::new(worlds),
            chains: Vec::new(),
            journeys: HashMap::new(),
            places: HashMap::new(),
            next_exchange: 0,
        }
    }

    /// Looks at a machine.
    pub fn machine(&self, id: MachineId) -> Option<&Vm> {
        self.machines.get(id)
    }

    /// The machines, also those that only serve exchanges which began before a change.
    pub fn machines(&self) -> impl Iterator<Item = (MachineId, &Vm)> {
        self.machines.ids().into_iter().filter_map(|id| Some((id, self.machines.get(id)?)))
    }

    /// Lets something happen in a machine, such as the answer of a call or a tick, and tells what comes of it. Nothing
    /// happens when the machine is gone or has crashed.
    pub fn event(&mut self, id: MachineId, event: impl FnOnce(&mut Vm) -> Effects) -> Outputs {
        let Some(machine) = self.machines.get_mut(id) else { return Outputs::new() };
        let effects = event(machine);
        let mut outputs = self.route(id, effects);
        outputs.extend(self.sweep(id));
        outputs
    }
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let machines: Vec<_> = self.machines().collect();
        f.debug_struct("Worker")
            .field("machines", &machines)
            .field("chains", &self.chains)
            .field("exchanges", &self.journeys.len())
            .finish_non_exhaustive()
    }
}
