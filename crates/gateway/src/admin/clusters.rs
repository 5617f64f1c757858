//! The clusters as `/clusters` shows them.

use std::net::SocketAddr;

use serde_json::{Value, json};

use super::{Reply, address_json};

/// A cluster with its hosts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterStatus {
    /// Its name in the configuration.
    pub name: String,
    /// Address and name of each host.
    pub hosts: Vec<(SocketAddr, String)>,
}

pub(super) fn page(clusters: &[ClusterStatus], json: bool) -> Reply {
    if json {
        let host =
            |(address, name): &(SocketAddr, String)| json!({ "address": address_json(*address), "hostname": name });
        let status = |it: &ClusterStatus| json!({ "name": it.name, "host_statuses": it.hosts.iter().map(host).collect::<Vec<Value>>() });
        return Reply::json(&json!({ "cluster_statuses": clusters.iter().map(status).collect::<Vec<Value>>() }));
    }
    let mut text = String::new();
    for cluster in clusters {
        if cluster.hosts.is_empty() {
            text += &format!("{}::no hosts\n", cluster.name);
        }
        for (address, name) in &cluster.hosts {
            text += &format!("{0}::{address}::hostname::{name}\n{0}::{address}::health_flags::healthy\n", cluster.name);
        }
    }
    Reply::text(text)
}
