//! The description of a gateway as plain data. The engines' configuration is made from it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

use crate::plugin::Plugin;
use crate::target::Target;

/// Everything a gateway is to be.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The filter chain in order, without the router that ends it.
    pub filters: Vec<Filter>,
    /// Files of WasmPlugin manifests, whose plugins run behind these. Only our gateway reads them.
    pub manifests: Vec<PathBuf>,
    /// Variables in the environment of the gateway itself.
    pub environment: BTreeMap<String, String>,
    /// Who is served, by domain.
    pub virtual_hosts: Vec<VirtualHost>,
    /// Where requests and callouts can go.
    pub clusters: Vec<Cluster>,
    /// Worker threads, each with VMs of its own.
    pub concurrency: u32,
    /// `per_connection_buffer_limit_bytes` of the listener and of every cluster; `None` leaves the engine's default.
    pub buffer_limit: Option<u32>,
    /// The limits of requests and responses; `None` leaves the engine's default.
    pub header_limits: Option<HeaderLimits>,
    /// After this long without a whole response the router answers 504.
    pub route_timeout: Duration,
    /// One line of the access log, in Envoy's format language.
    pub access_log: String,
    /// Log levels by component, such as `wasm` to `debug`.
    pub log_levels: BTreeMap<String, String>,
}

/// One member of the filter chain.
#[derive(Clone, Debug)]
pub enum Filter {
    /// A plugin.
    Plugin(Plugin),
    /// Any other HTTP filter, in Envoy's own words. Our gateway refuses it.
    Native(Value),
}

/// How many bytes and fields a head may have.
#[derive(Clone, Copy, Debug)]
pub struct HeaderLimits {
    /// All fields together, in KiB.
    pub kib: u32,
    /// The number of fields.
    pub count: u32,
}

/// A set of routes for some domains.
#[derive(Clone, Debug)]
pub struct VirtualHost {
    /// Its name.
    pub name: String,
    /// Domains in Envoy's form: exact, `*.suffix`, `prefix.*` or `*`.
    pub domains: Vec<String>,
    /// The routes; the first that matches wins.
    pub routes: Vec<Route>,
}

impl VirtualHost {
    /// A virtual host without routes.
    pub fn new(name: &str, domains: &[&str]) -> Self {
        Self {
            name: name.to_owned(),
            domains: domains.iter().map(|domain| (*domain).to_owned()).collect(),
            routes: Vec::new(),
        }
    }

    /// Adds a route from a path prefix to a cluster.
    #[must_use]
    pub fn route(mut self, name: &str, prefix: &str, cluster: &str) -> Self {
        self.routes.push(Route::new(name, prefix, cluster));
        self
    }
}

/// A named way from a path prefix to a cluster.
#[derive(Clone, Debug)]
pub struct Route {
    /// Its name, which rules of plugins can match.
    pub name: String,
    /// The start of the paths that take it.
    pub prefix: String,
    /// The name of the cluster it leads to.
    pub cluster: String,
}

impl Route {
    /// A route from a path prefix to a cluster.
    pub fn new(name: &str, prefix: &str, cluster: &str) -> Self {
        Self { name: name.to_owned(), prefix: prefix.to_owned(), cluster: cluster.to_owned() }
    }
}

/// A named endpoint.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// Its name as plugins call it, such as `outbound|80||auth.static`.
    pub name: String,
    /// Where it leads.
    pub target: Target,
}
