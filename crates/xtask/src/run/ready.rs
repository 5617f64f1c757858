//! Waits until all servers answer, for a bounded time.

use super::Process;
use crate::terminal::Progress;
use anyhow::{Result, bail};
use std::fmt;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

/// A gateway compiles the plugins before it answers, which takes a second or two.
const LIMIT: Duration = Duration::from_secs(60);

/// Longest wait for one answer.
const ANSWER: Duration = Duration::from_secs(1);

/// What a server answers when it is ready.
pub(super) struct Question {
    port: u16,
    asked: String,
    answer: &'static [u8],
    /// For the message about a server that does not answer.
    shown: String,
}

impl Question {
    /// A GET that gives 200.
    pub(super) fn http(port: u16, path: &str) -> Self {
        let asked = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
        Self { port, asked, answer: b"HTTP/1.1 200", shown: format!("http://127.0.0.1:{port}{path}") }
    }

    /// Redis's own sign of life.
    pub(super) fn redis(port: u16) -> Self {
        Self { port, asked: "PING\r\n".to_owned(), answer: b"+PONG\r\n", shown: format!("Redis on port {port}") }
    }

    /// Whether the server gives the answer now. Anything else, a refused connection too, means: not yet.
    fn is_answered(&self) -> bool {
        let ask = || -> std::io::Result<bool> {
            let mut stream = TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, self.port)), ANSWER)?;
            stream.set_read_timeout(Some(ANSWER))?;
            stream.write_all(self.asked.as_bytes())?;
            let mut start = vec![0; self.answer.len()];
            stream.read_exact(&mut start)?;
            Ok(start == self.answer)
        };
        ask().unwrap_or(false)
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

pub(super) fn wait(servers: &mut [(Process, Question)], stop: &Receiver<()>) -> Result<()> {
    let names: Vec<_> = servers.iter().map(|(server, _)| server.name()).collect();
    let progress = Progress::start(format!("starting {}", names.join(", ")));
    let end = Instant::now() + LIMIT;
    while let Some(waiting) = servers.iter().position(|(_, question)| !question.is_answered()) {
        servers.iter_mut().try_for_each(|(server, _)| server.require_alive())?;
        if Instant::now() > end
            && let Some((server, question)) = servers.get(waiting)
        {
            bail!("{question} does not answer after {} s\n{}", LIMIT.as_secs(), server.last_words());
        }
        if stop.recv_timeout(Duration::from_millis(50)).is_ok() {
            bail!("interrupted while starting");
        }
        progress.tick();
    }
    progress.done();
    Ok(())
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
        let answered = Question::http(port, "/ready").is_answered();
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
