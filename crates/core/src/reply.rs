//! A reply that the gateway sends instead of an upstream's.

use crate::headers::check;
use std::rc::Rc;

/// A local reply: status, headers, body, and what access logs and gRPC clients see of it. Cloning it is cheap, so one
/// that a configuration describes may be made once and sent often.
#[derive(Clone, Debug)]
pub struct Reply(Rc<Parts>);

#[derive(Clone, Debug)]
pub(crate) struct Parts {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
    pub(crate) details: String,
    pub(crate) grpc_status: i32,
}

impl Reply {
    /// A reply without a body. A status outside 200 to 599 is sent as 500.
    pub fn new(status: u16) -> Self {
        let status = if (200..600).contains(&status) { status } else { 500 };
        Self(Rc::new(Parts { status, headers: Vec::new(), body: Vec::new(), details: String::new(), grpc_status: -1 }))
    }

    /// A reply with a body. The gateway adds `content-length`, and `content-type: text/plain` unless one is given.
    pub fn text(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self::new(status).body(body)
    }

    /// Sets the body.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.change().body = body.into();
        self
    }

    /// Adds a header. Several of one name are kept in order. A name or value that must not be sent is left out with a
    /// warning, because a reply has no one left to report to.
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        match check(name, value.as_ref()) {
            Ok(()) => self.change().headers.push((name.to_ascii_lowercase(), value.as_ref().to_vec())),
            Err(error) => log::warn!("reply header left out: {error}"),
        }
        self
    }

    /// The reason, as `<plugin>.<details>` in `%RESPONSE_CODE_DETAILS%` of access logs.
    pub fn details(mut self, details: impl Into<String>) -> Self {
        self.change().details = details.into();
        self
    }

    /// The status that a gRPC client sees; otherwise the gateway derives one from the HTTP status.
    pub fn grpc_status(mut self, status: u8) -> Self {
        self.change().grpc_status = i32::from(status);
        self
    }

    /// HTTP status of this reply.
    pub fn status(&self) -> u16 {
        self.0.status
    }

    pub(crate) fn parts(&self) -> &Parts {
        &self.0
    }

    fn change(&mut self) -> &mut Parts {
        Rc::make_mut(&mut self.0)
    }
}
