//! A small upstream with httpbin's most used paths, for machines without Python. Its answers have the shape of the
//! real one's, which a test compares.

mod echo;
mod pages;

use std::convert::Infallible;
use std::io;
use std::net::{SocketAddr, TcpListener};

use http::Request;
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};

use crate::accept::accept;
use pages::Reply;

/// The largest body it reads: a guard for the memory of a developer's machine.
const BODY_LIMIT: usize = 64 << 20;

/// Serves HTTP/1.1 on `listener` until the process ends, on this thread.
///
/// # Errors
/// When the listener cannot be used.
pub fn serve(listener: TcpListener) -> io::Result<Infallible> {
    listener.set_nonblocking(true)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        loop {
            // A client that is gone before it was accepted is no reason to end, and nobody is there to be told.
            let (stream, client) = accept(&listener, drop).await;
            let service = service_fn(move |request| async move { Ok::<_, Infallible>(answer(request, client).await) });
            let mut http = hyper::server::conn::http1::Builder::new();
            http.timer(TokioTimer::new());
            let connection = http.serve_connection(TokioIo::new(stream), service);
            // A connection that breaks concerns its client alone.
            tokio::spawn(async move { drop(connection.await) });
        }
    })
}

async fn answer(request: Request<Incoming>, client: SocketAddr) -> Reply {
    let (head, body) = request.into_parts();
    match Limited::new(body, BODY_LIMIT).collect().await {
        Ok(body) => pages::answer(&head, &body.to_bytes(), client).await,
        Err(_) => pages::text(413, &format!("a body of at most {BODY_LIMIT} bytes was expected, and whole")),
    }
}
