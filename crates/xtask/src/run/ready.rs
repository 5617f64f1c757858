//! Waits until both servers answer, for a bounded time.

use super::{Options, Process};
use crate::terminal::Progress;
use anyhow::{Result, bail};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

/// Envoy compiles the plugins before it answers, which takes a second or two.
const LIMIT: Duration = Duration::from_secs(60);

/// Longest wait for one answer.
const ANSWER: Duration = Duration::from_secs(1);

pub(super) fn wait(servers: &mut [Process; 2], options: &Options, stop: &Receiver<()>) -> Result<()> {
    let progress = Progress::start("starting httpbin and Envoy");
    let end = Instant::now() + LIMIT;
    let questions = [(options.httpbin_port, "/status/200"), (options.admin_port, "/ready")];
    for (server, (port, path)) in (0..).zip(questions) {
        while !answers(port, path) {
            servers.iter_mut().try_for_each(Process::require_alive)?;
            if Instant::now() > end {
                let said = servers.get(server).map(Process::last_words).unwrap_or_default();
                bail!("http://127.0.0.1:{port}{path} does not answer after {} s\n{said}", LIMIT.as_secs());
            }
            if stop.recv_timeout(Duration::from_millis(50)).is_ok() {
                bail!("interrupted while starting");
            }
            progress.tick();
        }
    }
    progress.done();
    Ok(())
}

/// Whether a GET gives 200. Anything else, a refused connection too, means: not yet.
fn answers(port: u16, path: &str) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)), ANSWER)?;
        stream.set_read_timeout(Some(ANSWER))?;
        // In one piece: a formatted write straight to the socket would send it in several.
        let request = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes())?;
        let mut status = [0; 12];
        stream.read_exact(&mut status)?;
        Ok(status.ends_with(b" 200"))
    };
    ask().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead, BufReader};
    use std::net::TcpListener;

    fn answered(reply: &'static str) -> bool {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            // To the end of the request: to close with bytes unread would reset the connection under the reply.
            let request = BufReader::new(&stream).lines().map(Result::unwrap);
            assert_eq!(request.take_while(|line| !line.is_empty()).count(), 3);
            stream.write_all(reply.as_bytes()).unwrap();
        });
        let answered = answers(port, "/ready");
        server.join().unwrap();
        answered
    }

    #[test]
    fn only_200_is_ready() {
        assert!(answered("HTTP/1.1 200 OK\r\n\r\nLIVE"));
        assert!(!answered("HTTP/1.1 503 Service Unavailable\r\n\r\nPRE_INITIALIZING"));
        assert!(!answered("HTTP"));
    }
}
