//! Service names: `fqdn` or `fqdn:port`, compared with Higress cluster names, `outbound|port|subset|fqdn`.

use super::domain::at_last_colon;
use std::fmt;

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Service {
    name: String,
    port: Option<u16>,
}

impl Service {
    /// Reads a service. The error says what is allowed instead.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let (name, port) = match at_last_colon(text) {
            Some((name, port)) => {
                let port = port.parse::<u16>().ok().filter(|port| *port > 0);
                (name, Some(port.ok_or("`name` or `name:port` with a port from 1 to 65535")?))
            }
            None => (text, None),
        };
        if name.is_empty() || name.as_bytes().contains(&b'|') {
            return Err("the name of a service, such as `shop.default.svc.cluster.local:8080`");
        }
        Ok(Self { name: name.to_owned(), port })
    }

    /// Clusters that are not named in the Higress way never match.
    pub(super) fn matches(&self, cluster: &str) -> bool {
        let mut parts = cluster.split('|');
        let (_, port, _, name, rest) = (parts.next(), parts.next(), parts.next(), parts.next(), parts.next());
        let port_fits = self.port.is_none_or(|wanted| port.and_then(|port| port.parse().ok()) == Some(wanted));
        rest.is_none() && name == Some(&self.name) && port_fits
    }
}

impl fmt::Display for Service {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.name)?;
        self.port.map_or(Ok(()), |port| write!(out, ":{port}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compares_name_and_port() {
        for (service, cluster, expected) in [
            ("pay.shop", "outbound|8080||pay.shop", true),
            ("pay.shop", "outbound|8080|v1|pay.shop", true),
            ("pay.shop:8080", "outbound|8080||pay.shop", true),
            ("pay.shop:80", "outbound|8080||pay.shop", false),
            ("pay", "outbound|8080||pay.shop", false),
            ("pay.shop", "pay.shop", false),
            ("pay.shop", "outbound|8080||pay.shop|x", false),
            ("pay.shop", "", false),
        ] {
            assert_eq!(Service::parse(service).unwrap().matches(cluster), expected, "{service} {cluster}");
        }
    }

    #[test]
    fn services_that_never_match_are_refused() {
        for service in ["pay:http", "pay:0", "pay:65536", ":80", "outbound|80||pay"] {
            assert!(Service::parse(service).is_err(), "{service}");
        }
    }
}
