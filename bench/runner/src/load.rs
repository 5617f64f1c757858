//! The load generator: some keep-alive connections that each send one request, then all read their answer.

use anyhow::{Context as _, Result, bail, ensure};
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

const REQUEST: &[u8] = b"GET /bench HTTP/1.1\r\nhost: bench.example.com\r\nuser-agent: bench\r\naccept: */*\r\n\r\n";
const LONGEST_ANSWER: usize = 16 * 1024;

/// Open connections to one listener.
pub(crate) struct Load {
    connections: Vec<TcpStream>,
    expected_body: &'static str,
}

impl Load {
    /// Connects to `port`; each answer must be 200 with `expected_body`, and come within `patience`.
    pub(crate) fn connect(
        port: u16,
        connections: usize,
        expected_body: &'static str,
        patience: Duration,
    ) -> Result<Self> {
        let connections = (0..connections).map(|_| connect(port, patience)).collect::<Result<_>>()?;
        Ok(Self { connections, expected_body })
    }

    /// Sends at least `requests` requests, spread evenly, and returns how many were answered.
    ///
    /// Errors when an answer is late, malformed or not the expected one: a filter that does not do its
    /// work must not get a figure.
    pub(crate) fn send(&mut self, requests: usize) -> Result<usize> {
        let turns = requests.div_ceil(self.connections.len().max(1));
        for _ in 0..turns {
            for connection in &mut self.connections {
                connection.write_all(REQUEST).context("cannot send a request")?;
            }
            for connection in &mut self.connections {
                read_answer(connection, self.expected_body)?;
            }
        }
        Ok(turns * self.connections.len())
    }
}

fn connect(port: u16, patience: Duration) -> Result<TcpStream> {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))
        .with_context(|| format!("cannot connect to the listener on port {port}"))?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(patience))?;
    Ok(stream)
}

fn read_answer(stream: &mut TcpStream, expected_body: &str) -> Result<()> {
    let mut buffer = [0; LONGEST_ANSWER];
    let mut filled = 0;
    loop {
        let room = buffer.get_mut(filled..).unwrap_or_default();
        let count = stream.read(room).context("no answer from Envoy in time")?;
        ensure!(count > 0, "Envoy closed the connection, or its answer is over {LONGEST_ANSWER} bytes");
        filled += count;
        let text = buffer.get(..filled).unwrap_or_default();
        if is_expected(text, expected_body)? {
            return Ok(());
        }
    }
}

/// Whether `answer` is complete; an error when it is complete and another one than expected.
fn is_expected(answer: &[u8], expected_body: &str) -> Result<bool> {
    let text = std::str::from_utf8(answer).context("Envoy's answer is not text")?;
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return Ok(false);
    };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = length
        .and_then(|digits| digits.parse().ok())
        .with_context(|| format!("Envoy's answer has no content-length:\n{head}"))?;
    if body.len() < length {
        return Ok(false);
    }
    if !head.starts_with("HTTP/1.1 200 ") || body != expected_body {
        bail!("expected 200 with the body {expected_body:?}, got:\n{text}");
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nserver: envoy\r\n\r\nok";

    #[test]
    fn every_cut_of_an_answer_is_incomplete() {
        for end in 0..ANSWER.len() {
            assert!(!is_expected(&ANSWER[..end], "ok").unwrap(), "cut at {end}");
        }
        assert!(is_expected(ANSWER, "ok").unwrap());
    }

    #[test]
    fn another_body_or_status_is_an_error_that_shows_the_answer() {
        let error = is_expected(ANSWER, "hello").unwrap_err().to_string();
        assert!(error.contains(r#"body "hello""#) && error.contains("server: envoy"), "{error}");
        assert!(is_expected(b"HTTP/1.1 503 no\r\ncontent-length: 2\r\n\r\nok", "ok").is_err());
    }
}
