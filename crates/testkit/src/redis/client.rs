//! The test's own connection to the server.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use redis_protocol::resp2::decode::decode;
use redis_protocol::resp2::types::OwnedFrame;

/// The user of the test itself, so that assertions work whatever password the scenario is about.
pub(super) const USER: &str = "testkit";
pub(super) const PASSWORD: &str = "testkit";

/// How long the server may take for an answer.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Client {
    /// Connects if someone listens.
    pub(super) fn connect(server: SocketAddr) -> Option<Self> {
        let stream = TcpStream::connect(server).ok()?;
        stream.set_read_timeout(Some(PATIENCE)).ok()?;
        stream.set_nodelay(true).ok()?;
        Some(Self { stream, buffer: Vec::new() })
    }

    /// Logs in; false when the server does not know us, so it is not ours.
    pub(super) fn is_logged_in(&mut self) -> bool {
        matches!(self.try_ask(["AUTH", USER, PASSWORD]), Ok(OwnedFrame::SimpleString(_)))
    }

    /// The client's end, by which the server names it.
    pub(super) fn name(&self) -> String {
        self.stream.local_addr().expect("a connected socket has an address").to_string()
    }

    pub(super) fn ask<W: AsRef<[u8]>>(&mut self, words: impl IntoIterator<Item = W>) -> OwnedFrame {
        self.try_ask(words).unwrap_or_else(|error| panic!("Redis does not answer ({error}); is it paused?"))
    }

    fn try_ask<W: AsRef<[u8]>>(&mut self, words: impl IntoIterator<Item = W>) -> std::io::Result<OwnedFrame> {
        let words: Vec<W> = words.into_iter().collect();
        let mut request = format!("*{}\r\n", words.len()).into_bytes();
        for word in words {
            let word = word.as_ref();
            request.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
            request.extend_from_slice(word);
            request.extend_from_slice(b"\r\n");
        }
        self.stream.write_all(&request)?;
        self.next_frame()
    }

    /// Waits for what the server says next.
    pub(super) fn next_frame(&mut self) -> std::io::Result<OwnedFrame> {
        loop {
            if let Some((frame, length)) = decode(&self.buffer).map_err(std::io::Error::other)? {
                self.buffer.drain(..length);
                return Ok(frame);
            }
            let mut part = [0; 16 * 1024];
            match self.stream.read(&mut part)? {
                0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
                count => self.buffer.extend_from_slice(&part[..count]),
            }
        }
    }

    /// Waits for answers without end: for a connection that only listens and ends with the server.
    pub(super) fn wait_forever(&self) {
        self.stream.set_read_timeout(None).expect("an option of every TCP socket");
    }
}
