//! Upstream clusters: a name and the endpoints behind it.

use std::time::Duration;

use super::address::SocketAddress;
use super::any::{self, Type};
use super::document::{Message, Node};

const HTTP_OPTIONS: &str = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

/// A named group of endpoints that routes and plugins send requests to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cluster {
    /// Its name, in any form, such as `outbound|6379||redis.static`.
    pub name: String,
    /// How endpoints' hosts become addresses.
    pub discovery: Discovery,
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// How an endpoint is chosen.
    pub lb_policy: LbPolicy,
    /// Which addresses a name is resolved to.
    pub dns_lookup_family: DnsLookupFamily,
    /// The endpoints; requests to a cluster without any fail.
    pub endpoints: Vec<Endpoint>,
    /// The protocol spoken to endpoints.
    pub protocol: UpstreamProtocol,
    /// How many bytes of a response may wait in a connection's buffers.
    pub buffer_limit: u32,
    /// The most header fields that a response may have.
    pub max_headers_count: Option<u32>,
    /// The most KiB that a response's headers may have.
    pub max_response_headers_kb: Option<u32>,
}

/// One server of a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Where it listens.
    pub address: SocketAddress,
    /// What `auto_host_rewrite` sets; without it the address' host.
    pub hostname: Option<String>,
}

/// How endpoints' hosts become addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Discovery {
    /// Hosts are IP addresses.
    #[default]
    Static,
    /// All addresses of each name are used.
    StrictDns,
    /// Each new connection takes the first address of the only name.
    LogicalDns,
}

/// How an endpoint is chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LbPolicy {
    /// Each in turn.
    #[default]
    RoundRobin,
    /// Any.
    Random,
    /// Of two, the one with fewer requests under way.
    LeastRequest,
}

/// Which addresses a name is resolved to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DnsLookupFamily {
    /// IPv6, else IPv4.
    #[default]
    Auto,
    /// IPv4 only.
    V4Only,
    /// IPv6 only.
    V6Only,
    /// IPv4, else IPv6.
    V4Preferred,
    /// Both.
    All,
}

/// The protocol spoken to endpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpstreamProtocol {
    /// HTTP/1.1.
    Http1 {
        /// Trailers are sent and received, instead of being dropped.
        trailers: bool,
    },
    /// HTTP/2 with prior knowledge.
    Http2,
}

// === impl Cluster ===

impl Cluster {
    pub(super) fn read(cluster: &Message<'_>) -> Self {
        cluster.refuse(&["eds_cluster_config", "cluster_type"], "endpoints stand in `load_assignment`");
        cluster.refuse(&["hosts"], "Envoy's v2 field; use `load_assignment`");
        cluster.refuse(&["transport_socket", "tls_context"], "upstreams are spoken to in clear text");
        cluster.ignore(
            &["dns_refresh_rate", "respect_dns_ttl", "dns_resolvers"],
            "the system decides how long an address is good",
        );
        let number = |name| cluster.get(name).map(|it| it.unsigned());
        let mut read = Self {
            name: cluster.need("name").name(),
            discovery: cluster.get("type").map(|it| it.one_of(&DISCOVERIES)).unwrap_or_default(),
            connect_timeout: cluster.get("connect_timeout").map_or(Duration::from_secs(5), |it| it.positive_duration()),
            lb_policy: cluster.get("lb_policy").map(|it| it.one_of(&LB_POLICIES)).unwrap_or_default(),
            dns_lookup_family: cluster.get("dns_lookup_family").map(|it| it.one_of(&FAMILIES)).unwrap_or_default(),
            endpoints: Vec::new(),
            protocol: UpstreamProtocol::Http1 { trailers: false },
            buffer_limit: number("per_connection_buffer_limit_bytes").unwrap_or(super::DEFAULT_BUFFER_LIMIT),
            max_headers_count: None,
            max_response_headers_kb: None,
        };
        if let Some(http2) = cluster.get("http2_protocol_options") {
            http2.message(|_| ());
            read.protocol = UpstreamProtocol::Http2;
        }
        if let Some(options) = cluster.get("typed_extension_protocol_options") {
            options.message(|options| {
                if let Some(http) = options.get(HTTP_OPTIONS) {
                    let read_http = |it: &Message<'_>| read_http_options(it);
                    if let Some(http) = any::read(&http, &[Type { name: HTTP_OPTIONS, read: &read_http }]) {
                        (read.protocol, read.max_headers_count, read.max_response_headers_kb) = http;
                    }
                }
            });
        }
        if let Some(assignment) = cluster.get("load_assignment") {
            assignment.message(|it| read.endpoints = read_endpoints(it, read.discovery));
        }
        if read.discovery == Discovery::LogicalDns && read.endpoints.len() != 1 {
            cluster.node().fault(format!(
                "found {} endpoints, supported with LOGICAL_DNS: exactly one; use STRICT_DNS for more",
                read.endpoints.len()
            ));
        }
        read
    }
}

const DISCOVERIES: [(&str, Discovery); 3] =
    [("STATIC", Discovery::Static), ("STRICT_DNS", Discovery::StrictDns), ("LOGICAL_DNS", Discovery::LogicalDns)];

const LB_POLICIES: [(&str, LbPolicy); 3] =
    [("ROUND_ROBIN", LbPolicy::RoundRobin), ("RANDOM", LbPolicy::Random), ("LEAST_REQUEST", LbPolicy::LeastRequest)];

const FAMILIES: [(&str, DnsLookupFamily); 5] = [
    ("AUTO", DnsLookupFamily::Auto),
    ("V4_ONLY", DnsLookupFamily::V4Only),
    ("V6_ONLY", DnsLookupFamily::V6Only),
    ("V4_PREFERRED", DnsLookupFamily::V4Preferred),
    ("ALL", DnsLookupFamily::All),
];

fn read_http_options(options: &Message<'_>) -> (UpstreamProtocol, Option<u32>, Option<u32>) {
    options.refuse(&["auto_config", "use_downstream_protocol_config"], "use `explicit_http_config`");
    let protocol = options.need("explicit_http_config").message(|explicit| {
        let (kind, node) = explicit.one_of(&["http_protocol_options", "http2_protocol_options"]);
        node.message(|protocol| match kind {
            "http2_protocol_options" => UpstreamProtocol::Http2,
            _ => UpstreamProtocol::Http1 { trailers: protocol.get("enable_trailers").is_some_and(|it| it.flag()) },
        })
    });
    let limits = options.get("common_http_protocol_options").map(|common| {
        common.message(|common| {
            let number = |name| common.get(name).map(|it| it.unsigned());
            (common.get("max_headers_count").map(|it| it.positive()), number("max_response_headers_kb"))
        })
    });
    let (count, kb) = limits.unwrap_or_default();
    (protocol, count, kb)
}

fn read_endpoints(assignment: &Message<'_>, discovery: Discovery) -> Vec<Endpoint> {
    assignment.need("cluster_name").name();
    let groups = assignment.get("endpoints").map(|it| it.items()).unwrap_or_default();
    let hosts = groups
        .iter()
        .flat_map(|group| group.message(|group| group.get("lb_endpoints").map(|it| it.items()).unwrap_or_default()));
    hosts.map(|host| host.message(|host| read_endpoint(&host.need("endpoint"), discovery))).collect()
}

fn read_endpoint(node: &Node<'_>, discovery: Discovery) -> Endpoint {
    node.message(|endpoint| {
        let address = endpoint.need("address");
        let address = match discovery {
            Discovery::Static => SocketAddress::read_ip(&address),
            Discovery::StrictDns | Discovery::LogicalDns => SocketAddress::read(&address),
        };
        Endpoint { address, hostname: endpoint.get("hostname").map(|it| it.name()) }
    })
}
