//! The filter chains of a worker: built, replaced while exchanges are under way, and brought back after a crash.

use std::error::Error;
use std::fmt;

use super::machines::Seat;
use super::{Filter, MachineId, Outputs, Worker};
use crate::vm::StartError;

/// A filter that did not start. The worker goes on with the chains that it had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotStarted {
    /// Which chain, counted from 0.
    pub chain: usize,
    /// Which filter in it, counted from 0.
    pub filter: usize,
    /// The plugin's name.
    pub name: String,
    /// Why.
    pub reason: StartError,
    /// What has to be done for exchanges of a machine that this crashed.
    pub outputs: Outputs,
}

impl fmt::Display for NotStarted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "plugin {:?}: {}", self.name, self.reason)
    }
}

impl Error for NotStarted {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.reason)
    }
}

impl Worker {
    /// Sets the chains that exchanges opened from now on go through; those under way keep theirs to the end.
    ///
    /// Filters with the same code, `vm_id` and machine configuration share a machine, with those of other chains and of
    /// the chains before too. A plugin that did not change stays as it is; one that did becomes a new root context
    /// beside the old one, which ends with its last exchange. Try what is new with a [`crate::Canary`] first: a plugin
    /// that crashes here takes its machine along.
    ///
    /// # Errors
    /// When a filter does not start: then all stays as it was.
    pub fn configure(&mut self, chains: &[Vec<Filter>]) -> Result<Outputs, NotStarted> {
        let mut outputs = Outputs::new();
        let mut placed = Vec::new();
        for (chain, filters) in chains.iter().enumerate() {
            let mut seats: Vec<Seat> = Vec::new();
            for (index, filter) in filters.iter().enumerate() {
                let (seat, effects) = self.machines.place(filter);
                if let Some((machine, effects)) = effects {
                    outputs.extend(self.route(machine, effects));
                }
                match seat {
                    Ok(seat) => seats.push(seat),
                    Err(reason) => {
                        outputs.extend(self.keep(None));
                        let name = filter.plugin.name.clone();
                        return Err(NotStarted { chain, filter: index, name, reason, outputs });
                    }
                }
            }
            placed.push(seats);
        }
        outputs.extend(self.keep(Some(placed)));
        Ok(outputs)
    }

    /// Ends all plugins that no exchange needs, and the others with their last exchange. Exchanges opened from now on
    /// meet no plugin.
    pub fn end(&mut self) -> Outputs {
        self.keep(Some(Vec::new()))
    }

    /// Keeps what the chains need, these or those that are in force, and ends what nobody needs.
    fn keep(&mut self, chains: Option<Vec<Vec<Seat>>>) -> Outputs {
        if let Some(chains) = chains {
            self.chains = chains;
        }
        let wanted: Vec<Seat> = self.chains.iter().flatten().copied().collect();
        self.machines.want(&wanted);
        let mut outputs = Outputs::new();
        for id in self.machines.ids() {
            outputs.extend(self.sweep(id));
        }
        outputs
    }

    pub(super) fn sweep(&mut self, id: MachineId) -> Outputs {
        let effects = self.machines.sweep(id);
        self.route(id, effects)
    }

    /// Makes the machines of a chain anew that have crashed and may come back.
    pub(super) fn renew(&mut self, chain: usize) {
        let seats = self.chains.get(chain).cloned().unwrap_or_default();
        for (id, _) in seats {
            let Some(moves) = self.machines.renew(id) else { continue };
            for seat in self.chains.iter_mut().flatten().filter(|(machine, _)| *machine == id) {
                if let Some((_, new)) = moves.iter().find(|(old, _)| *old == seat.1) {
                    *seat = *new;
                }
            }
            // Nothing is left to be done for exchanges: those of a crashed machine have been ended.
            self.keep(None);
        }
    }
}
