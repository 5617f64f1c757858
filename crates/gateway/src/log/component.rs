//! The parts of the gateway that write lines, under the names that Envoy has for them.

use std::fmt;

/// A part of the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Component {
    /// The admin server.
    Admin,
    /// Reading and exchanging configurations.
    Config,
    /// Connections of clients.
    Connection,
    /// Requests of clients.
    Http,
    /// Start and end of the process.
    Main,
    /// Redis connections.
    Redis,
    /// Choosing a route.
    Router,
    /// Clusters and their hosts.
    Upstream,
    /// Plugins, and the machines they run in.
    Wasm,
}

/// A component that does not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownComponent(String);

/// Envoy's other components: a command line may name them, and nothing here writes under their names.
const OF_ENVOY: &str = "a2a ai_protocol_manager alternate_protocols_cache aws assert backtrace basic_auth cache_filter \
    client conn_handler compression credential_injector decompression dns dubbo envoy_bug ext_authz ext_proc rocketmq \
    file filter forward_proxy geolocation grpc happy_eyeballs hc health_checker rds runtime stats secret sse tap \
    testing thrift tracing udp websocket golang stats_sinks dynamic_modules ip_tagging";

impl Component {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Admin,
        Self::Config,
        Self::Connection,
        Self::Http,
        Self::Main,
        Self::Redis,
        Self::Router,
        Self::Upstream,
        Self::Wasm,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Config => "config",
            Self::Connection => "connection",
            Self::Http => "http",
            Self::Main => "main",
            Self::Redis => "redis",
            Self::Router => "router",
            Self::Upstream => "upstream",
            Self::Wasm => "wasm",
        }
    }

    /// The component of this name; `None` for one that only Envoy has.
    ///
    /// # Errors
    /// When not even Envoy has it.
    pub fn named(name: &str) -> Result<Option<Self>, UnknownComponent> {
        let ours = Self::ALL.into_iter().find(|component| component.name() == name);
        if ours.is_some() || OF_ENVOY.split_whitespace().any(|known| known == name) {
            Ok(ours)
        } else {
            Err(UnknownComponent(name.to_owned()))
        }
    }
}

impl fmt::Display for UnknownComponent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = Component::ALL.map(Component::name).join(", ");
        write!(f, "found the component {:?}, there are: {names}", self.0)
    }
}

impl std::error::Error for UnknownComponent {}
