//! A plugin of a configuration, made ready: its module compiled, its configuration tried.

use super::source;
use crate::bootstrap::{DataSource, WasmFilter};
use crate::engine::Engine;
use crate::module::Module;
use crate::worker::{Canary, Filter};

/// Compiles the plugin's module and lets the plugin judge its configuration.
///
/// # Errors
/// With the plugin, the module's file and what is wrong.
pub(crate) fn load(plugin: &WasmFilter, engine: &Engine, canary: &Canary) -> Result<Filter, String> {
    let place = match &plugin.code {
        DataSource::File(path) => format!("plugin {:?}: {}", plugin.name, path.display()),
        DataSource::Inline(_) | DataSource::Environment(_) => format!("plugin {:?}: code", plugin.name),
    };
    let code = source::read(&plugin.code).map_err(|fault| format!("plugin {:?}: {fault}", plugin.name))?;
    let module = Module::new(engine, &code).map_err(|refusal| format!("{place}: {refusal}"))?;
    let filter = Filter::new(plugin, module, |name| std::env::var(name).ok());
    canary.accepts(&filter).map(|_| filter).map_err(|rejected| rejected.to_string())
}
