//! From a manifest to the wasm filter that a gateway runs.

use std::path::Path;

use super::{NotLocal, WasmPlugin};
use crate::bootstrap::{DataSource, FailurePolicy, WasmFilter};

impl WasmPlugin {
    /// The filter that this manifest asks for; `None` when the plugin does not run. `folder` is the one that the
    /// manifest is in, `modules` the one with the modules of images; see [`ModuleUrl::local`](super::ModuleUrl::local).
    ///
    /// # Errors
    /// When the module is not a file on this machine.
    pub fn filter(&self, folder: &Path, modules: &Path) -> Result<Option<WasmFilter>, NotLocal> {
        let Some(configuration) = self.configuration.bytes() else { return Ok(None) };
        // The control plane names filters so, which keeps plugins of the same name apart.
        let name = format!("{}.{}", self.namespace, self.name);
        Ok(Some(WasmFilter {
            filter_name: name.clone(),
            name,
            root_id: self.plugin_name.clone(),
            vm_id: String::new(),
            code: DataSource::File(self.url.local(folder, modules)?),
            environment: self.environment.clone(),
            vm_configuration: Vec::new(),
            configuration,
            failure_policy: if self.fail_open { FailurePolicy::FailOpen } else { FailurePolicy::FailClosed },
            allow_on_headers_stop_iteration: false,
        }))
    }
}
