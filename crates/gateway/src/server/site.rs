//! What all exchanges of one listener share on one thread.

use std::rc::Rc;
use std::sync::Arc;

use super::access_log::AccessWriter;
use super::exchange::Live;
use super::http_stats::HttpStats;
use super::source;
use crate::bootstrap::{Action, DirectResponse, Listener, NodeIdentity, Route};
use crate::cluster::{Cluster, Clusters};
use crate::engine::Engine;
use crate::log::{Component, Level, Log};

/// A listener with all that its exchanges need besides plugins.
pub(super) struct Site {
    pub(super) listener: Arc<Listener>,
    /// Which of the thread's chains of plugins its exchanges go through.
    pub(super) chain: usize,
    pub(super) node: Arc<NodeIdentity>,
    pub(super) clusters: Rc<Clusters>,
    pub(super) access_logs: Vec<Arc<AccessWriter>>,
    pub(super) log: Arc<Log>,
    pub(super) engine: Engine,
    pub(super) stats: HttpStats,
}

impl Site {
    /// The cluster that a route sends requests to.
    pub(super) fn cluster_of(&self, route: &Route) -> Option<Rc<Cluster>> {
        match &route.action {
            Action::Route(action) => self.clusters.get(&action.cluster),
            Action::DirectResponse(_) | Action::Redirect(_) => None,
        }
    }

    /// The body of a direct response, read anew each time when it is a file.
    pub(super) fn direct_body(&self, response: &DirectResponse) -> Result<Vec<u8>, String> {
        response.body.as_ref().map_or(Ok(Vec::new()), source::read)
    }

    pub(super) fn warn(&self, text: &str) {
        self.log.write(Component::Http, Level::Warn, format_args!("{text}"));
    }

    /// Writes a finished exchange to the access logs.
    pub(super) fn log_access(&self, live: &Live) {
        for writer in &self.access_logs {
            writer.write(live);
        }
    }
}
