//! How services are named: the eight forms of Higress, each becoming the name of an Envoy cluster.

use super::call::Call;
use crate::JsonSchema;
use crate::config::{in_quotes, joined};
use crate::error::{Error, ErrorKind, Result};
use crate::property;
use serde::Deserialize;
use std::borrow::Cow;

/// A service the gateway can call. Ports are logical: a `.static` service listens on 80 whatever its real port is.
///
/// Envoy's name of all but the last two forms is `outbound|<port>|<version>|<fully qualified name>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cluster {
    /// A service by its fully qualified name, type suffix included (`my-svc.dns`, `httpbin.my-ns.svc.cluster.local`).
    Fqdn {
        /// Fully qualified name.
        fqdn: String,
        /// Port.
        port: u16,
        /// `:authority` to send; the name itself if `None`.
        host: Option<String>,
    },
    /// A Kubernetes service.
    Kubernetes {
        /// Name of the service.
        service: String,
        /// Namespace; `default` if empty.
        namespace: String,
        /// Port.
        port: u16,
        /// Subset; usually empty.
        version: String,
        /// `:authority` to send; the service's DNS name if `None`.
        host: Option<String>,
    },
    /// A service in a Nacos registry.
    Nacos {
        /// Name of the service.
        service: String,
        /// Group; `DEFAULT-GROUP` if empty. Nacos's `_` becomes `-`.
        group: String,
        /// Id of the Nacos namespace.
        namespace_id: String,
        /// Port.
        port: u16,
        /// The registry is a managed one (`nacos-ext`).
        external: bool,
        /// Subset; usually empty.
        version: String,
        /// `:authority` to send; the name of the service if `None`.
        host: Option<String>,
    },
    /// A service with fixed addresses (`.static`).
    StaticIp {
        /// Name of the service, without `.static`.
        service: String,
        /// Logical port, 80 unless the gateway was told otherwise.
        port: u16,
        /// `:authority` to send; the name of the service if `None`.
        host: Option<String>,
    },
    /// A service found by DNS (`.dns`).
    Dns {
        /// Name of the service, without `.dns`.
        service: String,
        /// `:authority` to send.
        domain: String,
        /// Port.
        port: u16,
    },
    /// A service in a Consul registry.
    Consul {
        /// Name of the service.
        service: String,
        /// Datacenter.
        datacenter: String,
        /// Port.
        port: u16,
        /// `:authority` to send; the name of the service if `None`.
        host: Option<String>,
    },
    /// The upstream that the gateway picked for the current request.
    Route {
        /// `:authority` to send; the current request's if `None`.
        host: Option<String>,
    },
    /// An Envoy cluster by its own name, for plain Envoy.
    Named {
        /// Name of the cluster, used as it is.
        cluster: String,
        /// `:authority` to send.
        host: String,
    },
}

impl Cluster {
    /// A service by its fully qualified name, as `serviceName` and `servicePort` of plugin configurations give it.
    /// Without a port, a `.static` service gets its logical port 80; others have no default.
    pub fn fqdn(fqdn: impl Into<String>, port: Option<u16>) -> Result<Self> {
        let fqdn = fqdn.into();
        match port.filter(|port| *port != 0) {
            Some(port) => Ok(Self::Fqdn { fqdn, port, host: None }),
            None if fqdn.ends_with(".static") => Ok(Self::Fqdn { fqdn, port: 80, host: None }),
            None => Err(Error::other(joined(&[
                "service ",
                &in_quotes(&fqdn),
                " needs `servicePort`; only `.static` services have a default, their logical port 80",
            ]))),
        }
    }

    /// The name of the Envoy cluster. Fails only for [`Cluster::Route`], outside an exchange or without a route.
    pub fn name(&self) -> Result<String> {
        Ok(match self {
            Self::Fqdn { fqdn, port, .. } => format!("outbound|{port}||{fqdn}"),
            Self::Kubernetes { service, namespace, port, version, .. } => {
                format!("outbound|{port}|{version}|{service}.{}.svc.cluster.local", or(namespace, "default"))
            }
            Self::Nacos { service, group, namespace_id, port, external, version, .. } => {
                let group = or(group, "DEFAULT-GROUP").replace('_', "-");
                let registry = if *external { "nacos-ext" } else { "nacos" };
                format!("outbound|{port}|{version}|{service}.{group}.{namespace_id}.{registry}")
            }
            Self::StaticIp { service, port, .. } => format!("outbound|{port}||{service}.static"),
            Self::Dns { service, port, .. } => format!("outbound|{port}||{service}.dns"),
            Self::Consul { service, datacenter, port, .. } => {
                format!("outbound|{port}||{service}.{datacenter}.consul")
            }
            Self::Route { .. } => property::cluster_name().ok_or_else(|| {
                Error::new(ErrorKind::UnknownCluster, "the gateway has picked no cluster for this request")
            })?,
            Self::Named { cluster, .. } => cluster.clone(),
        })
    }

    /// The `:authority` sent to the service.
    pub fn authority(&self) -> Cow<'_, str> {
        match self {
            Self::Fqdn { host: Some(host), .. }
            | Self::Kubernetes { host: Some(host), .. }
            | Self::Nacos { host: Some(host), .. }
            | Self::StaticIp { host: Some(host), .. }
            | Self::Consul { host: Some(host), .. }
            | Self::Route { host: Some(host) }
            | Self::Named { host, .. } => Cow::Borrowed(host),
            Self::Fqdn { fqdn, .. } => Cow::Borrowed(fqdn),
            Self::Kubernetes { service, namespace, .. } => {
                Cow::Owned(format!("{service}.{}.svc.cluster.local", or(namespace, "default")))
            }
            Self::Nacos { service, .. } | Self::StaticIp { service, .. } | Self::Consul { service, .. } => {
                Cow::Borrowed(service)
            }
            Self::Dns { domain, .. } => Cow::Borrowed(domain),
            Self::Route { host: None } => Cow::Owned(property::string(&["request", "host"]).unwrap_or_default()),
        }
    }

    /// A call with `method` to `path`, which keeps its query as it is written.
    pub fn call(&self, method: &str, path: impl Into<String>) -> Call {
        Call::new(self, method, path.into())
    }

    /// A `GET` of `path`.
    pub fn get(&self, path: impl Into<String>) -> Call {
        self.call("GET", path)
    }

    /// A `POST` to `path`.
    pub fn post(&self, path: impl Into<String>) -> Call {
        self.call("POST", path)
    }
}

fn or<'a>(text: &'a str, default: &'a str) -> &'a str {
    if text.is_empty() { default } else { text }
}

/// A service as configurations name it: `serviceName` and `servicePort`, or `cluster` for a plain Envoy cluster.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(try_from = "RawService")]
#[schemars(with = "RawService")]
pub struct Service(Cluster);

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("anyOf" = [{"required": ["serviceName"]}, {"required": ["cluster"]}]))]
struct RawService {
    /// The service with its type, such as `auth.static`, `auth.dns` or `auth.my-ns.svc.cluster.local`. Required unless
    /// `cluster` is given.
    service_name: Option<String>,
    /// The service's port. Services of the type `.static` have `80`; for others it is required.
    service_port: Option<u16>,
    /// A cluster of Envoy by its own name, in place of `serviceName`.
    cluster: Option<String>,
    /// The host that the service is asked as. Without it, the name of the service or cluster.
    host: Option<String>,
}

impl TryFrom<RawService> for Service {
    type Error = String;

    fn try_from(raw: RawService) -> Result<Self, String> {
        Self::new(raw.service_name, raw.service_port.unwrap_or(0), raw.cluster, raw.host)
            .map_err(|error| error.to_string())
    }
}

impl Service {
    /// Makes a service of configuration values; a port of 0 counts as absent.
    pub fn new(name: Option<String>, port: u16, cluster: Option<String>, host: Option<String>) -> Result<Self> {
        match (name.filter(|name| !name.is_empty()), cluster.filter(|cluster| !cluster.is_empty())) {
            (Some(name), None) => match Cluster::fqdn(name, Some(port))? {
                Cluster::Fqdn { fqdn, port, .. } => Ok(Self(Cluster::Fqdn { fqdn, port, host })),
                other => Ok(Self(other)),
            },
            (None, Some(cluster)) => {
                let host = host.unwrap_or_else(|| cluster.clone());
                Ok(Self(Cluster::Named { cluster, host }))
            }
            (Some(_), Some(_)) => Err(Error::other("give `serviceName` or `cluster`, not both")),
            (None, None) => {
                Err(Error::other("missing `serviceName`, the service's name with its type, such as `auth.static`"))
            }
        }
    }

    /// The cluster to call.
    pub fn cluster(&self) -> &Cluster {
        &self.0
    }
}

#[cfg(test)]
mod tests;
