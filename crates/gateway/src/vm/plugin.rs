//! One plugin as it is configured in a filter chain.

use crate::bootstrap::FailurePolicy;

/// What a filter chain says about a plugin. It becomes one root context of a virtual machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plugin {
    /// For log lines and the property `plugin_name`.
    pub name: String,
    /// Tells plugins of one module apart.
    pub root_id: String,
    /// The bytes that the plugin reads as its configuration.
    pub configuration: Vec<u8>,
    /// What becomes of requests while the machine is crashed.
    pub failure_policy: FailurePolicy,
    /// State 1 of the header phases means to stop the headers alone, also before ABI 0.2.100.
    pub allow_on_headers_stop_iteration: bool,
}
