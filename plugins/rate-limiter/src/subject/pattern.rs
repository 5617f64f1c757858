//! Which subjects a setting is for.

use super::address::Network;
use super::regex::Regex;
use std::net::IpAddr;

/// Matches the value of a subject.
#[derive(Clone, Debug)]
pub enum Pattern {
    /// Any value.
    Any,
    /// This value.
    Exact(String),
    /// Values in which this is found; anchor it with `^` and `$`.
    Regex(Regex),
    /// Addresses of a network.
    Network(Network),
}

impl Pattern {
    /// Reads `*`, `regexp:` with an expression, or a value.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text.strip_prefix("regexp:") {
            _ if text == "*" => Ok(Self::Any),
            None if text.is_empty() => Err("allowed: a value, `regexp:` with an expression, or `*`".to_owned()),
            None => Ok(Self::Exact(text.to_owned())),
            Some(expression) => match Regex::new(expression) {
                Ok(regex) => Ok(Self::Regex(regex)),
                Err(error) => Err(format!("allowed: a regular expression behind `regexp:`; {error}")),
            },
        }
    }

    /// Reads an address or a network; `*` is any.
    pub fn network(text: &str) -> Result<Self, String> {
        match Network::parse(text) {
            _ if text == "*" => Ok(Self::Any),
            Some(network) => Ok(Self::Network(network)),
            None => Err("allowed: an address or a network, such as `192.0.2.1` or `10.0.0.0/8`".to_owned()),
        }
    }

    /// Whether it matches a value, which is an address where the subject is one.
    pub fn matches(&self, value: &str, address: Option<IpAddr>) -> bool {
        match self {
            Self::Any => true,
            Self::Exact(exact) => exact == value,
            Self::Regex(regex) => regex.is_match(value),
            Self::Network(network) => address.is_some_and(|address| network.contains(address)),
        }
    }
}
