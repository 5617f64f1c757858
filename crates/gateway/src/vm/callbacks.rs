//! One callback into the guest: bounded in time, under its own context, and a crash ends the machine for good.

use wasmtime::{TypedFunc, WasmParams, WasmResults};

use super::{Crash, Vm};
use crate::engine::ticks;
use crate::process::Fault;

/// Level of the line that tells of a crash.
const CRITICAL: u32 = 5;

impl Vm {
    /// Calls the guest, unless it does not export the callback or the machine has crashed before: then `None`.
    ///
    /// # Errors
    /// When the guest crashes now.
    pub(super) fn callback<P: WasmParams, R: WasmResults>(
        &mut self,
        name: &'static str,
        context: u32,
        function: Option<TypedFunc<P, R>>,
        parameters: P,
    ) -> Result<Option<R>, Crash> {
        let Some(function) = function.filter(|_| self.crash.is_none()) else { return Ok(None) };
        let guest = self.store.data_mut();
        guest.current = context;
        guest.effective = context;
        guest.injected = 0;
        guest.record_callback(name, context);
        self.store.set_epoch_deadline(ticks(self.store.data().limits.callback));
        match function.call(&mut self.store, parameters) {
            Ok(result) => {
                self.store.data_mut().record_return(false);
                Ok(Some(result))
            }
            Err(error) => {
                let crash = Crash::new(name, &error);
                self.store.data().log(CRITICAL, &crash.to_string());
                self.store.data_mut().record_return(true);
                self.crash = Some(crash.clone());
                let guest = self.store.data();
                let plugins = guest.roots.values().map(|it| (it.name.clone(), it.root_id.clone())).collect();
                self.fault = Some(Fault::new(&guest.process, guest.vm_id.clone(), plugins, crash.to_string()));
                Err(crash)
            }
        }
    }
}
