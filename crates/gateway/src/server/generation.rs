//! One accepted configuration, compiled: what all threads build their part from.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::access_log::AccessWriter;
use super::filter;
use crate::bootstrap::{self, Bootstrap, DataSource, Fault, Faults, Listener, NodeIdentity, Resolve, WasmFilter};
use crate::engine::Engine;
use crate::log::{Component, Level, Log};
use crate::wasm_plugin::{self, WasmPlugin};
use crate::worker::{Canary, Filter};

/// The files that a configuration is made of.
#[derive(Clone, Debug)]
pub(crate) struct Sources {
    /// The bootstrap file.
    pub(crate) bootstrap: PathBuf,
    /// Files of WasmPlugin manifests, whose plugins run in every listener.
    pub(crate) manifests: Vec<PathBuf>,
    /// The folder with the modules of the manifests' images.
    pub(crate) modules: PathBuf,
    /// Endpoints that are elsewhere on this machine.
    pub(crate) resolve: Vec<Resolve>,
}

/// A configuration that all its plugins have accepted.
pub(crate) struct Generation {
    pub(super) listeners: Vec<Prepared>,
    pub(super) clusters: Vec<bootstrap::Cluster>,
    pub(super) node: Arc<NodeIdentity>,
    pub(super) admin: Option<bootstrap::SocketAddress>,
    /// The bootstrap file as it stands.
    pub(super) document: serde_json::Value,
}

/// A listener with what it needs at run time.
pub(super) struct Prepared {
    /// Tells it from other listeners, also in the generation before.
    pub(super) key: String,
    pub(super) listener: Arc<Listener>,
    pub(super) filters: Vec<Filter>,
    pub(super) access_logs: Vec<Arc<AccessWriter>>,
}

/// Why a configuration is refused: one line or more for each fault, with the file and the place in it.
#[derive(Clone, Debug)]
pub(crate) struct Refused(Vec<String>);

impl Sources {
    /// Reads, compiles and tries everything.
    ///
    /// # Errors
    /// With every fault that was found; what was accepted before stays in force.
    pub(crate) fn load(&self, engine: &Engine, log: &Log) -> Result<Generation, Refused> {
        let (bootstrap, text) = self.read(log)?;
        let mut faults = Vec::new();
        let canary = Canary::default()
            .log_level(log.level(Component::Wasm) as u32)
            .clusters(bootstrap.clusters.iter().map(|it| it.name.clone()));
        let mut keys = BTreeMap::<String, usize>::new();
        let mut listeners = Vec::new();
        for listener in bootstrap.listeners {
            let filters = self.filters(&listener, engine, &canary, &mut faults);
            let access_logs = listener.manager.access_logs.iter().filter_map(|it| {
                let opened = AccessWriter::open(it).map_err(|fault| faults.push(self.about(&listener, &fault)));
                opened.ok().map(Arc::new)
            });
            let access_logs = access_logs.collect();
            let place = place(&listener);
            let twins = keys.entry(place.clone()).or_default();
            let key = format!("{place} {twins}");
            *twins += 1;
            listeners.push(Prepared { key, listener: Arc::new(listener), filters, access_logs });
        }
        if !faults.is_empty() {
            return Err(Refused(faults));
        }
        let node = Arc::new(bootstrap.node);
        let document = serde_yaml::from_str(&text).unwrap_or_default();
        Ok(Generation { listeners, clusters: bootstrap.clusters, node, admin: bootstrap.admin, document })
    }

    /// The files whose change is a new configuration: those named on the command line and the modules in them.
    pub(crate) fn files(&self) -> BTreeSet<PathBuf> {
        let mut files = BTreeSet::from([self.bootstrap.clone()]);
        files.extend(self.manifests.iter().cloned());
        let quiet = Log::to(Level::Off, crate::log::Format::default(), Box::new(std::io::sink()));
        if let Ok((bootstrap, _)) = self.read(&quiet) {
            let plugins = bootstrap.listeners.iter().flat_map(|it| &it.manager.plugins);
            files.extend(plugins.filter_map(|plugin| match &plugin.code {
                DataSource::File(path) => Some(path.clone()),
                DataSource::Inline(_) | DataSource::Environment(_) => None,
            }));
        }
        files
    }

    /// The bootstrap file with the plugins of manifests put in, and its text.
    fn read(&self, log: &Log) -> Result<(Bootstrap, String), Refused> {
        let text = bootstrap::text(&self.bootstrap)?;
        let accepted = bootstrap::parse(&self.bootstrap.display().to_string(), &text)?;
        warn(log, &accepted.warnings);
        let mut bootstrap = accepted.value;
        for resolve in &self.resolve {
            resolve.apply(&mut bootstrap.clusters).map_err(|error| Refused(vec![error.to_string()]))?;
        }
        let added = self.read_manifests(log)?;
        for listener in &mut bootstrap.listeners {
            listener.manager.plugins.extend(added.iter().cloned());
        }
        Ok((bootstrap, text))
    }

    fn read_manifests(&self, log: &Log) -> Result<Vec<WasmFilter>, Refused> {
        let mut plugins = Vec::new();
        let mut filters = BTreeMap::new();
        let mut faults = Vec::new();
        for file in &self.manifests {
            let accepted = match wasm_plugin::load(file) {
                Ok(accepted) => accepted,
                Err(found) => {
                    faults.extend(found.iter().map(Fault::to_string));
                    continue;
                }
            };
            warn(log, &accepted.warnings);
            for plugin in accepted.value {
                let filter = plugin.filter(file.parent().unwrap_or(Path::new("")), &self.modules);
                let filter = filter.map_err(|error| faults.push(format!("{}: {error}", file.display()))).ok();
                if filters.insert(key(&plugin), filter.flatten()).is_some() {
                    faults.push(format!("{}: a WasmPlugin named {:?} was read before", file.display(), plugin.name));
                }
                plugins.push(plugin);
            }
        }
        if !faults.is_empty() {
            return Err(Refused(faults));
        }
        wasm_plugin::order(&mut plugins);
        Ok(plugins.iter().filter_map(|plugin| filters.remove(&key(plugin)).flatten()).collect())
    }

    fn filters(&self, listener: &Listener, engine: &Engine, canary: &Canary, faults: &mut Vec<String>) -> Vec<Filter> {
        let mut filters = Vec::new();
        for plugin in &listener.manager.plugins {
            match filter::load(plugin, engine, canary) {
                Ok(filter) => filters.push(filter),
                Err(fault) => faults.push(self.about(listener, &fault)),
            }
        }
        filters
    }

    fn about(&self, listener: &Listener, fault: &str) -> String {
        let name = if listener.name.is_empty() { listener.address.to_string() } else { listener.name.clone() };
        format!("{}: listener {name:?}: {fault}", self.bootstrap.display())
    }
}

/// Where a listener listens, which stays its own when it is renamed. Of a port that the system chooses only the name
/// tells whose it is.
fn place(listener: &Listener) -> String {
    match listener.address.port {
        0 => format!("{} {}", listener.address, listener.name),
        _ => listener.address.to_string(),
    }
}

fn key(plugin: &WasmPlugin) -> (String, String) {
    (plugin.namespace.clone(), plugin.name.clone())
}

fn warn(log: &Log, warnings: &[Fault]) {
    for warning in warnings {
        log.write(Component::Config, Level::Warn, format_args!("{warning}"));
    }
}

impl From<Faults> for Refused {
    fn from(faults: Faults) -> Self {
        Self(faults.iter().map(Fault::to_string).collect())
    }
}

impl From<String> for Refused {
    fn from(fault: String) -> Self {
        Self(vec![fault])
    }
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

impl std::error::Error for Refused {}
