//! What can go wrong in an exchange: a kind to decide by, a text that helps, and the reply a client gets.

use crate::config::{in_quotes, joined};
use crate::redis::Code;
use crate::reply::Reply;
use std::fmt;

/// Result of what a plugin asks of core.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What kind of thing went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The gateway has no cluster of that name.
    UnknownCluster,
    /// The cluster has no host that could be asked.
    NoHost,
    /// The service did not answer in time.
    Timeout,
    /// The service could not be reached: refused, or closed before it answered.
    Unreachable,
    /// The connection broke in the middle of the answer.
    Reset,
    /// The answer's status is not the wanted one.
    Status(u16),
    /// The answer lacks something, or is not what it should be.
    Answer,
    /// Redis answered with an error.
    Redis(Code),
    /// The request's body is larger than the plugin allows.
    TooLarge,
    /// The response's body is larger than the plugin allows; the client is not to blame.
    ResponseTooLarge,
    /// A header name or value that must not be sent.
    InvalidHeader,
    /// The body cannot be had here, for example because the gateway does not deliver it while headers are held.
    NoBody,
    /// The other side was done before the plugin was.
    Closed,
    /// The plugin's future waits for nothing that could ever happen.
    Stuck,
    /// The host refused a call.
    Host,
    /// The plugin's own error.
    Other,
}

impl ErrorKind {
    /// Whether trying again may help: no host, timeout, unreachable, reset, the statuses 502, 503 and 504, and a Redis
    /// that says it will be back.
    pub fn is_transient(self) -> bool {
        matches!(self, Self::NoHost | Self::Timeout | Self::Unreachable | Self::Reset | Self::Status(502..=504))
            || matches!(self, Self::Redis(code) if code.is_transient())
    }

    /// A word for reply details and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UnknownCluster => "unknown_cluster",
            Self::NoHost => "no_host",
            Self::Timeout => "timeout",
            Self::Unreachable => "unreachable",
            Self::Reset => "reset",
            Self::Status(_) => "bad_status",
            Self::Answer => "bad_answer",
            Self::Redis(_) => "redis_error",
            Self::TooLarge => "body_too_large",
            Self::ResponseTooLarge => "response_too_large",
            Self::InvalidHeader => "invalid_header",
            Self::NoBody => "no_body",
            Self::Closed => "closed",
            Self::Stuck => "stuck",
            Self::Host => "host_error",
            Self::Other => "error",
        }
    }
}

/// Something that went wrong: never holds a secret or a body, so it may be logged as it is.
///
/// In a box: results are handed on from future to future, and nearly all are good ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(Box<Said>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Said {
    kind: ErrorKind,
    message: String,
}

impl Error {
    /// `what` happened with a cluster.
    #[cold]
    #[inline(never)]
    pub(crate) fn of_cluster(kind: ErrorKind, cluster: &str, what: &[&str]) -> Self {
        Self::new(kind, joined(&["cluster ", &in_quotes(cluster), &joined(what)]))
    }

    /// An error of the plugin's own. The message goes to the log, never to the client.
    pub fn other(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Other, message)
    }

    /// An error of a given kind.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Said { kind, message: message.into() }))
    }

    /// What kind of thing went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The reply a client gets when nothing better is decided: a status by kind and a fixed text.
    pub fn to_reply(&self) -> Reply {
        let (status, text) = match self.0.kind {
            ErrorKind::TooLarge => (413, "Payload Too Large\n"),
            ErrorKind::Timeout => (504, "Gateway Timeout\n"),
            ErrorKind::UnknownCluster | ErrorKind::NoHost | ErrorKind::Unreachable | ErrorKind::Reset => {
                (503, "Service Unavailable\n")
            }
            _ => (500, "Internal Server Error\n"),
        };
        Reply::text(status, text).details(self.0.kind.as_str())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Error {}
