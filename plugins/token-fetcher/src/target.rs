//! Where the token goes in the request, and what becomes of the client's own.

use crate::query;
use crate::template::Encoding;
use plugin_core::prelude::*;
use std::hash::{Hash, Hasher};
use std::ops::Deref;

/// A place in the request.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(try_from = "Keys")]
#[schemars(with = "Keys")]
pub(crate) struct Target {
    slot: Slot,
    prefix: FieldValue,
    present: Present,
}

#[derive(Debug, Hash)]
enum Slot {
    Header(TokenHeader),
    Query(String),
    Cookie(String),
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Keys {
    /// A header.
    header: Option<TokenHeader>,
    /// A parameter of the query. It stands in all logs that hold the path, so prefer a header where the upstream takes one.
    query: Option<ParameterName>,
    /// A cookie.
    cookie: Option<ParameterName>,
    /// A text before the token.
    prefix: Option<FieldValue>,
    /// What to do with a client's own: `overwrite`, `keep`, or `refuse` with 400.
    #[serde(default)]
    #[schemars(extend("default" = "overwrite"))]
    present: Present,
}

/// What to do with a request that has something in that place already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Present {
    #[default]
    Overwrite,
    Keep,
    Refuse,
}

/// A header that may carry a token.
#[derive(Clone, Debug, Deserialize, JsonSchema, Hash)]
#[serde(try_from = "HeaderName")]
pub(crate) struct TokenHeader(HeaderName);

/// The name of a cookie or of a parameter of the query.
#[derive(Deserialize, JsonSchema)]
#[serde(try_from = "String")]
struct ParameterName(String);

impl Target {
    pub(crate) fn header(name: TokenHeader, prefix: FieldValue) -> Self {
        Self { slot: Slot::Header(name), prefix, present: Present::Overwrite }
    }

    /// Goes into the identity of a configuration.
    pub(crate) fn hash(&self, hasher: &mut impl Hasher) {
        (&self.slot, &self.prefix).hash(hasher);
    }

    pub(crate) fn present(&self) -> Present {
        self.present
    }

    /// Whether the request has something there.
    pub(crate) fn is_taken(&self, request: &Request) -> bool {
        match &self.slot {
            Slot::Header(name) => request.headers().get(name).is_some(),
            Slot::Query(name) => request.query().is_some_and(|query| query::value(&query, name).is_some()),
            Slot::Cookie(name) => cookies(request).iter().any(|cookie| is_named(cookie, name)),
        }
    }

    /// Takes out whatever the client has put there.
    pub(crate) fn clear(&self, request: &mut Request) -> Result<()> {
        match &self.slot {
            Slot::Header(name) => request.headers_mut().remove(name),
            Slot::Query(name) => {
                let path = request.path_and_query();
                let kept = query::without(&path, name);
                if kept == path { Ok(()) } else { request.headers_mut().set(":path", kept) }
            }
            Slot::Cookie(name) => {
                let cookies = cookies(request);
                match cookies.iter().any(|cookie| is_named(cookie, name)) {
                    true => {
                        set_cookies(request, cookies.into_iter().filter(|cookie| !is_named(cookie, name)).collect())
                    }
                    false => Ok(()),
                }
            }
        }
    }

    /// What is put there for a token: made once, used by many requests.
    pub(crate) fn dress(&self, token: FieldValue) -> Result<FieldValue> {
        let dressed = self.prefix.followed_by(token);
        match &self.slot {
            Slot::Header(_) => Ok(dressed),
            Slot::Query(_) => {
                let mut encoded = Vec::with_capacity(dressed.as_bytes().len());
                Encoding::Percent.write(dressed.as_bytes(), &mut encoded);
                FieldValue::try_from(encoded).map_err(Error::other)
            }
            // RFC 6265, section 4.1.1; and bytes above 0x7f, which browsers send too.
            Slot::Cookie(_) => {
                match dressed.as_bytes().iter().all(|byte| *byte > b' ' && !b"\",;\\\x7f".contains(byte)) {
                    true => Ok(dressed),
                    false => Err(Error::new(ErrorKind::Answer, "the token has characters that a cookie cannot carry")),
                }
            }
        }
    }

    /// Puts a dressed token there, in place of all that the client has put there.
    pub(crate) fn set(&self, request: &mut Request, dressed: &FieldValue) -> Result<()> {
        match &self.slot {
            Slot::Header(TokenHeader(name)) => request.headers_mut().set_field(name, dressed),
            Slot::Query(name) => {
                let mut path = query::without(&request.path_and_query(), name).into_bytes();
                if !path.starts_with(b"/") {
                    return Err(Error::other(
                        "a request without a path (`OPTIONS *`, CONNECT) has no query for a token",
                    ));
                }
                path.push(if path.contains(&b'?') { b'&' } else { b'?' });
                Encoding::Percent.write(name.as_bytes(), &mut path);
                path.push(b'=');
                path.extend_from_slice(dressed.as_bytes());
                request.headers_mut().set(":path", path)
            }
            Slot::Cookie(name) => {
                let mut cookies = cookies(request);
                cookies.retain(|cookie| !is_named(cookie, name));
                cookies.push([name.as_bytes(), b"=", dressed.as_bytes()].concat());
                set_cookies(request, cookies)
            }
        }
    }
}

/// All cookies; a client may spread them over several headers.
fn cookies(request: &Request) -> Vec<Vec<u8>> {
    let headers = request.headers().get_all("cookie");
    let cookies = headers.iter().flat_map(|header| header.as_bytes().split(|byte| *byte == b';'));
    cookies.map(|cookie| cookie.trim_ascii().to_vec()).filter(|cookie| !cookie.is_empty()).collect()
}

fn is_named(cookie: &[u8], name: &str) -> bool {
    cookie.split(|byte| *byte == b'=').next().is_some_and(|found| found.trim_ascii() == name.as_bytes())
}

fn set_cookies(request: &mut Request, cookies: Vec<Vec<u8>>) -> Result<()> {
    match cookies.is_empty() {
        true => request.headers_mut().remove("cookie"),
        false => request.headers_mut().set("cookie", cookies.join(&b"; "[..])),
    }
}

impl TryFrom<Keys> for Target {
    type Error = &'static str;

    fn try_from(keys: Keys) -> Result<Self, Self::Error> {
        let slot = match (keys.header, keys.query, keys.cookie) {
            (Some(header), None, None) => Slot::Header(header),
            (None, Some(ParameterName(name)), None) => Slot::Query(name),
            (None, None, Some(ParameterName(name))) => Slot::Cookie(name),
            _ => return Err("allowed: one of `header`, `query` and `cookie`, with `prefix` and `present` if need be"),
        };
        let prefix = keys.prefix.unwrap_or(FieldValue::from_static(""));
        Ok(Self { slot, prefix, present: keys.present })
    }
}

impl TryFrom<String> for ParameterName {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        match plugin_core::is_name(&name) {
            true => Ok(Self(name)),
            false => Err("allowed: a name of letters, digits and !#$%&'*+-.^_`|~"),
        }
    }
}

// === impl TokenHeader ===

impl TokenHeader {
    pub(crate) const AUTHORIZATION: Self = Self(HeaderName::from_static("authorization"));

    pub(crate) fn into_name(self) -> HeaderName {
        self.0
    }
}

impl TryFrom<HeaderName> for TokenHeader {
    type Error = &'static str;

    fn try_from(name: HeaderName) -> Result<Self, Self::Error> {
        match &*name {
            _ if name.is_pseudo() => Err("allowed: an ordinary header"),
            "host" => Err("allowed: another header; the request's host is not a place for a token"),
            _ if name.is_owned_by_gateway() => Err("allowed: another header; the gateway writes this one itself"),
            _ => Ok(Self(name)),
        }
    }
}

impl Deref for TokenHeader {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}
