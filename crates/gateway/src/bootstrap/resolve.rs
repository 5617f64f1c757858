//! `--resolve`: points a cluster's endpoints elsewhere, so that one file serves several machines.

use std::fmt;
use std::str::FromStr;

use super::address::SocketAddress;
use super::cluster::{Cluster, Discovery};

/// One override, written `name:port=address:port`.
///
/// `name:port` is the host and port of an endpoint, or the name of a cluster and the port of its endpoints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolve {
    from: SocketAddress,
    to: SocketAddress,
}

/// An override that cannot be read, or that is about nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolveError(String);

// === impl Resolve ===

impl Resolve {
    /// Points every endpoint that this override is about elsewhere. `auto_host_rewrite` still sets the old host.
    ///
    /// # Errors
    /// When no endpoint is meant, for then something is misspelt.
    pub fn apply(&self, clusters: &mut [Cluster]) -> Result<(), ResolveError> {
        let mut found = false;
        for cluster in clusters.iter_mut() {
            let by_name = cluster.name == self.from.host;
            for endpoint in &mut cluster.endpoints {
                let address = &mut endpoint.address;
                if address.port == self.from.port && (by_name || address.host.eq_ignore_ascii_case(&self.from.host)) {
                    let old = std::mem::replace(address, self.to.clone());
                    endpoint.hostname.get_or_insert(old.host);
                    found = true;
                    if cluster.discovery == Discovery::Static && self.to.ip().is_none() {
                        cluster.discovery = Discovery::StrictDns;
                    }
                }
            }
        }
        if found { Ok(()) } else { Err(self.about_nothing(clusters)) }
    }

    fn about_nothing(&self, clusters: &[Cluster]) -> ResolveError {
        let known: Vec<String> = clusters
            .iter()
            .flat_map(|cluster| {
                cluster.endpoints.iter().map(move |it| format!("{} (cluster `{}`)", it.address, cluster.name))
            })
            .collect();
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        ResolveError(format!("--resolve {self}: no cluster has an endpoint {}; endpoints: {known}", self.from))
    }
}

impl FromStr for Resolve {
    type Err = ResolveError;

    fn from_str(text: &str) -> Result<Self, ResolveError> {
        let parts = text.split_once('=').and_then(|(from, to)| Some(Self { from: address(from)?, to: address(to)? }));
        parts.ok_or_else(|| {
            ResolveError(format!(
                "--resolve {text}: found {text:?}, supported: name:port=address:port, such as httpbin:80=127.0.0.1:8080"
            ))
        })
    }
}

/// An IPv6 address stands in brackets; a cluster's name may have colons itself, so the last one counts.
fn address(text: &str) -> Option<SocketAddress> {
    let (host, port) = text.rsplit_once(':')?;
    let host = host.strip_prefix('[').and_then(|it| it.strip_suffix(']')).unwrap_or(host);
    let port = port.parse().ok().filter(|port| *port != 0)?;
    (!host.is_empty()).then(|| SocketAddress { host: host.to_owned(), port })
}

impl fmt::Display for Resolve {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}={}", self.from, self.to)
    }
}

impl fmt::Display for ResolveError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for ResolveError {}
