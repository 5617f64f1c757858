//! The HTTP connection manager: how a listener's connections become requests, and what happens to them.

use std::time::Duration;

use super::access_log::AccessLog;
use super::document::Message;
use super::filter::{Router, read_chain};
use super::routes::Routes;
use super::wasm::WasmFilter;

pub(super) const TYPE: &str = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";

/// The HTTP side of a listener.
#[derive(Clone, Debug)]
pub struct HttpConnectionManager {
    /// The prefix of its statistics.
    pub stat_prefix: String,
    /// Which HTTP clients may speak.
    pub codec: Codec,
    /// `:scheme` of every request, instead of the client's.
    pub scheme_to_overwrite: Option<Scheme>,
    /// Where requests go.
    pub routes: Routes,
    /// Which part of the port in a request's host is dropped before anything sees it.
    pub strip_port: StripPort,
    /// The plugins in order.
    pub plugins: Vec<WasmFilter>,
    /// The end of the chain.
    pub router: Router,
    /// Where finished exchanges are logged.
    pub access_logs: Vec<AccessLog>,
    /// How long nothing may move in an exchange; `None` for ever. Later it is answered with 408 or 504.
    pub stream_idle_timeout: Option<Duration>,
    /// How long a connection that is to be closed waits for the client to close it.
    pub delayed_close_timeout: Duration,
    /// HTTP/1.1 trailers are received and sent, instead of being dropped.
    pub http1_trailers: bool,
    /// The most KiB that a request's headers may have; more is answered with 431.
    pub max_request_headers_kb: u32,
    /// The most header fields that a request may have; more is answered with 431.
    pub max_headers_count: u32,
    /// Protocols to which a client may upgrade, in lower case, such as `websocket`.
    pub upgrades: Vec<String>,
}

/// Which HTTP clients may speak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Codec {
    /// HTTP/1.1 or HTTP/2, as their first bytes say.
    #[default]
    Auto,
    /// HTTP/1.1.
    Http1,
    /// HTTP/2 with prior knowledge.
    Http2,
}

/// The value of `:scheme`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scheme {
    /// `http`
    #[default]
    Http,
    /// `https`
    Https,
}

/// Which port in a request's host is dropped before anything sees it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StripPort {
    /// None.
    #[default]
    Never,
    /// The listener's own port.
    Matching,
    /// Any port.
    Any,
}

impl HttpConnectionManager {
    pub(super) fn read(manager: &Message<'_>) -> Self {
        manager.refuse(&["rds", "scoped_routes"], "routes stand in `route_config`");
        manager.refuse(&["tracing"], "see the inspector of the gateway for a timeline of each exchange");
        manager.ignore(
            &["use_remote_address", "xff_num_trusted_hops", "skip_xff_append"],
            "`x-forwarded-for` is left as it came",
        );
        manager.ignore(&["request_timeout"], "slow clients are waited for");
        let flag = |name| manager.get(name).is_some_and(|it| it.flag());
        let (stat_prefix, codec) = (manager.need("stat_prefix").name(), manager.get("codec_type"));
        let strip_port = match (flag("strip_any_host_port"), flag("strip_matching_host_port")) {
            (true, _) => StripPort::Any,
            (false, true) => StripPort::Matching,
            (false, false) => StripPort::Never,
        };
        let routes = Routes::read(&manager.need("route_config"));
        let (plugins, router) = read_chain(&manager.need("http_filters"));
        let access_logs = manager.get("access_log").map(|it| it.items()).unwrap_or_default();
        Self {
            stat_prefix,
            codec: codec.map(|it| it.one_of(&CODECS)).unwrap_or_default(),
            scheme_to_overwrite: manager.get("scheme_header_transformation").map(|it| {
                let schemes = [("http", Scheme::Http), ("https", Scheme::Https)];
                it.message(|it| it.need("scheme_to_overwrite").one_of(&schemes))
            }),
            routes,
            strip_port,
            plugins,
            router,
            access_logs: access_logs.iter().filter_map(|it| it.message(AccessLog::read)).collect(),
            stream_idle_timeout: Some(manager.get("stream_idle_timeout").map_or(IDLE, |it| it.duration()))
                .filter(|timeout| !timeout.is_zero()),
            delayed_close_timeout: manager
                .get("delayed_close_timeout")
                .map_or(Duration::from_secs(1), |it| it.duration()),
            http1_trailers: manager
                .get("http_protocol_options")
                .is_some_and(|it| it.message(|http1| http1.get("enable_trailers").is_some_and(|it| it.flag()))),
            max_request_headers_kb: manager
                .get("max_request_headers_kb")
                .and_then(|it| it.whole(1, 8192).try_into().ok())
                .unwrap_or(60),
            max_headers_count: manager
                .get("common_http_protocol_options")
                .and_then(|it| it.message(|common| common.get("max_headers_count").map(|it| it.positive())))
                .unwrap_or(100),
            upgrades: read_upgrades(manager),
        }
    }
}

/// Envoy's default of `stream_idle_timeout`.
const IDLE: Duration = Duration::from_secs(300);
const CODECS: [(&str, Codec); 3] = [("AUTO", Codec::Auto), ("HTTP1", Codec::Http1), ("HTTP2", Codec::Http2)];

fn read_upgrades(manager: &Message<'_>) -> Vec<String> {
    let items = manager.get("upgrade_configs").map(|it| it.items()).unwrap_or_default();
    let read = items.iter().map(|item| {
        item.message(|upgrade| {
            upgrade.refuse(&["filters"], "upgraded requests take the same filters as others");
            let enabled = upgrade.get("enabled").is_none_or(|it| it.flag());
            let protocol = upgrade.need("upgrade_type").name().to_ascii_lowercase();
            if protocol == "connect" {
                upgrade.node().fault("found `CONNECT`, supported: upgrades of HTTP/1.1, such as `websocket`");
            }
            enabled.then_some(protocol)
        })
    });
    read.flatten().collect()
}
