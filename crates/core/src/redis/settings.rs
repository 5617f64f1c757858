//! How a Redis is configured: where it is, who asks, how long an answer may take.

use super::client::Redis;
use crate::JsonSchema;
use crate::config::Text;
use crate::http::{Cluster, Service};
use serde::Deserialize;
use std::fmt;
use std::time::Duration;

/// When nothing else is said.
const TIMEOUT: Duration = Duration::from_millis(1000);
const MAX_REPLY: usize = 1 << 20;

/// Who asks, and how long an answer may take: `Settings { database: 2, ..Settings::default() }`.
#[derive(Clone, PartialEq, Eq)]
pub struct Settings {
    /// User, empty for none; Redis 6 and later.
    pub username: String,
    /// Password, empty for none.
    pub password: String,
    /// Number of the database; 0 unless said otherwise.
    pub database: u32,
    /// How long a command may take, second try included; 1000 ms unless said otherwise, never less than 1 ms.
    pub timeout: Duration,
    /// The largest reply that is taken, in bytes; 1 MiB unless said otherwise.
    pub max_reply: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { username: String::new(), password: String::new(), database: 0, timeout: TIMEOUT, max_reply: MAX_REPLY }
    }
}

/// Says whether there is a password, not which.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let given = |text: &str| if text.is_empty() { "none" } else { "given" };
        f.debug_struct("Settings")
            .field("username", &given(&self.username))
            .field("password", &given(&self.password))
            .field("database", &self.database)
            .field("timeout", &self.timeout)
            .field("max_reply", &self.max_reply)
            .finish()
    }
}

/// The keys of a configuration, in the two spellings of Higress's own plugins.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("patternProperties" = {"^service_(name|port)$": {}}))]
pub(super) struct RawRedis {
    /// The Redis service with its type, such as `redis.static` or `my-redis.dns`; also written `service_name`. Required
    /// unless `cluster` is given.
    #[serde(alias = "service_name")]
    service_name: Option<String>,
    /// Its port, also written `service_port`. Without it, `80` for `.static` and `6379` for others.
    #[serde(alias = "service_port")]
    service_port: Option<u16>,
    /// A cluster of Envoy by its own name, in place of `serviceName`.
    cluster: Option<String>,
    /// The Redis user.
    username: Option<Text>,
    /// The Redis password.
    password: Option<Text>,
    /// Milliseconds that a command may take. `1000` if not given, or given as 0.
    timeout: Option<u32>,
    /// The Redis database. `0` if not given.
    database: Option<u32>,
}

impl TryFrom<RawRedis> for Redis {
    type Error = String;

    fn try_from(raw: RawRedis) -> Result<Self, String> {
        let port = match (&raw.service_name, raw.service_port.unwrap_or(0)) {
            (Some(name), 0) => default_port(name),
            (_, port) => port,
        };
        if raw.service_name.is_none() && raw.cluster.is_none() {
            return Err("missing `serviceName`, the service's name with its type, such as `redis.static`".to_owned());
        }
        let service = Service::new(raw.service_name, port, raw.cluster, None).map_err(|error| error.to_string())?;
        if service.cluster().name().is_ok_and(|name| name.as_bytes().contains(&b'?')) {
            return Err("the name of the service must not contain `?`".to_owned());
        }
        let timeout = match raw.timeout {
            None | Some(0) => TIMEOUT,
            Some(ms) => Duration::from_millis(u64::from(ms)),
        };
        let settings = Settings {
            username: raw.username.map(|text| text.0).unwrap_or_default(),
            password: raw.password.map(|text| text.0).unwrap_or_default(),
            database: raw.database.unwrap_or(0),
            timeout,
            max_reply: MAX_REPLY,
        };
        Ok(Self::new(service.cluster().clone(), settings))
    }
}

/// Services with fixed addresses listen on the logical port 80, whatever their real port is.
fn default_port(name: &str) -> u16 {
    if name.ends_with(".static") { 80 } else { 6379 }
}

impl Redis {
    /// A Redis in the cluster that the name of a service leads to, as configurations give it: without a port, 80 for
    /// `.static` services and 6379 for others.
    ///
    /// # Errors
    ///
    /// Without a name.
    pub fn service(name: &str, port: Option<u16>, settings: Settings) -> crate::Result<Self> {
        let port = port.filter(|port| *port != 0).unwrap_or_else(|| default_port(name));
        Cluster::fqdn(name, Some(port)).map(|cluster| Self::new(cluster, settings))
    }
}

#[cfg(test)]
mod tests;
