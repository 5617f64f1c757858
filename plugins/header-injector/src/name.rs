//! Which headers an operation may name, and what may stand in those that steer the gateway.

use plugin_core::is_name;
use plugin_core::prelude::*;
use std::ops::Deref;

/// The name of a header that is to be written.
pub(crate) trait Name: Deref<Target = HeaderName> {
    /// What the value has to be, unless it is that.
    fn check(&self, _value: &str) -> Result<(), &'static str> {
        Ok(())
    }
}

/// An ordinary header.
#[derive(Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "HeaderName")]
pub(crate) struct PlainName(HeaderName);

/// What `set` takes in a request: an ordinary header, or a pseudo header that may change there.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(try_from = "HeaderName")]
pub(crate) struct RequestName(HeaderName);

/// What `set` takes in a response: an ordinary header, or `:status`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(try_from = "HeaderName")]
pub(crate) struct ResponseName(HeaderName);

// === impl PlainName ===

impl PlainName {
    pub(crate) const HELLO: Self = Self(HeaderName::from_static("hello"));
}

impl Name for PlainName {}

impl TryFrom<HeaderName> for PlainName {
    type Error = &'static str;

    fn try_from(name: HeaderName) -> Result<Self, Self::Error> {
        match &*name {
            _ if name.is_pseudo() => Err("allowed: an ordinary header; only `set` changes pseudo headers"),
            "host" => Err("allowed: another header; to change the host, `set` the pseudo header `:authority`"),
            _ if name.is_owned_by_gateway() => Err("allowed: another header; the gateway writes this one itself"),
            _ => Ok(Self(name)),
        }
    }
}

impl Deref for PlainName {
    type Target = HeaderName;

    fn deref(&self) -> &HeaderName {
        &self.0
    }
}

// === impl RequestName ===

impl Name for RequestName {
    fn check(&self, value: &str) -> Result<(), &'static str> {
        let printable = value.bytes().all(|byte| byte.is_ascii_graphic());
        let (fits, wanted) = match &*self.0 {
            // A response to HEAD has no body and one to CONNECT is a tunnel: not what the client waits for.
            ":method" => {
                (is_name(value) && !matches!(value, "HEAD" | "CONNECT"), "a method other than HEAD and CONNECT")
            }
            ":scheme" => (matches!(value, "http" | "https"), "\"http\" or \"https\""),
            ":authority" => {
                let host = printable && !value.is_empty() && !value.contains(['/', '?', '#', '@', ',']);
                (host, "a host, with `:` and a port if need be")
            }
            ":path" => {
                let path = printable && value.starts_with('/') && !value.as_bytes().contains(&b'#');
                (path, "a path that begins with `/`, percent-encoded where needed")
            }
            _ => (true, ""),
        };
        if fits { Ok(()) } else { Err(wanted) }
    }
}

impl TryFrom<HeaderName> for RequestName {
    type Error = &'static str;

    fn try_from(name: HeaderName) -> Result<Self, Self::Error> {
        match &*name {
            ":authority" | ":method" | ":path" | ":scheme" => Ok(Self(name)),
            _ if name.is_pseudo() => Err("allowed: `:authority`, `:method`, `:path`, `:scheme` or an ordinary header"),
            _ => PlainName::try_from(name).map(|PlainName(name)| Self(name)),
        }
    }
}

impl Deref for RequestName {
    type Target = HeaderName;

    fn deref(&self) -> &HeaderName {
        &self.0
    }
}

// === impl ResponseName ===

impl Name for ResponseName {
    fn check(&self, value: &str) -> Result<(), &'static str> {
        // 204 and 304 end with their headers: the body that the upstream sends would have no place.
        let is_status = || {
            value.len() == 3 && value.parse().is_ok_and(|status| matches!(status, 200..=203 | 205..=303 | 305..=599))
        };
        if &*self.0 == ":status" && !is_status() {
            return Err("a status from 200 to 599, not 204 or 304, which have no body");
        }
        Ok(())
    }
}

impl TryFrom<HeaderName> for ResponseName {
    type Error = &'static str;

    fn try_from(name: HeaderName) -> Result<Self, Self::Error> {
        match &*name {
            ":status" => Ok(Self(name)),
            _ if name.is_pseudo() => Err("allowed: `:status` or an ordinary header"),
            _ => PlainName::try_from(name).map(|PlainName(name)| Self(name)),
        }
    }
}

impl Deref for ResponseName {
    type Target = HeaderName;

    fn deref(&self) -> &HeaderName {
        &self.0
    }
}
