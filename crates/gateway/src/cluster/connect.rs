//! Making a TCP connection within the cluster's time.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;

use super::UpstreamError;

/// # Errors
/// When there is no connection in time.
pub(crate) async fn connect(address: SocketAddr, timeout: Duration) -> Result<TcpStream, UpstreamError> {
    let connected = tokio::time::timeout(timeout, TcpStream::connect(address)).await;
    let stream = connected.map_err(|_| UpstreamError::ConnectTimeout)?.map_err(|error| failure(&error))?;
    // Pieces of bodies must not wait for each other; where the system refuses, they come late and are still right.
    let _ = stream.set_nodelay(true);
    Ok(stream)
}

pub(super) fn failure(error: &io::Error) -> UpstreamError {
    let text = error.to_string();
    // The number in brackets is the system's, and says nothing more.
    UpstreamError::ConnectFailure(text.split(" (os error").next().unwrap_or(&text).to_owned())
}
