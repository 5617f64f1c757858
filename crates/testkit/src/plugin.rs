//! One plugin in the filter chain, with the settings an operator can give it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;

use crate::workspace;

/// The configuration of a plugin in the forms that hosts deliver.
#[derive(Clone, Debug, Default)]
pub enum Configuration {
    /// No configuration at all.
    #[default]
    Absent,
    /// Text, handed to the plugin byte for byte (`google.protobuf.StringValue`). Higress sends JSON this way.
    Text(String),
    /// An object as `google.protobuf.Struct`. Envoy 1.40 hands over its protobuf bytes, although its documentation
    /// promises JSON; a plugin has to refuse them with a clear word.
    Struct(Value),
}

/// A plugin and how the gateway is to run it.
#[derive(Clone, Debug)]
pub struct Plugin {
    /// Its name in the gateway's configuration and in the names of its metrics.
    pub name: String,
    /// The module.
    pub wasm: PathBuf,
    /// What it is configured with.
    pub configuration: Configuration,
    /// Whether requests pass when the plugin has failed.
    pub fail_open: bool,
    /// Modules with equal code and id share one VM.
    pub vm_id: String,
    /// Under ABI 0.2.1, whether a pause in the header phase lets the body come.
    pub allow_on_headers_stop_iteration: bool,
    /// The environment variables of the VM.
    pub environment: BTreeMap<String, String>,
}

impl Plugin {
    /// A plugin of this workspace: `dist/<name>.wasm` or `dist/examples/<name>.wasm`.
    ///
    /// # Panics
    /// When the module is missing, or older than the sources of the plugin or of `crates/core`.
    pub fn new(name: &str) -> Self {
        Self::at(name, workspace::plugin_wasm(&workspace::root(), name))
    }

    /// A module from anywhere.
    pub fn at(name: &str, wasm: impl Into<PathBuf>) -> Self {
        Self {
            name: name.to_owned(),
            wasm: wasm.into(),
            configuration: Configuration::Absent,
            fail_open: false,
            vm_id: String::new(),
            allow_on_headers_stop_iteration: false,
            environment: BTreeMap::new(),
        }
    }

    /// The plugin that an EnvoyFilter of Istio adds, with its settings and with the module in `dist/` in place of the
    /// image. `file` counts from the root of the workspace.
    ///
    /// # Panics
    /// When the file has no patch of a wasm filter, or as [`new`](Self::new).
    pub fn envoy_filter(file: &str) -> Self {
        let text =
            std::fs::read_to_string(workspace::root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        let filter: Value = serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"));
        let patches = filter["spec"]["configPatches"].as_array().into_iter().flatten();
        let mut settings = patches.map(|patch| &patch["patch"]["value"]["typed_config"]["value"]["config"]);
        let settings =
            settings.find(|it| it.is_object()).unwrap_or_else(|| panic!("{file}: no patch of a wasm filter"));
        let text = |pointer| settings.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let mut plugin = Self::new(text("/name")).config_text(text("/configuration/value"));
        text("/vm_config/vm_id").clone_into(&mut plugin.vm_id);
        plugin.fail_open = settings["fail_open"] == true;
        plugin
    }

    /// Configures it with the text of this JSON.
    #[must_use]
    pub fn config(self, json: &Value) -> Self {
        self.config_text(json.to_string())
    }

    /// Configures it with this text, valid or not.
    #[must_use]
    pub fn config_text(mut self, text: impl Into<String>) -> Self {
        self.configuration = Configuration::Text(text.into());
        self
    }

    /// Configures it with a protobuf struct made from this object.
    #[must_use]
    pub fn config_struct(mut self, object: Value) -> Self {
        self.configuration = Configuration::Struct(object);
        self
    }

    /// Lets requests pass when the plugin has failed.
    #[must_use]
    pub fn fail_open(mut self) -> Self {
        self.fail_open = true;
        self
    }

    /// Names the VM, to share it or to keep it apart.
    #[must_use]
    pub fn vm_id(mut self, id: &str) -> Self {
        id.clone_into(&mut self.vm_id);
        self
    }

    /// Lets the body come while a plugin of ABI 0.2.1 holds the headers.
    #[must_use]
    pub fn allow_on_headers_stop_iteration(mut self) -> Self {
        self.allow_on_headers_stop_iteration = true;
        self
    }

    /// Sets an environment variable of the VM.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }
}
