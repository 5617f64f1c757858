//! The replies that a configuration describes, and which headers tell clients of their quota.

use super::Faults;
use plugin_core::config::InOrder;
use plugin_core::prelude::*;

/// A reply, as far as it is given.
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(super) struct RawReply {
    /// Its status, 200 to 599.
    status: Option<Status>,
    /// Its body.
    body: Option<String>,
    /// Its headers.
    #[serde(default)]
    headers: InOrder<OwnName, FieldValue>,
}

/// A status that a reply may have.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(try_from = "i64")]
#[schemars(with = "i64", extend("minimum" = 200, "maximum" = 599))]
pub(super) struct Status(pub(super) u16);

/// The name of a header that is ours to write.
#[derive(Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "HeaderName")]
struct OwnName(HeaderName);

/// Headers that tell clients of their quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
pub(super) enum Family {
    /// `timeStamp` and `callTimeLeft`.
    #[serde(rename = "callTimeLeft")]
    CallTimeLeft,
    /// `X-RateLimit-Limit`, `-Remaining`, `-Reset`.
    #[serde(rename = "x-ratelimit")]
    XRateLimit,
    /// `RateLimit` and `RateLimit-Policy` of the IETF's draft.
    #[serde(rename = "ratelimit")]
    RateLimit,
}

impl RawReply {
    /// The reply, with defaults for what is not given. `path` is where it stands.
    pub(super) fn compile(self, path: &str, status: u16, body: &str, faults: &mut Faults) -> Reply {
        let status = self.status.map_or(status, |status| status.0);
        // Such a response ends with its headers (RFC 9110, sections 15.3.5 and 15.4.5).
        let body = match (status, self.body) {
            (204 | 304, Some(body)) if !body.is_empty() => {
                let status = status.to_string();
                let why = ".body: found a body, allowed: none, because a response of status ";
                faults.add(&[path, why, &status, " has no body"]);
                body
            }
            (204 | 304, _) => String::new(),
            (_, given) => given.unwrap_or_else(|| body.to_owned()),
        };
        let reply = Reply::text(status, body);
        self.headers.0.iter().fold(reply, |reply, (name, value)| reply.header(&name.0, value))
    }
}

impl TryFrom<i64> for Status {
    type Error = &'static str;

    fn try_from(status: i64) -> Result<Self, Self::Error> {
        match u16::try_from(status) {
            Ok(status @ 200..=599) => Ok(Self(status)),
            _ => Err("allowed: a status from 200 to 599"),
        }
    }
}

impl TryFrom<HeaderName> for OwnName {
    type Error = &'static str;

    fn try_from(name: HeaderName) -> Result<Self, Self::Error> {
        match name.is_pseudo() || name.is_owned_by_gateway() {
            true => Err("allowed: another header; the gateway writes this one itself"),
            false => Ok(Self(name)),
        }
    }
}
