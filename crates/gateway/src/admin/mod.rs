//! The admin server: what the gateway tells about itself, and what can be changed while it runs, under Envoy's paths.

mod clusters;
mod index;
mod listeners;
mod logging;
mod reply;
mod route;
mod server;
mod stats;
mod stats_page;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

pub use clusters::ClusterStatus;
pub use listeners::ListenerStatus;
pub use reply::Reply;
pub use server::AdminServer;
pub use stats::{Counter, Gauge, Stats};

use crate::log::Log;
use crate::process::MetricKind;

/// What the admin server tells of the gateway it belongs to.
pub trait AdminState: Send + Sync {
    /// Whether clients are served.
    fn is_ready(&self) -> bool;

    /// The listeners that are bound, with their real ports.
    fn listeners(&self) -> Vec<ListenerStatus>;

    /// The clusters with their hosts.
    fn clusters(&self) -> Vec<ClusterStatus>;

    /// The configuration in force, without secrets.
    fn config_dump(&self) -> serde_json::Value;

    /// The metrics of plugins, as [`crate::Metrics::all`] gives them.
    fn plugin_metrics(&self) -> Vec<(String, MetricKind, u64, u64)>;

    /// Ends the process in good order.
    fn quit(&self);
}

/// Pages that someone else answers, such as the inspector. Asked first.
pub trait Pages: Send + Sync {
    /// The page at a path with its query; `None` when it is nobody's here. Only asked for GET.
    fn respond(&self, path_and_query: &str) -> Option<Reply>;

    /// Paths for the index, each with what it shows.
    fn links(&self) -> Vec<(String, String)>;
}

/// All that the admin server needs. Cheap to clone.
#[derive(Clone)]
pub struct Admin {
    /// What is told.
    pub state: Arc<dyn AdminState>,
    /// The gateway's own metrics.
    pub stats: Arc<Stats>,
    /// Whose levels can be changed.
    pub log: Arc<Log>,
    /// Pages of others.
    pub pages: Option<Arc<dyn Pages>>,
    /// When the process started.
    pub started: Instant,
}

impl std::fmt::Debug for Admin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Admin").field("ready", &self.state.is_ready()).finish_non_exhaustive()
    }
}

/// A socket address as Envoy's JSON has it.
fn address_json(address: SocketAddr) -> serde_json::Value {
    serde_json::json!({ "socket_address": { "address": address.ip().to_string(), "port_value": address.port() } })
}
