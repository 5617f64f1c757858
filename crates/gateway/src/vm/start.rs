//! The start of a machine, and of the plugins in it.

use std::collections::{HashMap, HashSet};
use std::error::Error;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use wasmtime::{Instance, Store, StoreLimitsBuilder};

use super::answers::number;
use super::exports::Exports;
use super::guest::{Answer, Guest};
use super::{Crash, Effects, Plugin, RootId, Vm};
use crate::engine::ticks;
use crate::limits::Limits;
use crate::module::{self, Module};
use crate::process::Process;
use crate::trace::Running;
use crate::world::World;

/// Kinds of calls share the space of tokens by their two lowest bits; HTTP has 0.
const GRPC_CALL_KIND: u32 = 1;
const GRPC_STREAM_KIND: u32 = 2;
const REDIS_KIND: u32 = 3;

/// What a machine is started with.
#[derive(Clone, Debug, Default)]
pub struct VmSettings {
    /// Machines with the same one share data and queues.
    pub vm_id: String,
    /// The bytes that the guest reads as configuration of its machine.
    pub configuration: Vec<u8>,
    /// Variables that the guest finds in its environment.
    pub environment: Vec<(String, String)>,
    /// What the guest may take.
    pub limits: Limits,
}

/// Why a machine or a plugin in it did not start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StartError {
    /// The guest crashed.
    Crashed(Crash),
    /// `proxy_on_vm_start` returned false.
    VmStart,
    /// `proxy_on_configure` returned false: the configuration is refused, and the log says why.
    Configure,
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Crashed(crash) => crash.fmt(f),
            Self::VmStart => f.write_str("the plugin refused to start (proxy_on_vm_start returned false)"),
            Self::Configure => f.write_str(
                "the plugin refused its configuration (proxy_on_configure returned false); its log lines say why",
            ),
        }
    }
}

impl Error for StartError {}

impl Vm {
    /// Makes an instance of a module and runs its start functions.
    ///
    /// # Errors
    /// [`StartError::Crashed`] when the guest crashes in them or asks for more memory than it may have.
    pub fn new(module: &Module, world: Rc<dyn World>, settings: VmSettings) -> Result<Self, StartError> {
        let process = module.engine().process.clone();
        Self::in_process(module, world, process, settings)
    }

    /// A machine whose shared data, queues and metrics are not those of the engine.
    pub(crate) fn in_process(
        module: &Module,
        world: Rc<dyn World>,
        process: Arc<Process>,
        settings: VmSettings,
    ) -> Result<Self, StartError> {
        let guest = Guest {
            store_limits: StoreLimitsBuilder::new().memory_size(settings.limits.memory).build(),
            limits: settings.limits,
            memory: None,
            allocate: None,
            world,
            process,
            version: module.version(),
            starting: true,
            vm_id: settings.vm_id,
            vm_configuration: settings.configuration,
            environment: settings.environment,
            roots: HashMap::new(),
            streams: HashMap::new(),
            current: 0,
            effective: 0,
            configuring: None,
            deferred: Vec::new(),
            injected: 0,
            metrics: Vec::new(),
            http_calls: HashMap::new(),
            redis_calls: HashMap::new(),
            grpc: HashMap::new(),
            queues: HashMap::new(),
            last_http_call: 0,
            last_redis_call: REDIS_KIND,
            last_grpc_call: GRPC_CALL_KIND,
            last_grpc_stream: GRPC_STREAM_KIND,
            answer: Answer::None,
            printed: [Vec::new(), Vec::new()],
            running: Running::default(),
            ending: HashSet::new(),
            declared: HashMap::new(),
            expressions: HashMap::new(),
            told: HashSet::new(),
            rebuild: false,
        };
        let mut store = Store::new(&module.engine().compiler, guest);
        store.limiter(|guest| &mut guest.store_limits);
        store.set_epoch_deadline(ticks(settings.limits.callback));
        let crashed = |callback, error: wasmtime::Error| StartError::Crashed(Crash::new(callback, &error));
        let instance = module.linked().instantiate(&mut store).map_err(|e| crashed("instantiation", e))?;
        store.data_mut().memory = module::memory(instance.get_export(&mut store, "memory"));
        store.data_mut().allocate = instance.get_typed_func(&mut store, module.allocator()).ok();
        let names: &[&'static str] = match instance.get_func(&mut store, "_initialize") {
            Some(_) => &["_initialize", "main", "__main_void"],
            None => &["_start"],
        };
        for name in names {
            // A guest with a `main` has its arguments counted for nothing; then `__main_void` is not called.
            let main = instance.get_typed_func::<(u32, u32), u32>(&mut store, name);
            let (done, last) = match main {
                Ok(main) => (main.call(&mut store, (0, 0)).map(drop), true),
                Err(_) => (without_arguments(&instance, &mut store, name), false),
            };
            done.map_err(|e| crashed(name, e))?;
            if last {
                break;
            }
        }
        store.data_mut().starting = false;
        let exports = Exports::of(&instance, &mut store);
        Ok(Self { store, exports, next_context: 1, crash: None, fault: None })
    }

    /// Starts a plugin in this machine: its root context, then its configuration.
    ///
    /// # Errors
    /// When the guest crashes or says no; then nothing of the plugin stays. In a machine with other plugins a crash is
    /// theirs too: use [`crate::Worker::configure`], which tells what becomes of their exchanges.
    pub fn start_plugin(&mut self, plugin: Plugin) -> Result<RootId, StartError> {
        self.try_plugin(plugin, &mut Effects::new())
    }

    /// Starts a plugin in a machine where other plugins may have exchanges under way.
    pub(crate) fn try_plugin(&mut self, plugin: Plugin, effects: &mut Effects) -> Result<RootId, StartError> {
        let root = RootId(self.new_context());
        let configuration = number(plugin.configuration.len());
        self.store.data().process.traces.masks().learn(&plugin.configuration);
        self.store.data_mut().roots.insert(root.0, Rc::new(plugin));
        let outcome = self.begin(root.0, configuration);
        match outcome {
            Err(StartError::Crashed(_)) => {
                self.crashed(effects);
            }
            Err(_) => effects.extend(self.end_plugin(root)),
            Ok(()) => {}
        }
        self.settle(effects);
        outcome.map(|()| root)
    }

    fn begin(&mut self, root: u32, configuration: u32) -> Result<(), StartError> {
        let (context_create, vm_start) = (self.exports.context_create.clone(), self.exports.vm_start.clone());
        let configure = self.exports.configure.clone();
        self.configuring(root, |vm| vm.callback("proxy_on_context_create", root, context_create, (root, 0)))?;
        // Each root context is told, not only the first one of the machine. Which plugin it starts for is not its
        // business yet: gateways show it the machine's configuration alone.
        let size = number(self.store.data().vm_configuration.len());
        if self.callback("proxy_on_vm_start", root, vm_start, (root, size)).map_err(StartError::Crashed)? == Some(0) {
            return Err(StartError::VmStart);
        }
        match self.configuring(root, |vm| vm.callback("proxy_on_configure", root, configure, (root, configuration)))? {
            Some(0) => Err(StartError::Configure),
            _ => Ok(()),
        }
    }

    /// Makes a callback during which the plugin's configuration can be read.
    fn configuring<R>(
        &mut self,
        root: u32,
        callback: impl FnOnce(&mut Self) -> Result<R, Crash>,
    ) -> Result<R, StartError> {
        self.store.data_mut().configuring = Some(root);
        let outcome = callback(self);
        self.store.data_mut().configuring = None;
        outcome.map_err(StartError::Crashed)
    }

    pub(super) fn new_context(&mut self) -> u32 {
        loop {
            let context = self.next_context;
            self.next_context = self.next_context.checked_add(1).unwrap_or(1);
            if !self.store.data().knows(context) {
                return context;
            }
        }
    }
}

/// Calls a start function, unless it is not exported.
fn without_arguments(instance: &Instance, store: &mut Store<Guest>, name: &str) -> wasmtime::Result<()> {
    if let Ok(start) = instance.get_typed_func::<(), ()>(&mut *store, name) {
        return start.call(store, ());
    }
    match instance.get_typed_func::<(), u32>(&mut *store, name) {
        Ok(start) => start.call(store, ()).map(drop),
        Err(_) => Ok(()),
    }
}
