//! One HTTP call, put together and checked.

use super::answer::Answer;
use super::cluster::Cluster;
use super::prepared::PreparedCall;
use crate::error::{Error, ErrorKind, Result};
use crate::field::is_owned_by_gateway;
use crate::headers::{check, check_size, is_name};
use crate::host::{HeaderList, Pairs};
use serde::Serialize;
use std::time::Duration;

/// When nothing else is said.
const TIMEOUT: Duration = Duration::from_millis(500);
const MAX_BODY: usize = 1 << 20;

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

    /// Adds a header. One that must not be sent makes [`Self::send`] and [`Self::prepare`] fail.
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
        self.timeout = timeout;
        self
    }

    /// The largest body that is taken as an answer, in bytes; 1 MiB unless said otherwise.
    pub fn max_body(mut self, bytes: usize) -> Self {
        self.max_body = bytes;
        self
    }

    /// Makes the call and waits for its answer, whatever status it has.
    pub async fn send(self) -> Result<Answer> {
        self.prepare()?.send().await
    }

    /// Checks the call, so that it can be sent many times at little cost: for those that are the same for each request, so
    /// not for [`Cluster::Route`].
    pub fn prepare(self) -> Result<PreparedCall> {
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
        let (cluster, headers) = (cluster.into(), HeaderList::new(&headers));
        Ok(PreparedCall { cluster, headers, body: self.body, timeout: self.timeout, max_body: self.max_body })
    }
}

/// Headers that would contradict the rest of a call, beside those that the gateway writes itself.
const OWNED_BY_CALL: [&str; 2] = ["host", "te"];

/// Whether a path or authority cannot be mistaken for more than that: an upstream splits the request line at spaces.
fn is_target(text: &str, forbidden: &str) -> bool {
    let is_good = |byte| byte > b' ' && byte != 0x7f && byte != b'#' && !forbidden.as_bytes().contains(&byte);
    text.bytes().all(is_good)
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
