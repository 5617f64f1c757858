//! What the gateway tells about its plugins, besides what it tells the admin server.

use serde_json::{Value, json};

use crate::admin::AdminState;
use crate::trace::Masks;

/// The gateway as it is now. Asked from the admin server's thread.
pub trait State: AdminState {
    /// The plugins in the order of their chains.
    fn plugins(&self) -> Vec<PluginState>;

    /// Why the newest configuration is not in force, if so.
    fn refused(&self) -> Option<String>;
}

/// A plugin in a filter chain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PluginState {
    /// Its name in the configuration, as log lines have it.
    pub name: String,
    /// Tells plugins of one module apart; often empty.
    pub root_id: String,
    /// Plugins with the same one share a machine; often empty.
    pub vm_id: String,
    /// The file of its module.
    pub module: String,
    /// The version of the ABI that the module speaks.
    pub abi: String,
    /// Whether requests pass without the plugin after a crash.
    pub fail_open: bool,
    /// The bytes that it was configured with. The inspector leaves secrets out.
    pub configuration: Vec<u8>,
    /// Why it does not run, if so.
    pub fault: Option<String>,
}

impl PluginState {
    pub(super) fn shown(&self, masks: &Masks) -> Value {
        json!({
            "name": self.name,
            "root_id": self.root_id,
            "vm_id": self.vm_id,
            "module": self.module,
            "abi": self.abi,
            "fail_open": self.fail_open,
            "configuration": masks.configuration(&self.configuration),
            "fault": self.fault.as_deref().map(|fault| masks.text(fault)),
        })
    }
}
