//! Turns the endpoints of a cluster into hosts, now and again while the cluster lives.

use std::net::{IpAddr, SocketAddr};
use std::rc::{Rc, Weak};
use std::time::Duration;

use tokio::net::lookup_host;

use super::Cluster;
use super::host::Host;
use crate::bootstrap::{Discovery, DnsLookupFamily, Endpoint};

/// How long an answer of the system counts: Envoy's `dns_refresh_rate`.
const REFRESH: Duration = Duration::from_secs(5);
/// How long the system may take for one name.
const LOOKUP: Duration = Duration::from_secs(5);

/// Hosts whose endpoints are addresses already.
pub(super) fn fixed(endpoints: &[Endpoint]) -> Vec<Rc<Host>> {
    let host = |endpoint: &Endpoint| {
        endpoint.address.ip().map(|ip| Rc::new(Host::new(SocketAddr::new(ip, endpoint.address.port), name(endpoint))))
    };
    endpoints.iter().filter_map(host).collect()
}

/// Resolves the names of a cluster until the cluster is dropped.
pub(super) async fn refresh(cluster: Weak<Cluster>) {
    loop {
        {
            let Some(cluster) = cluster.upgrade() else { return };
            resolve(&cluster).await;
        }
        tokio::time::sleep(REFRESH).await;
    }
}

async fn resolve(cluster: &Cluster) {
    let settings = &cluster.settings;
    let mut hosts = Vec::new();
    for endpoint in &settings.endpoints {
        let found = lookup(endpoint, settings.dns_lookup_family).await;
        cluster.note_lookup(&endpoint.address.host, found.as_ref().err());
        // What was known stays good until something better is.
        let found = found.unwrap_or_else(|_| cluster.known(&name(endpoint), endpoint.address.port));
        let all = if settings.discovery == Discovery::LogicalDns { 1 } else { usize::MAX };
        for address in found.into_iter().take(all) {
            hosts.push((address, name(endpoint)));
        }
    }
    cluster.replace_hosts(&hosts);
}

async fn lookup(endpoint: &Endpoint, family: DnsLookupFamily) -> Result<Vec<SocketAddr>, String> {
    let host = endpoint.address.host.as_str();
    let found = tokio::time::timeout(LOOKUP, lookup_host((host, endpoint.address.port)))
        .await
        .map_err(|_| format!("no answer within {} s", LOOKUP.as_secs()))?
        .map_err(|error| error.to_string())?;
    let found = of_family(found.collect(), family);
    if found.is_empty() { Err(format!("none of the family {family:?}")) } else { Ok(found) }
}

fn of_family(found: Vec<SocketAddr>, family: DnsLookupFamily) -> Vec<SocketAddr> {
    let (v4, v6): (Vec<_>, Vec<_>) = found.into_iter().partition(|address| matches!(address.ip(), IpAddr::V4(_)));
    let or = |first: Vec<SocketAddr>, second| if first.is_empty() { second } else { first };
    match family {
        DnsLookupFamily::V4Only => v4,
        DnsLookupFamily::V6Only => v6,
        DnsLookupFamily::V4Preferred => or(v4, v6),
        DnsLookupFamily::Auto => or(v6, v4),
        DnsLookupFamily::All => v6.into_iter().chain(v4).collect(),
    }
}

fn name(endpoint: &Endpoint) -> String {
    endpoint.hostname.clone().unwrap_or_else(|| endpoint.address.host.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_are_chosen_as_configured() {
        let [v4, v6]: [SocketAddr; 2] = ["10.0.0.1:80".parse().unwrap(), "[::1]:80".parse().unwrap()];
        let of = |family| of_family(vec![v4, v6], family);
        assert_eq!(of(DnsLookupFamily::Auto), [v6]);
        assert_eq!(of(DnsLookupFamily::V4Only), [v4]);
        assert_eq!(of(DnsLookupFamily::V4Preferred), [v4]);
        assert_eq!(of(DnsLookupFamily::All), [v6, v4]);
        assert_eq!(of_family(vec![v4], DnsLookupFamily::V6Only), []);
        assert_eq!(of_family(vec![v4], DnsLookupFamily::Auto), [v4]);
    }
}
