//! One virtual machine: one instance of a module with its plugins and their exchanges.

mod answers;
mod callbacks;
mod crash;
mod exports;
mod grpc;
pub(crate) mod guest;
mod life;
mod plugin;
mod settle;
mod start;
mod streams;

use std::fmt;

use wasmtime::Store;

pub use crash::Crash;
pub use guest::LogView;
pub use plugin::Plugin;
pub use start::{StartError, VmSettings};

use crate::process::Fault;
use crate::stream::Pass;
use crate::world::World;
use exports::Exports;
use guest::Guest;

/// A running guest. Everything happens inside its methods, one callback at a time, on the caller's thread.
///
/// What the plugins want done with exchanges comes back as [`Effects`]; it is not asked for in the middle of a callback.
pub struct Vm {
    store: Store<Guest>,
    exports: Exports,
    next_context: u32,
    crash: Option<Crash>,
    /// Tells the process of the crash until this machine is gone.
    fault: Option<Fault>,
}

/// What has to be done with exchanges, in order.
pub type Effects = Vec<(StreamId, Pass)>;

/// An exchange at one plugin of a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamId(pub(crate) u32);

/// A plugin that runs in a machine. It is the id of its root context.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RootId(pub(crate) u32);

impl RootId {
    /// The plugin that [`crate::World::set_tick`] names so.
    pub const fn from_number(number: u32) -> Self {
        Self(number)
    }

    /// The number that [`crate::World::set_tick`] names this plugin by.
    pub fn number(self) -> u32 {
        self.0
    }
}

impl Vm {
    /// Why this machine runs no more, if so. A gateway replaces it by a new one.
    pub fn crash(&self) -> Option<&Crash> {
        self.crash.as_ref()
    }

    /// The name of a plugin that runs here.
    pub fn plugin_name(&self, plugin: RootId) -> Option<&str> {
        self.store.data().roots.get(&plugin.0).map(|plugin| plugin.name.as_str())
    }

    /// Whether a plugin in it asked to be started anew in a fresh machine, as Higress's plugins do when their memory
    /// has grown too large.
    pub fn wants_rebuild(&self) -> bool {
        self.store.data().rebuild
    }

    /// Whether no plugin runs in it, not even one that waits for its last calls.
    pub(crate) fn is_empty(&self) -> bool {
        self.crash.is_some() || self.store.data().roots.is_empty()
    }

    pub(crate) fn world(&self) -> &dyn World {
        &*self.store.data().world
    }

    /// Bytes of memory that the guest has taken.
    pub fn memory(&self) -> usize {
        self.store.data().memory.map_or(0, |memory| memory.data_size(&self.store))
    }
}

impl fmt::Debug for Vm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let guest = self.store.data();
        f.debug_struct("Vm")
            .field("vm_id", &guest.vm_id)
            .field("plugins", &guest.roots.len())
            .field("streams", &guest.streams.len())
            .field("crash", &self.crash)
            .finish_non_exhaustive()
    }
}
