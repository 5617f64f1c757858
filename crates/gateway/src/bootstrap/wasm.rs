//! The configuration of a wasm filter: which module, in which VM, with which configuration.

use std::collections::BTreeMap;

use super::any::{self, Type};
use super::document::{Message, Node};
use super::source::DataSource;

pub(super) const TYPE: &str = "envoy.extensions.filters.http.wasm.v3.Wasm";

/// A plugin in the chain of HTTP filters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WasmFilter {
    /// The filter's name in the chain.
    pub filter_name: String,
    /// The plugin's name: property `plugin_name`, and part of log lines.
    pub name: String,
    /// Which of the module's plugins to run: property `plugin_root_id`.
    pub root_id: String,
    /// Plugins with the same identifier and code share a VM: property `plugin_vm_id`.
    pub vm_id: String,
    /// The module.
    pub code: DataSource,
    /// The VM's environment variables.
    pub environment: Environment,
    /// What `proxy_on_vm_start` can read.
    pub vm_configuration: Vec<u8>,
    /// What `proxy_on_configure` can read.
    pub configuration: Vec<u8>,
    /// What happens to requests when the plugin's VM failed.
    pub failure_policy: FailurePolicy,
    /// The plugin's StopIteration in a headers phase is obeyed under ABI 0.2.1 too, instead of being turned into
    /// StopAllIterationAndWatermark.
    pub allow_on_headers_stop_iteration: bool,
}

/// The environment variables that a VM sees.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    /// Variables with the values given.
    pub key_values: BTreeMap<String, String>,
    /// Variables that are handed on from the gateway's own environment, where they exist.
    pub host_env_keys: Vec<String>,
}

/// What happens to requests when a plugin's VM failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FailurePolicy {
    /// They are answered with 503.
    #[default]
    FailClosed,
    /// They pass without the plugin.
    FailOpen,
    /// A fresh VM is started; as long as none runs they are answered with 503.
    FailReload,
}

// === impl WasmFilter ===

impl WasmFilter {
    /// Reads the message `Wasm`.
    pub(super) fn read(filter_name: &str, wasm: &Message<'_>) -> Self {
        wasm.need("config").message(|config| Self::read_plugin(filter_name, config))
    }

    fn read_plugin(filter_name: &str, config: &Message<'_>) -> Self {
        config.refuse(&["capability_restriction_config"], "plugins get every capability here");
        config.refuse(&["reload_config"], "a failed VM is reloaded after Envoy's default of 1s");
        let text = |name| config.get(name).map(|it| it.text()).unwrap_or_default();
        let mut plugin = Self {
            filter_name: filter_name.to_owned(),
            name: text("name"),
            root_id: text("root_id"),
            vm_id: String::new(),
            code: DataSource::Inline(Vec::new()),
            environment: Environment::default(),
            vm_configuration: Vec::new(),
            configuration: config.get("configuration").map(|it| configuration(&it)).unwrap_or_default(),
            failure_policy: failure_policy(config),
            allow_on_headers_stop_iteration: config.get("allow_on_headers_stop_iteration").is_some_and(|it| it.flag()),
        };
        config.need("vm_config").message(|vm| plugin.read_vm(vm));
        plugin
    }

    fn read_vm(&mut self, vm: &Message<'_>) {
        const RUNTIMES: [(&str, ()); 3] =
            [("envoy.wasm.runtime.v8", ()), ("envoy.wasm.runtime.wasmtime", ()), ("envoy.wasm.runtime.wamr", ())];
        vm.need("runtime").one_of(&RUNTIMES);
        vm.ignore(&["allow_precompiled"], "modules are always compiled by this gateway");
        vm.ignore(&["nack_on_code_cache_miss"], "modules are never fetched");
        self.vm_id = vm.get("vm_id").map(|it| it.text()).unwrap_or_default();
        self.vm_configuration = vm.get("configuration").map(|it| configuration(&it)).unwrap_or_default();
        vm.need("code").message(|code| {
            if !code.refuse(&["remote"], "download the module and name the file in `local.filename`") {
                self.code = DataSource::read(&code.need("local"));
            }
        });
        if let Some(environment) = vm.get("environment_variables") {
            self.environment = environment.message(Environment::read);
        }
    }
}

impl Environment {
    fn read(message: &Message<'_>) -> Self {
        let key_values = message.get("key_values").map(|it| it.entries()).unwrap_or_default();
        let read = Self {
            key_values: key_values.iter().map(|(key, value)| (key.clone(), value.text())).collect(),
            host_env_keys: message.get("host_env_keys").map(|it| it.texts()).unwrap_or_default(),
        };
        for key in read.host_env_keys.iter().filter(|key| read.key_values.contains_key(*key)) {
            message.node().fault(format!("{key:?} is both in `host_env_keys` and in `key_values`; keep one"));
        }
        read
    }
}

fn failure_policy(config: &Message<'_>) -> FailurePolicy {
    const POLICIES: [(&str, FailurePolicy); 4] = [
        ("UNSPECIFIED", FailurePolicy::FailClosed),
        ("FAIL_CLOSED", FailurePolicy::FailClosed),
        ("FAIL_OPEN", FailurePolicy::FailOpen),
        ("FAIL_RELOAD", FailurePolicy::FailReload),
    ];
    match config.any_of(&["failure_policy", "fail_open"]) {
        Some(("failure_policy", node)) => node.one_of(&POLICIES),
        Some((_, node)) if node.flag() => FailurePolicy::FailOpen,
        _ => FailurePolicy::FailClosed,
    }
}

/// A plugin reads the text of a StringValue, the bytes of a BytesValue and the JSON of a Struct.
fn configuration(node: &Node<'_>) -> Vec<u8> {
    let types = [
        Type { name: "google.protobuf.StringValue", read: &|it| value(it, |it| it.text().into_bytes()) },
        Type { name: "google.protobuf.BytesValue", read: &|it| value(it, |it| it.bytes()) },
        Type { name: "google.protobuf.Struct", read: &|it| value(it, |it| json(&it)) },
    ];
    any::read(node, &types).unwrap_or_default()
}

fn value<'a>(message: &Message<'a>, read: impl FnOnce(Node<'a>) -> Vec<u8>) -> Vec<u8> {
    message.get("value").map(read).unwrap_or_default()
}

fn json(node: &Node<'_>) -> Vec<u8> {
    serde_json::Value::Object(node.json_object()).to_string().into_bytes()
}
