//! What can go wrong with a fetch, and what then becomes of the request.

use plugin_core::prelude::*;

/// Why there is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The gateway could not even send the call: it does not know the service, or no host of it is healthy.
    NotSent,
    /// The service refused, broke off, or did not speak HTTP.
    Unreachable,
    /// The service took too long.
    Timeout,
    /// The service answered with another status than the wanted one.
    BadStatus,
    /// The service answered well, but without a token.
    NoToken,
}

impl Failure {
    pub(crate) fn of(error: &Error) -> Self {
        match error.kind() {
            ErrorKind::UnknownCluster | ErrorKind::NoHost | ErrorKind::Host => Self::NotSent,
            ErrorKind::Timeout => Self::Timeout,
            ErrorKind::Status(_) => Self::BadStatus,
            ErrorKind::Answer | ErrorKind::InvalidHeader => Self::NoToken,
            _ => Self::Unreachable,
        }
    }

    /// The answer to the client; `None` where the request goes on without a token.
    pub(crate) fn reply(self) -> Option<Reply> {
        match self {
            Self::NotSent | Self::NoToken => None,
            Self::Unreachable => Some(call_failed("unreachable")),
            Self::Timeout => Some(call_failed("timeout")),
            Self::BadStatus => Some(call_failed("bad_status")),
        }
    }

    /// For the log.
    pub(crate) fn outcome(self) -> &'static str {
        match self.reply() {
            None => "the request goes on without a token",
            Some(_) => "the client gets 500",
        }
    }
}

/// What a client is told, whatever the cause; `details` is for the access log.
pub(crate) fn call_failed(details: &str) -> Reply {
    Reply::text(500, "http call failed").details(details)
}
