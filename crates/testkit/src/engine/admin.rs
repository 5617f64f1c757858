//! A gateway's admin port: readiness, the port of the listener, metrics, log levels.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use super::Engine;
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

    /// From the page for Prometheus, the only one where Envoy sums a histogram up.
    pub(super) fn samples(&self, name: &str) -> Option<(u64, f64)> {
        let page = self.demand("GET", "/stats/prometheus");
        let name = name.replace(['.', '-'], "_");
        let value = |part: &str| {
            let line = page.text().lines().find_map(|line| line.strip_prefix(&format!("{name}_{part}{{")))?;
            line.split_once('}')?.1.trim().parse::<f64>().ok()
        };
        Some((value("count")? as u64, value("sum")?))
    }

    pub(super) fn set_log_level(&self, component: &str, level: &str) {
        self.demand("POST", &format!("/logging?{component}={level}"));
    }

    /// All that the pages of metrics show, and on our gateway those of the inspector; less when the gateway is gone.
    pub(super) fn shown(&self, engine: Engine) -> Vec<(String, String)> {
        let page = |path: &str| {
            let reply = self.ask("GET", path)?;
            Some((path.to_owned(), String::from_utf8_lossy(&reply.body).into_owned()))
        };
        let mut pages: Vec<_> = page("/stats").into_iter().collect();
        if engine == Engine::Gateway {
            pages.extend(page("/inspector.json"));
            let exchanges = page("/inspector/exchanges.json");
            let list: Value =
                exchanges.as_ref().and_then(|(_, json)| serde_json::from_str(json).ok()).unwrap_or_default();
            let ids = list["exchanges"].as_array().into_iter().flatten().map(|exchange| &exchange["id"]);
            pages.extend(ids.filter_map(|id| page(&format!("/inspector/exchanges/{id}.json"))));
            pages.extend(exchanges);
        }
        pages
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
