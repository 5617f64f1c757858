//! One HTTP call: built, sent, and its end made an answer or an error that says what to mend.

use super::answer::Answer;
use super::cluster::Cluster;
use crate::error::{Error, ErrorKind, Result};
use crate::field::is_owned_by_gateway;
use crate::headers::{check, check_size, is_name};
use crate::host::{Dispatch, Host, HostError, Pairs, host};
use crate::slot::{Outcome, Waiting};
use crate::time::{millis, monotonic, timeout_from};
use crate::uses;
use serde::Serialize;
use std::time::Duration;

/// When nothing else is said.
const TIMEOUT: Duration = Duration::from_millis(500);
const MAX_BODY: usize = 1 << 20;

/// The gateway's own timer ends a call that hangs. It does not cover every way to hang (a queued connection, say), so
/// core looks at the clock too, this much later.
const GRACE: Duration = Duration::from_millis(50);

/// By how much the gateway's timer may be early, as its worker looks at the clock once a turn.
const EARLY: Duration = Duration::from_millis(10);

/// A call to a service, made by [`Cluster::get`] and its like.
#[must_use = "send it"]
pub struct Call {
    /// The name of the Envoy cluster.
    cluster: Result<String>,
    authority: String,
    method: String,
    path: String,
    headers: Pairs,
    body: Vec<u8>,
    timeout: Duration,
    max_body: usize,
    fault: Option<Error>,
}

impl Call {
    pub(super) fn new(cluster: &Cluster, method: &str, path: String) -> Self {
        Self {
            cluster: cluster.name(),
            authority: cluster.authority().into_owned(),
            method: method.to_owned(),
            path,
            headers: Vec::new(),
            body: Vec::new(),
            timeout: TIMEOUT,
            max_body: MAX_BODY,
            fault: None,
        }
    }

    /// Adds a header. One that must not be sent makes [`Self::send`] fail.
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        match check(name, value.as_ref()) {
            Ok(())
                if name.starts_with(':')
                    || is_owned_by_gateway(name)
                    || OWNED_BY_CALL.contains(&&*name.to_ascii_lowercase()) =>
            {
                self.fault = Some(Error::new(
                    ErrorKind::InvalidHeader,
                    format!("header `{name}` of a call comes from its method, path, authority and body"),
                ));
            }
            Ok(()) => self.headers.push((name.to_ascii_lowercase(), value.as_ref().to_vec())),
            Err(error) => self.fault = Some(error),
        }
        self
    }

    /// The `:authority` to send instead of the cluster's own.
    pub fn authority(mut self, authority: impl Into<String>) -> Self {
        self.authority = authority.into();
        self
    }

    /// Sets the body.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Sets the body to JSON, and `content-type` with it.
    pub fn json(mut self, value: &impl Serialize) -> Self {
        match serde_json::to_vec(value) {
            Ok(body) => self.header("content-type", "application/json").body(body),
            Err(error) => {
                self.fault = Some(Error::other(format!("body of a call as JSON: {error}")));
                self
            }
        }
    }

    /// Sets the body to form fields, and `content-type` with it.
    pub fn form<'a>(self, fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut body = Vec::new();
        for (name, value) in fields {
            if !body.is_empty() {
                body.push(b'&');
            }
            form_encode(name, &mut body);
            body.push(b'=');
            form_encode(value, &mut body);
        }
        self.header("content-type", "application/x-www-form-urlencoded").body(body)
    }

    /// How long the service may take; 500 ms unless said otherwise, never less than 1 ms.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout.max(Duration::from_millis(1));
        self
    }

    /// The largest body that is taken as an answer, in bytes; 1 MiB unless said otherwise.
    pub fn max_body(mut self, bytes: usize) -> Self {
        self.max_body = bytes;
        self
    }

    /// Makes the call and waits for its answer, whatever status it has.
    pub async fn send(self) -> Result<Answer> {
        uses::http_call();
        let (limit, max_body, sent) = (self.timeout, self.max_body, monotonic());
        let (name, waiting) = self.dispatch()?;
        match timeout_from(sent, limit.saturating_add(GRACE), waiting).await {
            Ok(Outcome::Answer { headers, body, trailers }) => answer(name, limit, headers, body, trailers),
            Ok(Outcome::TooLarge(size)) => {
                let (size, most) = (size.to_string(), max_body.to_string());
                let what = [" answered ", &size, " bytes, the plugin takes ", &most];
                Err(Error::of_cluster(ErrorKind::Answer, &name, &what))
            }
            // A service that falls silent in the middle of its answer ends this way too, when its time is up.
            Ok(Outcome::Reset) if monotonic().saturating_sub(sent).saturating_add(EARLY) >= limit => {
                Err(timed_out(&name, limit))
            }
            Ok(Outcome::Reset) => {
                let what = ": the connection broke before the answer was complete";
                Err(Error::of_cluster(ErrorKind::Reset, &name, &[what]))
            }
            Err(_) => Err(timed_out(&name, limit)),
        }
    }

    /// Hands the call to the gateway; with the name of the cluster for whatever is to be said of it.
    fn dispatch(self) -> Result<(String, Waiting)> {
        let cluster = self.cluster?;
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        let (method, mut path, authority) = (self.method, self.path, self.authority);
        if !path.starts_with('/') {
            path.insert(0, '/');
        }
        if !is_name(&method) || method == "CONNECT" || !is_target(&path, "") || !is_target(&authority, "/@?") {
            let what = ": method, path or authority of the call would not stay in its place";
            return Err(Error::of_cluster(ErrorKind::InvalidHeader, &cluster, &[what]));
        }
        let pseudo = [(":method", method), (":path", path), (":authority", authority)];
        let mut headers = Pairs::with_capacity(self.headers.len() + pseudo.len());
        for (name, value) in pseudo {
            check(name, value.as_bytes())?;
            headers.push((name.to_owned(), value.into_bytes()));
        }
        headers.extend(self.headers);
        check_size(&headers)?;
        let timeout_ms = u32::try_from(millis(self.timeout)).unwrap_or(u32::MAX).max(1);
        let call = Dispatch { cluster: &cluster, headers: &headers, body: &self.body, timeout_ms };
        match host().dispatch_http(&call) {
            Ok(token) => Ok((cluster, Waiting::new(token, self.max_body))),
            Err(status) => Err(not_dispatched(&cluster, status)),
        }
    }
}

/// Headers that would contradict the rest of a call, beside those that the gateway writes itself.
const OWNED_BY_CALL: [&str; 2] = ["host", "te"];

/// Whether a path or authority cannot be mistaken for more than that: an upstream splits the request line at spaces.
fn is_target(text: &str, forbidden: &str) -> bool {
    let is_good = |byte| byte > b' ' && byte != 0x7f && byte != b'#' && !forbidden.as_bytes().contains(&byte);
    text.bytes().all(is_good)
}

/// What the host says when it does not even start: its two words for it are the most asked-about errors of Higress.
pub(crate) fn not_dispatched(cluster: &str, status: HostError) -> Error {
    let (kind, why) = match status {
        HostError::BAD_ARGUMENT => (
            ErrorKind::UnknownCluster,
            "the gateway has no such cluster; check the service's name with its type suffix (`.static`, `.dns`, \
             `.svc.cluster.local`, ...) and its port (`.static` services listen on the logical port 80), and that the \
             gateway was told of the service"
                .to_owned(),
        ),
        HostError::INTERNAL_FAILURE => {
            (ErrorKind::NoHost, "the cluster has no healthy host; check the service's addresses".to_owned())
        }
        status => (ErrorKind::Host, format!("the gateway refused the call: {status}")),
    };
    Error::of_cluster(kind, cluster, &[": ", &why])
}

fn timed_out(cluster: &str, after: Duration) -> Error {
    Error::of_cluster(ErrorKind::Timeout, cluster, &[": no answer within ", &millis(after).to_string(), " ms"])
}

fn answer(cluster: String, after: Duration, headers: Pairs, body: Vec<u8>, trailers: Pairs) -> Result<Answer> {
    let status = headers.iter().find(|(name, _)| name == ":status");
    let status = status.and_then(|(_, value)| std::str::from_utf8(value).ok()?.parse().ok());
    let Some(status) = status else {
        return Err(Error::of_cluster(ErrorKind::Reset, &cluster, &[": the connection broke before an answer came"]));
    };
    match (status, written_by_gateway(&headers), body.as_slice()) {
        (504, true, b"upstream request timeout") => Err(timed_out(&cluster, after)),
        (503, true, text) if text.starts_with(b"no healthy upstream") => {
            Err(not_dispatched(&cluster, HostError::INTERNAL_FAILURE))
        }
        (502 | 503, true, text) if text.starts_with(b"upstream connect error") => {
            let why = "the service could not be reached; check that it runs and listens on the cluster's address";
            Err(Error::of_cluster(ErrorKind::Unreachable, &cluster, &[": ", why]))
        }
        _ => Ok(Answer { cluster, status, headers, body, trailers }),
    }
}

/// The gateway's own 503 and 504 have these three headers and no others; what a service sends comes with more.
fn written_by_gateway(headers: &Pairs) -> bool {
    let own = |name: &str| matches!(name, ":status" | "content-length" | "content-type");
    headers.len() == 3 && headers.iter().all(|(name, _)| own(name))
}

/// Percent-encoding of `application/x-www-form-urlencoded` (WHATWG URL, section 5).
fn form_encode(text: &str, out: &mut Vec<u8>) {
    const HEX: [u8; 16] = *b"0123456789ABCDEF";
    let hex = |digit: u8| HEX.get(usize::from(digit & 15)).copied().unwrap_or(b'0');
    for byte in text.bytes() {
        match byte {
            b' ' => out.push(b'+'),
            b'*' | b'-' | b'.' | b'_' => out.push(byte),
            _ if byte.is_ascii_alphanumeric() => out.push(byte),
            _ => out.extend([b'%', hex(byte >> 4), hex(byte)]),
        }
    }
}
