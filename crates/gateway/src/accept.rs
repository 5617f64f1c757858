//! The next connection of a listening socket, whatever happens meanwhile.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};

/// How long to wait when the system gives no more connections, for instance because too many files are open: asked at
/// once it would say the same.
const PAUSE: Duration = Duration::from_millis(50);

/// Waits for a connection; `failed` hears of each failure before the next attempt.
pub(crate) async fn accept(listener: &TcpListener, failed: impl Fn(io::Error)) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) => {
                failed(error);
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}
