//! One plugin as it is configured in a filter chain.

/// What a filter chain says about a plugin. It becomes one root context of a virtual machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plugin {
    /// For log lines and the property `plugin_name`.
    pub name: String,
    /// Tells plugins of one module apart.
    pub root_id: String,
    /// The bytes that the plugin reads as its configuration.
    pub configuration: Vec<u8>,
    /// When the machine has crashed: let requests pass without the plugin, instead of answering them with 503.
    pub fail_open: bool,
}
