//! One filter of a chain: which plugin, in which machine.

use crate::bootstrap::WasmFilter;
use crate::limits::Limits;
use crate::module::Module;
use crate::vm::{Plugin, VmSettings};

/// What a filter chain says about one of its filters.
#[derive(Clone, Debug)]
pub struct Filter {
    /// The code.
    pub module: Module,
    /// The machine that the plugin wants.
    pub vm: VmSettings,
    /// The plugin in it.
    pub plugin: Plugin,
}

impl Filter {
    /// The filter of a configuration file. `variable` gives the variables of the gateway's own environment, those that
    /// the configuration hands on to the guest.
    pub fn new(configured: &WasmFilter, module: Module, variable: impl Fn(&str) -> Option<String>) -> Self {
        let own = configured.environment.key_values.iter().map(|(name, value)| (name.clone(), value.clone()));
        let handed_on = configured.environment.host_env_keys.iter();
        let handed_on = handed_on.filter_map(|name| variable(name).map(|value| (name.clone(), value)));
        Self {
            module,
            vm: VmSettings {
                vm_id: configured.vm_id.clone(),
                configuration: configured.vm_configuration.clone(),
                environment: own.chain(handed_on).collect(),
                limits: Limits::default(),
            },
            plugin: Plugin {
                name: configured.name.clone(),
                root_id: configured.root_id.clone(),
                configuration: configured.configuration.clone(),
                failure_policy: configured.failure_policy,
                allow_on_headers_stop_iteration: configured.allow_on_headers_stop_iteration,
            },
        }
    }

    /// Whether both run in one machine: as gateways see it, by identity, configuration of the machine, and code. The
    /// environment does not count; the first filter's is taken.
    pub fn shares_machine(&self, other: &Self) -> bool {
        self.vm.vm_id == other.vm.vm_id
            && self.vm.configuration == other.vm.configuration
            && self.module.same_code(&other.module)
    }
}
