//! Takes connections to the admin port.

use std::convert::Infallible;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::time::Duration;

use http::Method;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};

use super::{Admin, route};
use crate::accept::accept;
use crate::log::{Component, Level};

/// How long a connection may take for the head of a request.
const HEAD: Duration = Duration::from_secs(30);

/// The admin port, bound.
#[derive(Debug)]
pub struct AdminServer {
    listener: TcpListener,
}

impl AdminServer {
    /// Binds the port; 0 lets the system choose one.
    ///
    /// # Errors
    /// When the system refuses it, for instance because someone else has it.
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        Ok(Self { listener })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Writes the address to a file, as `--admin-address-path` wants it.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write_address(&self, path: &Path) -> io::Result<()> {
        std::fs::write(path, self.address()?.to_string())
    }

    /// Answers until the runtime ends.
    ///
    /// # Errors
    /// When the port cannot be watched.
    pub async fn serve(self, admin: Admin) -> io::Result<Infallible> {
        let listener = tokio::net::TcpListener::from_std(self.listener)?;
        let failed = |error| {
            admin.log.write(Component::Admin, Level::Warn, format_args!("no connection taken: {error}"));
        };
        loop {
            let (stream, _) = accept(&listener, failed).await;
            tokio::spawn(serve_connection(stream, admin.clone()));
        }
    }
}

async fn serve_connection(stream: tokio::net::TcpStream, admin: Admin) {
    let log = admin.log.clone();
    let service = service_fn(move |request: http::Request<hyper::body::Incoming>| {
        let (head, _) = request.into_parts();
        let reply = route::answer(&admin, &head);
        let text = format_args!("{} {}: {}", head.method, head.uri.path(), reply.status);
        admin.log.write(Component::Admin, Level::Debug, text);
        std::future::ready(Ok::<_, Infallible>(reply.into_response(head.method == Method::HEAD)))
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .serve_connection(TokioIo::new(stream), service);
    if let Err(error) = connection.await {
        log.write(Component::Admin, Level::Debug, format_args!("a connection broke: {error}"));
    }
}
