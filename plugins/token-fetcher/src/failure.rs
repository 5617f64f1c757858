//! What can go wrong with a fetch, and what then becomes of the request.

use crate::fields::Headers;
use plugin_core::prelude::*;

/// Why there is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The gateway could not even send the call: it does not know the service, or no host of it is healthy.
    NotSent,
    /// The service refused, broke off, or did not speak HTTP; or there is no room to wait for it.
    Unreachable,
    /// The service took too long.
    Timeout,
    /// The service says with its answer's status, or a field of the body, that it failed.
    BadStatus,
    /// The service answered well, but without a token.
    NoToken,
}

impl Failure {
    pub(crate) fn of(error: &Error) -> Self {
        match error.kind() {
            ErrorKind::UnknownCluster | ErrorKind::NoHost | ErrorKind::Host | ErrorKind::InvalidHeader => Self::NotSent,
            ErrorKind::Timeout => Self::Timeout,
            ErrorKind::Status(_) => Self::BadStatus,
            ErrorKind::Answer => Self::NoToken,
            _ => Self::Unreachable,
        }
    }

    fn details(self) -> &'static str {
        match self {
            Self::NotSent => "not_sent",
            Self::Unreachable => "unreachable",
            Self::Timeout => "timeout",
            Self::BadStatus => "bad_status",
            Self::NoToken => "no_token",
        }
    }
}

/// What becomes of a request, by why it has no token.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Policies {
    /// The gateway could not send the call: `open` lets the request go on without a token, `closed` answers 500, and
    /// `reply` answers what you want.
    not_sent: Option<Policy>,
    /// The service cannot be reached, breaks off, or does not speak HTTP.
    unreachable: Option<Policy>,
    /// The service does not answer in time.
    timeout: Option<Policy>,
    /// The service answers with a status or a field of the body that says that it failed.
    bad_status: Option<Policy>,
    /// The service answers well but without a token.
    no_token: Option<Policy>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum Policy {
    /// The request goes on without a token.
    Open,
    /// The client gets 500.
    Closed,
    /// The client gets this answer.
    Reply(Custom),
}

impl Policies {
    /// The answer to the client; `None` where the request goes on without a token.
    pub(crate) fn reply(&self, failure: Failure) -> Option<Reply> {
        let (policy, is_open) = match failure {
            Failure::NotSent => (&self.not_sent, true),
            Failure::Unreachable => (&self.unreachable, false),
            Failure::Timeout => (&self.timeout, false),
            Failure::BadStatus => (&self.bad_status, false),
            Failure::NoToken => (&self.no_token, true),
        };
        match policy {
            Some(Policy::Open) => None,
            None if is_open => None,
            Some(Policy::Closed) | None => Some(call_failed(failure.details())),
            Some(Policy::Reply(Custom(reply))) => Some(reply.clone().details(failure.details())),
        }
    }
}

/// What a client is told unless the operator says otherwise; `details` is for the access log.
pub(crate) fn call_failed(details: &str) -> Reply {
    Reply::text(500, "http call failed").details(details)
}

/// An answer of the operator's own, made once.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(try_from = "Keys")]
#[schemars(with = "Keys")]
struct Custom(Reply);

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Keys {
    /// Its status, 200 to 599.
    status: Status,
    /// Its headers, without anything of the request.
    #[serde(default)]
    headers: Headers,
    /// Its body.
    #[serde(default)]
    body: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(try_from = "u16")]
#[schemars(extend("minimum" = 200, "maximum" = 599))]
struct Status(u16);

impl TryFrom<Keys> for Custom {
    type Error = &'static str;

    fn try_from(keys: Keys) -> Result<Self, Self::Error> {
        let Status(status) = keys.status;
        if matches!(status, 204 | 304) && !keys.body.is_empty() {
            return Err("a reply of status 204 or 304 has no body");
        }
        let mut reply = Reply::text(status, keys.body);
        for (name, value) in keys.headers.iter() {
            let value =
                value.as_constant().ok_or("a reply's headers are plain text, without anything of the request")?;
            reply = reply.header(name, value);
        }
        Ok(Self(reply))
    }
}

impl TryFrom<u16> for Status {
    type Error = &'static str;

    fn try_from(status: u16) -> Result<Self, Self::Error> {
        match status {
            200..=599 => Ok(Self(status)),
            _ => Err("allowed: a status from 200 to 599"),
        }
    }
}
