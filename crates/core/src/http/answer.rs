//! The answer to an HTTP call.

use crate::config::{Node, read_json};
use crate::error::{Error, ErrorKind, Result};
use crate::headers::HeaderValue;
use crate::slot::Message;
use serde::de::DeserializeOwned;
use std::rc::Rc;

/// What a service answered, copied out of the gateway's buffers.
#[derive(Clone)]
pub struct Answer {
    pub(super) cluster: Rc<str>,
    pub(super) status: u16,
    pub(super) message: Box<Message>,
}

impl Answer {
    /// HTTP status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The first value of a header.
    pub fn header(&self, name: &str) -> Option<HeaderValue> {
        self.message.headers.get(name).map(|value| value.to_vec().into())
    }

    /// All headers in order, pseudo headers included.
    pub fn headers(&self) -> Vec<(String, HeaderValue)> {
        self.message.headers.to_vec()
    }

    /// The body.
    pub fn body(&self) -> &[u8] {
        &self.message.body
    }

    /// All trailers in order.
    pub fn trailers(&self) -> Vec<(String, HeaderValue)> {
        self.message.trailers.to_vec()
    }

    /// This answer if it has `status`, else an error that says which it had.
    pub fn require_status(self, status: u16) -> Result<Self> {
        if self.status == status {
            return Ok(self);
        }
        let what = [" answered ", &self.status.to_string(), ", not ", &status.to_string()];
        Err(Error::of_cluster(ErrorKind::Status(self.status), &self.cluster, &what))
    }

    /// A header that must be there.
    pub fn require_header(&self, name: &str) -> Result<HeaderValue> {
        self.header(name).ok_or_else(|| {
            let what = [" answered ", &self.status.to_string(), " without header `", name, "`"];
            Error::of_cluster(ErrorKind::Answer, &self.cluster, &what)
        })
    }

    /// The body as JSON. The error names the place in it, never the content.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(&self.message.body).map_err(|error| self.no_json(error.line(), error.column()))
    }

    /// The body as a tree, for JSON of which only parts matter. Several KB smaller than [`Self::json`] with a `Node`.
    pub fn tree(&self) -> Result<Node> {
        read_json(&self.message.body).map_err(|error| {
            let (line, column) = error.place();
            self.no_json(line, column)
        })
    }

    fn no_json(&self, line: usize, column: usize) -> Error {
        let (line, column) = (line.to_string(), column.to_string());
        let what = [" answered a body that is not the expected JSON: line ", &line, " column ", &column];
        Error::of_cluster(ErrorKind::Answer, &self.cluster, &what)
    }
}
