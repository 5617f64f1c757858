//! The part of Envoy's bootstrap file that people need who develop plugins, as plain data.
//!
//! [`load`] takes a file whole or refuses it whole: what is not supported is a fault, never skipped, and all faults are
//! reported at once. A few fields that are common in such files and change nothing of what a plugin sees are accepted
//! with a warning: the admin server's own access log and profile path, statistics' names, DNS refresh,
//! `allow_precompiled`, timeouts for idle or slow clients and the handling of `x-forwarded-for`.
//!
//! Some files that Envoy takes are refused because they hardly mean what they say: a chain without the router, a `*`
//! inside a domain, a substitution with a group that its expression does not have, `validate_clusters: false`.
//! Values of enums are given by name. YAML 1.2 is read, so `yes` and `on` are text and not flags, unlike in Envoy.

mod access_log;
mod address;
mod any;
mod cluster;
pub(crate) mod document;
mod filter;
mod format;
mod header_changes;
mod listener;
mod manager;
mod resolve;
mod routes;
mod source;
mod wasm;

use std::collections::HashSet;
use std::path::Path;

pub use access_log::{AccessLog, Output};
pub use address::SocketAddress;
pub use cluster::{Cluster, Discovery, DnsLookupFamily, Endpoint, LbPolicy, UpstreamProtocol};
pub use document::{Accepted, Fault, Faults};
pub use filter::Router;
pub use format::{Format, OPERATORS, Operator};
pub use header_changes::{AppendAction, HeaderChanges, HeaderToAdd};
pub use listener::Listener;
pub use manager::{Codec, HttpConnectionManager, Scheme, StripPort};
pub use resolve::{Resolve, ResolveError};
pub use routes::{
    Action, DirectResponse, Found, HeaderMatch, HostRewrite, PathMatch, PathRedirect, PathRewrite, QueryMatch,
    Redirect, RegexRewrite, Route, RouteAction, RouteMatch, Routes, StringMatch, VirtualHost,
};
pub use source::DataSource;
pub use wasm::{Environment, FailurePolicy, WasmFilter};

use document::{Message, Node, Report};

/// Envoy's default of `per_connection_buffer_limit_bytes`: 1 MiB.
const DEFAULT_BUFFER_LIMIT: u32 = 1 << 20;

/// What the gateway is to be.
#[derive(Clone, Debug)]
pub struct Bootstrap {
    /// Where the admin server listens, if there is to be one.
    pub admin: Option<SocketAddress>,
    /// Who this gateway is: properties of plugins.
    pub node: NodeIdentity,
    /// Where clients connect.
    pub listeners: Vec<Listener>,
    /// Where requests can go.
    pub clusters: Vec<Cluster>,
}

/// Who this gateway is, as plugins see it in the property `node`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeIdentity {
    /// `node.id`
    pub id: String,
    /// `node.cluster`
    pub cluster: String,
    /// `node.metadata`
    pub metadata: serde_json::Map<String, serde_json::Value>,
}

/// Reads a bootstrap file.
///
/// # Errors
/// With every fault of the file, or the one that kept it from being read at all.
pub fn load(path: &Path) -> Result<Accepted<Bootstrap>, Faults> {
    parse(&path.display().to_string(), &text(path)?)
}

/// The text of a bootstrap file.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn text(path: &Path) -> Result<String, Faults> {
    let fault = |error| Faults::about_file(&path.display().to_string(), format!("cannot be read: {error}"));
    std::fs::read_to_string(path).map_err(fault)
}

/// Reads the text of a bootstrap file, YAML or JSON; `file` is its name in faults.
///
/// # Errors
/// With every fault of the text.
pub fn parse(file: &str, text: &str) -> Result<Accepted<Bootstrap>, Faults> {
    let documents = document::parse(file, text)?;
    let [document] = documents.as_slice() else {
        let text = format!("found {} YAML documents, supported: exactly one", documents.len());
        return Err(Faults::about_file(file, text));
    };
    let report = Report::new(file);
    let bootstrap = Node::root(document, "", &report).message(read);
    let clusters: Vec<&str> = bootstrap.clusters.iter().map(|it| it.name.as_str()).collect();
    report.check_references(&clusters);
    report.accept(bootstrap)
}

fn read(bootstrap: &Message<'_>) -> Bootstrap {
    bootstrap.refuse(&["dynamic_resources"], "give everything in `static_resources`");
    bootstrap.ignore(&["stats_flush_interval"], "statistics are always current");
    let admin = bootstrap.get("admin").and_then(|admin| {
        admin.message(|admin| {
            admin.ignore(&["access_log", "access_log_path", "profile_path"], "the admin server writes no files");
            admin.get("address").map(|it| SocketAddress::read_ip(&it))
        })
    });
    let node = bootstrap.get("node").map(|it| it.message(read_node)).unwrap_or_default();
    let (listeners, clusters) = bootstrap.need("static_resources").message(|resources| {
        resources.refuse(&["secrets"], "nothing here uses TLS");
        let items = |name| resources.get(name).map(|it: Node<'_>| it.items()).unwrap_or_default();
        let (listeners, clusters) = (items("listeners"), items("clusters"));
        let read_clusters: Vec<Cluster> = clusters.iter().map(|it| it.message(Cluster::read)).collect();
        let names = read_clusters.iter().map(|it| (!it.name.is_empty()).then(|| it.name.clone()));
        report_twins(&clusters, names, "a cluster named");
        let read_listeners: Vec<_> = listeners.iter().map(|it| it.message(Listener::read)).collect();
        // With port 0 each gets a port of its own.
        let address = |it: &Listener| (it.address.port != 0).then(|| it.address.to_string());
        let addresses = read_listeners.iter().map(|it| it.as_ref().and_then(address));
        report_twins(&listeners, addresses, "a listener at");
        (read_listeners.into_iter().flatten().collect(), read_clusters)
    });
    Bootstrap { admin, node, listeners, clusters }
}

fn read_node(node: &Message<'_>) -> NodeIdentity {
    let text = |name| node.get(name).map(|it| it.text()).unwrap_or_default();
    let metadata = node.get("metadata").map(|it| it.json_object()).unwrap_or_default();
    NodeIdentity { id: text("id"), cluster: text("cluster"), metadata }
}

/// Faults each node whose key one before it has; those without a key have no twins.
fn report_twins(nodes: &[Node<'_>], keys: impl Iterator<Item = Option<String>>, what: &str) {
    let mut seen = HashSet::new();
    for (node, key) in nodes.iter().zip(keys) {
        if let Some(key) = key
            && !seen.insert(key.clone())
        {
            node.fault(format!("{what} {key:?} stands above already"));
        }
    }
}
