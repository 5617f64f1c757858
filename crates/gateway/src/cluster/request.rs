//! One HTTP request to a cluster, up to the head of its answer.

use std::net::SocketAddr;
use std::rc::Rc;

use http::{Request, Response};
use hyper::body::Incoming;

use super::host::Host;
use super::{Cluster, RequestBody, UpstreamError, http1, http2};
use crate::bootstrap::UpstreamProtocol;

/// The head of an answer, with the body that follows.
#[derive(Debug)]
pub struct Answered {
    /// As the host sent it.
    pub response: Response<Incoming>,
    /// Who answered.
    pub host: SocketAddr,
    /// Whether trailers of the answer count; otherwise they are to be dropped.
    pub trailers: bool,
}

impl Cluster {
    /// Sends a request to `wanted` if it is a host of this cluster, else to the host whose turn it is.
    ///
    /// The head goes out as it is given: the URI with path and query, and either with an authority or a `host` header.
    /// A body of unknown size goes out in chunks. Dropping the future, or the answer's body before its end, closes the
    /// connection. There is no timeout but that for connecting.
    ///
    /// # Errors
    /// When no head of an answer came. Only a request of which nothing was sent is tried again.
    pub async fn request(
        &self,
        request: Request<RequestBody>,
        wanted: Option<SocketAddr>,
    ) -> Result<Answered, UpstreamError> {
        self.request_from(&self.choose(wanted)?, request).await
    }

    /// Sends a request to a host that [`Cluster::choose`] gave.
    ///
    /// # Errors
    /// As [`Cluster::request`].
    pub async fn request_from(
        &self,
        host: &Rc<Host>,
        request: Request<RequestBody>,
    ) -> Result<Answered, UpstreamError> {
        let (response, trailers) = match self.settings.protocol {
            UpstreamProtocol::Http1 { trailers } => {
                (http1::request(host, &self.settings, request, trailers).await?, trailers)
            }
            UpstreamProtocol::Http2 => (http2::request(host, &self.settings, request).await?, true),
        };
        Ok(Answered { response, host: host.address(), trailers })
    }
}
