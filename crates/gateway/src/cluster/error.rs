//! Why a service gave no answer, in the words that Envoy has for it.

use std::fmt;

/// Why a cluster gave no answer, or no connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UpstreamError {
    /// The cluster has no host: none is configured, or its name has no address.
    NoHost,
    /// The connection could not be made; the system's words for it.
    ConnectFailure(String),
    /// The connection was not made within the cluster's `connect_timeout`.
    ConnectTimeout,
    /// The connection ended before any part of an answer came.
    Reset,
    /// An HTTP/2 host refused or abandoned the request.
    StreamReset,
    /// What came is not a whole head of an answer, or is beyond the cluster's limits.
    Protocol,
    /// The request's own body failed, so that it could not be sent whole.
    RequestBody,
}

// === impl UpstreamError ===

impl UpstreamError {
    /// The status that a gateway answers with.
    pub fn status(&self) -> u16 {
        if *self == Self::Protocol { 502 } else { 503 }
    }

    /// The response flag in access logs.
    pub fn flag(&self) -> &'static str {
        match self {
            Self::NoHost => "UH",
            Self::ConnectFailure(_) | Self::ConnectTimeout => "UF",
            Self::Reset => "UC",
            Self::StreamReset => "UR",
            Self::Protocol => "UPE",
            Self::RequestBody => "DC",
        }
    }

    /// The body that a gateway answers with.
    pub fn body(&self) -> String {
        match self {
            Self::NoHost => "no healthy upstream".to_owned(),
            _ => format!("upstream connect error or disconnect/reset before headers. reset reason: {}", self.reason()),
        }
    }

    /// The response code's details.
    pub fn details(&self) -> String {
        if *self == Self::NoHost {
            return "no_healthy_upstream".to_owned();
        }
        let cause = self.transport_failure().map(|cause| format!("|{cause}")).unwrap_or_default();
        format!("upstream_reset_before_response_started{{{}{cause}}}", self.reason()).replace(char::is_whitespace, "_")
    }

    /// What kept the connection from being made.
    pub fn transport_failure(&self) -> Option<String> {
        match self {
            Self::ConnectFailure(cause) => Some(format!("delayed connect error: {cause}")),
            _ => None,
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::NoHost => "no host",
            Self::ConnectFailure(_) => "remote connection failure",
            Self::ConnectTimeout => "connection timeout",
            Self::Reset => "connection termination",
            Self::StreamReset => "remote reset",
            Self::Protocol => "protocol error",
            Self::RequestBody => "request body failure",
        }
    }
}

impl fmt::Display for UpstreamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason())?;
        self.transport_failure().map_or(Ok(()), |cause| write!(f, ", {cause}"))
    }
}

impl std::error::Error for UpstreamError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_those_of_envoy() {
        let refused = UpstreamError::ConnectFailure("Connection refused".into());
        assert_eq!((refused.status(), refused.flag(), refused.body().len()), (503, "UF", 98));
        assert_eq!(
            refused.details(),
            "upstream_reset_before_response_started{remote_connection_failure|delayed_connect_error:_Connection_refused}"
        );
        let ended = UpstreamError::Reset;
        assert_eq!(ended.details(), "upstream_reset_before_response_started{connection_termination}");
        assert_eq!((UpstreamError::Protocol.status(), UpstreamError::Protocol.body().len()), (502, 87));
        assert_eq!(UpstreamError::NoHost.body(), "no healthy upstream");
    }
}
