//! Machines that have crashed and that no other has replaced yet, with the plugins that do not run for it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use super::{Process, locked};

/// The crashed machines of a process.
#[derive(Debug, Default)]
pub struct Faults {
    crashed: Mutex<Vec<Crashed>>,
    last: AtomicU64,
}

#[derive(Debug)]
struct Crashed {
    number: u64,
    vm_id: String,
    /// Name and root id of the plugins in it.
    plugins: Vec<(String, String)>,
    why: String,
}

/// A crashed machine, as long as it is there.
#[derive(Debug)]
pub(crate) struct Fault {
    process: Arc<Process>,
    number: u64,
}

impl Faults {
    /// Why a plugin does not run in one machine at least.
    pub fn of(&self, name: &str, root_id: &str, vm_id: &str) -> Option<String> {
        let is_it = |(its_name, its_root): &(String, String)| its_name == name && its_root == root_id;
        let crashed = locked(&self.crashed);
        let found = crashed.iter().find(|machine| machine.vm_id == vm_id && machine.plugins.iter().any(is_it));
        found.map(|machine| machine.why.clone())
    }
}

impl Fault {
    pub(crate) fn new(process: &Arc<Process>, vm_id: String, plugins: Vec<(String, String)>, why: String) -> Self {
        let number = process.faults.last.fetch_add(1, Ordering::Relaxed);
        locked(&process.faults.crashed).push(Crashed { number, vm_id, plugins, why });
        Self { process: Arc::clone(process), number }
    }
}

impl Drop for Fault {
    fn drop(&mut self) {
        locked(&self.process.faults.crashed).retain(|machine| machine.number != self.number);
    }
}
