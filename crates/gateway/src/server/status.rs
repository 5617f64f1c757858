//! What the gateway tells of itself on its admin port.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};
use tokio::sync::Notify;

use super::generation::{Generation, Prepared, Refused};
use crate::admin::{AdminState, ClusterStatus, ListenerStatus};
use crate::bootstrap::{DataSource, FailurePolicy};
use crate::cluster::Clusters;
use crate::engine::Engine;
use crate::inspector::{PluginState, State};
use crate::process::MetricKind;

/// The state of the process, written by the main thread.
pub(super) struct Status {
    engine: Engine,
    ready: AtomicBool,
    shown: Mutex<Shown>,
    quit: Notify,
}

#[derive(Default)]
struct Shown {
    listeners: Vec<ListenerStatus>,
    clusters: Vec<ClusterStatus>,
    plugins: Vec<PluginState>,
    configuration: Value,
    /// Why the newest configuration is not in force.
    refused: Option<String>,
}

impl Status {
    pub(super) fn new(engine: Engine) -> Arc<Self> {
        Arc::new(Self { engine, ready: AtomicBool::new(false), shown: Mutex::default(), quit: Notify::new() })
    }

    /// Clients are served, by this configuration.
    pub(super) fn serves(&self, generation: &Generation, listeners: Vec<(String, SocketAddr)>) {
        let listeners = listeners.into_iter().map(|(name, address)| ListenerStatus { name, address }).collect();
        let configuration = self.engine.process().traces.masks().json(&generation.document);
        self.write(|shown| {
            shown.listeners = listeners;
            shown.configuration = configuration;
            shown.refused = None;
            shown.plugins = generation.listeners.iter().flat_map(plugins).collect();
        });
        self.ready.store(true, Ordering::Relaxed);
    }

    /// The newest configuration is refused, and the one before goes on.
    pub(super) fn keeps(&self, refused: &Refused) {
        self.write(|shown| shown.refused = Some(refused.to_string()));
    }

    /// Clients are served no more.
    pub(super) fn ends(&self) {
        self.ready.store(false, Ordering::Relaxed);
    }

    pub(super) fn resolved(&self, clusters: &Clusters) {
        let status = |cluster: &crate::cluster::Cluster| ClusterStatus {
            name: cluster.settings().name.clone(),
            hosts: cluster.hosts().iter().map(|host| (host.address(), host.hostname().to_owned())).collect(),
        };
        let mut clusters: Vec<_> = clusters.all().iter().map(|cluster| status(cluster)).collect();
        clusters.sort_by(|one, other| one.name.cmp(&other.name));
        self.write(|shown| shown.clusters = clusters);
    }

    /// Returns when somebody has asked the admin port to end the process.
    pub(super) async fn asked_to_quit(&self) {
        self.quit.notified().await;
    }

    fn write(&self, change: impl FnOnce(&mut Shown)) {
        change(&mut self.shown.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn read<T>(&self, look: impl FnOnce(&Shown) -> T) -> T {
        look(&self.shown.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn plugins(prepared: &Prepared) -> impl Iterator<Item = PluginState> {
    let configured = &prepared.listener.manager.plugins;
    configured.iter().zip(&prepared.filters).map(|(plugin, filter)| PluginState {
        name: plugin.name.clone(),
        root_id: plugin.root_id.clone(),
        vm_id: plugin.vm_id.clone(),
        module: match &plugin.code {
            DataSource::File(path) => path.display().to_string(),
            DataSource::Inline(_) => "inline".to_owned(),
            DataSource::Environment(name) => format!("environment variable {name}"),
        },
        abi: filter.module.version().to_string(),
        fail_open: plugin.failure_policy == FailurePolicy::FailOpen,
        configuration: plugin.configuration.clone(),
        fault: None,
    })
}

impl State for Status {
    fn plugins(&self) -> Vec<PluginState> {
        let mut plugins = self.read(|shown| shown.plugins.clone());
        for plugin in &mut plugins {
            plugin.fault = self.engine.process().faults.of(&plugin.name, &plugin.root_id, &plugin.vm_id);
        }
        plugins
    }

    fn refused(&self) -> Option<String> {
        self.read(|shown| shown.refused.clone())
    }
}

impl AdminState for Status {
    fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Relaxed)
    }

    fn listeners(&self) -> Vec<ListenerStatus> {
        self.read(|shown| shown.listeners.clone())
    }

    fn clusters(&self) -> Vec<ClusterStatus> {
        self.read(|shown| shown.clusters.clone())
    }

    fn config_dump(&self) -> Value {
        let bootstrap = self.read(|shown| shown.configuration.clone());
        let kind = "type.googleapis.com/envoy.admin.v3.BootstrapConfigDump";
        json!({ "configs": [{ "@type": kind, "bootstrap": bootstrap }] })
    }

    fn plugin_metrics(&self) -> Vec<(String, MetricKind, u64, u64)> {
        self.engine.process().metrics.all()
    }

    fn quit(&self) {
        self.quit.notify_one();
    }
}
