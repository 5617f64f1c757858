//! The compiler that all modules of a process share, and the clock that stops guests which run too long.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use wasmtime::{Config, Engine as Compiler};

use crate::module::Known;
use crate::process::Process;

/// How exact [`crate::Limits::callback`] is.
const TICK: Duration = Duration::from_millis(10);
/// More ticks than a process lives to see, and still few enough to be added to the clock.
const FOREVER: u64 = 1 << 40;

/// Compiles modules and holds what all virtual machines of the process share. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    pub(crate) compiler: Compiler,
    pub(crate) process: Arc<Process>,
    pub(crate) modules: Arc<Known>,
}

impl Engine {
    /// Starts the clock thread too; it ends with the last clone of the engine.
    ///
    /// # Errors
    /// When this machine cannot run WebAssembly or start a thread.
    pub fn new() -> wasmtime::Result<Self> {
        let mut config = Config::new();
        config.epoch_interruption(true);
        let compiler = Compiler::new(&config)?;
        let weak = compiler.weak();
        thread::Builder::new().name("guest clock".into()).spawn(move || {
            while let Some(compiler) = weak.upgrade() {
                compiler.increment_epoch();
                drop(compiler);
                thread::sleep(TICK);
            }
        })?;
        Ok(Self { compiler, process: Arc::default(), modules: Arc::default() })
    }

    /// What the virtual machines share: data, queues, metrics.
    pub fn process(&self) -> &Process {
        &self.process
    }
}

/// Ticks of the clock until `time` has passed for sure.
pub(crate) fn ticks(time: Duration) -> u64 {
    let whole = u64::try_from(time.as_millis() / TICK.as_millis()).unwrap_or(FOREVER);
    whole.saturating_add(1).min(FOREVER)
}
