//! WasmPlugin manifests, `extensions.higress.io/v1alpha1`: how Higress is told which plugins to run.
//!
//! A file may hold several manifests. As with a bootstrap file, it is taken whole or refused whole with every fault.
//! [`WasmPlugin::configuration`] is what Higress's controller would hand to the plugin, [`order`] how it would arrange
//! several plugins, [`WasmPlugin::filter`] the filter that runs here.

mod configuration;
mod filter;
mod manifest;
mod module;
mod order;
mod rule;

use std::path::Path;

use crate::bootstrap::document::{self, Node, Report};
use crate::bootstrap::{Accepted, Environment, Faults};

pub use configuration::Configuration;
pub use manifest::Phase;
pub use module::{ModuleUrl, NotLocal};
pub use order::order;

/// A plugin as a manifest describes it.
#[derive(Clone, Debug, PartialEq)]
pub struct WasmPlugin {
    /// `metadata.name`
    pub name: String,
    /// `metadata.namespace`; Higress's own where the manifest gives none.
    pub namespace: String,
    /// Where the module is.
    pub url: ModuleUrl,
    /// The plugin's name for the host: property `plugin_root_id`. Empty when the manifest gives none.
    pub plugin_name: String,
    /// The part of the chain that the plugin stands in.
    pub phase: Phase,
    /// Plugins with a larger priority run earlier within their phase.
    pub priority: i32,
    /// Requests pass without the plugin when its VM failed; otherwise they are answered with 503.
    pub fail_open: bool,
    /// The VM's environment variables.
    pub environment: Environment,
    /// What the plugin gets.
    pub configuration: Configuration,
}

/// Reads a file of manifests.
///
/// # Errors
/// With every fault of the file, or the one that kept it from being read at all.
pub fn load(path: &Path) -> Result<Accepted<Vec<WasmPlugin>>, Faults> {
    let file = path.display().to_string();
    let text =
        std::fs::read_to_string(path).map_err(|error| Faults::about_file(&file, format!("cannot be read: {error}")))?;
    parse(&file, &text)
}

/// Reads the text of a file of manifests, YAML or JSON; `file` is its name in faults.
///
/// # Errors
/// With every fault of the text.
pub fn parse(file: &str, text: &str) -> Result<Accepted<Vec<WasmPlugin>>, Faults> {
    let documents = document::parse(file, text)?;
    if documents.is_empty() {
        return Err(Faults::about_file(file, "found no document, supported: at least one WasmPlugin".to_owned()));
    }
    let report = Report::new(file);
    let several = documents.len() > 1;
    let plugins = documents.iter().enumerate().filter_map(|(index, document)| {
        let path = if several { format!("document[{index}]") } else { String::new() };
        Node::root(document, &path, &report).message(WasmPlugin::read)
    });
    let plugins = plugins.collect();
    report.accept(plugins)
}
