//! Whom a request counts for: values of the request, alone or together.

pub mod address;
mod fields;
mod pattern;
mod regex;

pub use address::Network;
pub use pattern::Pattern;

use std::net::IpAddr;

/// Where a part of a subject comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The first value of a request header.
    Header(String),
    /// The first value of a query parameter.
    Query(String),
    /// The value of a cookie.
    Cookie(String),
    /// The consumer that Higress's authentication plugins found.
    Consumer,
    /// The client's address: the connection's, or what trusted proxies say.
    ClientAddress,
    /// The first address in a header, whoever wrote it, as `limit_by_per_ip: from-header-...` of Higress takes it.
    HeaderAddress(String),
    /// The connection's own address, as `limit_by_per_ip: from-remote-addr` of Higress takes it.
    PeerAddress,
    /// The name of the gateway's route.
    Route,
}

/// How addresses are found and grouped.
#[derive(Clone, Debug)]
pub struct Addresses {
    /// Proxies whose word on the client's address counts.
    pub trusted: Vec<Network>,
    /// The header that they append to.
    pub header: String,
    /// Addresses that share so many bits are one client.
    pub ipv6_prefix: u8,
}

/// What subjects are made of.
pub trait Facts {
    /// First value of a request header.
    fn header(&self, name: &str) -> Option<String>;
    /// All values of a request header.
    fn headers(&self, name: &str) -> Vec<String>;
    /// The query as the client sent it.
    fn query(&self) -> Option<String>;
    /// The connection's other end, with its port.
    fn peer(&self) -> Option<String>;
    /// Name of the route.
    fn route(&self) -> Option<String>;
}

/// One part of a subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// As it counts.
    pub text: String,
    /// The address that it was made of.
    pub address: Option<IpAddr>,
}

/// Higress's authentication plugins add the consumer's name here, behind what the client may have sent: the last one
/// counts.
const CONSUMER: &str = "x-mse-consumer";

impl Source {
    /// The source's value; `None` if the request has none.
    pub fn value(&self, facts: &dyn Facts, addresses: &Addresses) -> Option<Value> {
        match self {
            Self::Header(name) => facts.header(name).map(Value::text),
            Self::Query(name) => fields::query(&facts.query()?, name).map(Value::text),
            Self::Cookie(name) => fields::cookie(&facts.headers("cookie"), name).map(Value::text),
            Self::Consumer => facts.headers(CONSUMER).pop().map(Value::text),
            Self::Route => facts.route().map(Value::text),
            Self::ClientAddress => {
                let peer = address::parse(&facts.peer()?)?;
                let forwarded = match addresses.trusted.is_empty() {
                    true => String::new(),
                    // Several headers of one name are one list.
                    false => facts.headers(&addresses.header).join(","),
                };
                Some(addresses.value(address::behind(peer, &forwarded, &addresses.trusted)))
            }
            Self::HeaderAddress(name) => {
                let list = facts.header(name)?;
                address::parse(list.split(',').next()?).map(|address| addresses.value(address))
            }
            Self::PeerAddress => address::parse(&facts.peer()?).map(|address| addresses.value(address)),
        }
    }

    /// Whether its values are addresses.
    pub fn is_address(&self) -> bool {
        matches!(self, Self::ClientAddress | Self::HeaderAddress(_) | Self::PeerAddress)
    }

    /// Kind and name, for keys.
    pub fn label(&self) -> (&'static str, &str) {
        match self {
            Self::Header(name) => ("header", name),
            Self::Query(name) => ("query", name),
            Self::Cookie(name) => ("cookie", name),
            Self::Consumer => ("consumer", ""),
            Self::ClientAddress => ("client", ""),
            Self::HeaderAddress(name) => ("header-address", name),
            Self::PeerAddress => ("peer", ""),
            Self::Route => ("route", ""),
        }
    }
}

impl Addresses {
    fn value(&self, address: IpAddr) -> Value {
        Value { text: address::subject(address, self.ipv6_prefix), address: Some(address) }
    }
}

impl Value {
    fn text(text: String) -> Self {
        Self { text, address: None }
    }
}
