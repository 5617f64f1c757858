//! A gateway's admin port: readiness, the port of the listener, metrics, log levels.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use super::bootstrap::LISTENER;
use crate::client::{Connection, Reply, Request};
use crate::stats::Stats;

pub(super) struct Admin {
    address: SocketAddr,
}

impl Admin {
    /// The admin port whose address the gateway has written to `path`, if it has by now and listens there.
    pub(super) fn from_file(path: &Path) -> Option<Self> {
        let address = std::fs::read_to_string(path).ok()?.parse().ok()?;
        std::net::TcpStream::connect(address).ok()?;
        Some(Self { address })
    }

    /// Where clients connect, once the gateway serves.
    pub(super) fn gateway_address(&self) -> Option<SocketAddr> {
        if self.ask("GET", "/ready")?.status != 200 {
            return None;
        }
        let listeners: Value = serde_json::from_slice(&self.ask("GET", "/listeners?format=json")?.body).ok()?;
        let gateway = listeners["listener_statuses"].as_array()?.iter().find(|entry| entry["name"] == LISTENER)?;
        let socket = &gateway["local_address"]["socket_address"];
        format!("{}:{}", socket["address"].as_str()?, socket["port_value"]).parse().ok()
    }

    pub(super) fn stats(&self) -> Stats {
        let reply = self.demand("GET", "/stats?format=json");
        let stats = reply.json();
        let entries = stats["stats"].as_array().expect("a list of metrics");
        // Histograms come without name and value: they have no single number.
        entries
            .iter()
            .filter_map(|entry| Some((entry["name"].as_str()?.to_owned(), entry["value"].as_u64()?)))
            .collect()
    }

    pub(super) fn set_log_level(&self, component: &str, level: &str) {
        self.demand("POST", &format!("/logging?{component}={level}"));
    }

    fn demand(&self, method: &str, path: &str) -> Reply {
        let reply = self.ask(method, path).unwrap_or_else(|| panic!("the admin port does not answer {path}"));
        assert_eq!(reply.status, 200, "the admin port refuses {path}: {}", reply.text());
        reply
    }

    /// `None` also when nobody listens any more: a gateway that refuses its configuration ends between two questions.
    fn ask(&self, method: &str, path: &str) -> Option<Reply> {
        const PATIENCE: Duration = Duration::from_secs(5);
        let request = Request::new(self.address, method, path).header("connection", "close").deadline(PATIENCE);
        Connection::try_open(self.address, PATIENCE).ok()?.try_send(&request).ok()
    }
}
