//! Where Redis is: beside the other keys, as the documents write it, or under `redis`, as Higress's limiter does.

use super::Faults;
use plugin_core::http::{Cluster, Service};
use plugin_core::redis::{Redis, Settings};
use std::time::Duration;

/// The keys beside the others.
pub(super) struct Beside {
    pub(super) service_name: Option<String>,
    pub(super) service_port: Option<u16>,
    pub(super) cluster: Option<String>,
    pub(super) username: Option<String>,
    pub(super) password: Option<String>,
    pub(super) timeout: Option<u32>,
    pub(super) database: Option<u32>,
}

impl Beside {
    fn is_empty(&self) -> bool {
        let Self { service_name, service_port, cluster, username, password, timeout, database } = self;
        let texts = [service_name, cluster, username, password];
        texts.iter().all(|text| text.is_none()) && service_port.is_none() && timeout.is_none() && database.is_none()
    }

    /// The client; what is wrong is added to the faults.
    pub(super) fn compile(self, nested: Option<Redis>, faults: &mut Faults) -> Option<Redis> {
        match nested {
            Some(redis) if self.is_empty() => return Some(redis),
            Some(_) => {
                let both =
                    "$.redis: found, and `serviceName` or another of its keys beside it; write them in one place";
                faults.add(&[both]);
                return None;
            }
            None => {}
        }
        let service = match (&self.service_name, self.service_port) {
            (Some(name), None | Some(0)) if !name.ends_with(".static") => {
                Cluster::fqdn(name.clone(), Some(6379)).map(|cluster| (cluster, self.cluster.is_some()))
            }
            _ => Service::new(self.service_name, self.service_port.unwrap_or(0), self.cluster, None)
                .map(|service| (service.cluster().clone(), false)),
        };
        let cluster = match service {
            Ok((cluster, false)) => cluster,
            Ok((_, true)) => {
                faults.add(&["$: give `serviceName` or `cluster`, not both"]);
                return None;
            }
            Err(error) => {
                faults.add(&["$: where is Redis? ", &error.to_string(), ", or `redis` with such keys"]);
                return None;
            }
        };
        if cluster.name().is_ok_and(|name| name.as_bytes().contains(&b'?')) {
            faults.add(&["$: the name of the service must not contain `?`"]);
            return None;
        }
        let defaults = Settings::default();
        let settings = Settings {
            username: self.username.unwrap_or_default(),
            password: self.password.unwrap_or_default(),
            database: self.database.unwrap_or(0),
            timeout: match self.timeout {
                None | Some(0) => defaults.timeout,
                Some(ms) => Duration::from_millis(u64::from(ms)),
            },
            ..defaults
        };
        Some(Redis::new(cluster, settings))
    }
}
