//! HTTP/1.1 read byte by byte from a socket under a deadline, for the client and for the fake upstream.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::broken::Broken;
use crate::headers::Headers;
use crate::message::Framing;

/// A connection with what was read ahead of the current message.
pub(crate) struct Wire {
    stream: TcpStream,
    buffer: Vec<u8>,
    deadline: Instant,
}

impl Wire {
    pub(crate) fn new(stream: TcpStream, deadline: Instant) -> Self {
        // Pieces shall leave when the test says so, not when the kernel has enough of them.
        let _ = stream.set_nodelay(true);
        Self { stream, buffer: Vec::new(), deadline }
    }

    pub(crate) fn set_deadline(&mut self, deadline: Instant) {
        self.deadline = deadline;
    }

    /// Makes the close of this connection a reset instead of an orderly end.
    pub(crate) fn reset_on_close(&self) {
        let _ = socket2::SockRef::from(&self.stream).set_linger(Some(Duration::ZERO));
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), Broken> {
        self.stream.set_write_timeout(Some(self.left()?))?;
        Ok(self.stream.write_all(bytes)?)
    }

    /// The next head with its final empty line; `None` when the peer closed instead of sending one.
    pub(crate) fn head(&mut self) -> Result<Option<Vec<u8>>, Broken> {
        let mut searched = 0;
        loop {
            if let Some(at) = find(&self.buffer[searched..], b"\r\n\r\n") {
                return Ok(Some(self.take(searched + at + 4)));
            }
            searched = self.buffer.len().saturating_sub(3);
            if self.fill()? == 0 {
                return if self.buffer.is_empty() { Ok(None) } else { Err(Broken::Closed) };
            }
        }
    }

    /// Reads a body into `body` and `trailers`; what came before a fault stays there.
    pub(crate) fn body(&mut self, framing: Framing, body: &mut Vec<u8>, trailers: &mut Headers) -> Result<(), Broken> {
        match framing {
            Framing::Empty => Ok(()),
            Framing::Length(length) => self.exact(length, body),
            Framing::UntilClose => loop {
                body.append(&mut self.buffer);
                if self.fill()? == 0 {
                    return Ok(());
                }
            },
            Framing::Chunked => self.chunks(body, trailers),
        }
    }

    /// Blocks until the peer closes, resets or the deadline passes; drops what comes.
    pub(crate) fn drain(&mut self) {
        while self.fill().is_ok_and(|count| count > 0) {
            self.buffer.clear();
        }
    }

    fn chunks(&mut self, body: &mut Vec<u8>, trailers: &mut Headers) -> Result<(), Broken> {
        loop {
            let line = self.line()?;
            let digits = line.split(';').next().unwrap_or_default().trim();
            let size =
                usize::from_str_radix(digits, 16).map_err(|_| Broken::Malformed(format!("chunk size {line:?}")))?;
            if size == 0 {
                break;
            }
            self.exact(size, body)?;
            self.line()?;
        }
        loop {
            let line = self.line()?;
            if line.is_empty() {
                return Ok(());
            }
            let (name, value) = line.split_once(':').ok_or_else(|| Broken::Malformed(format!("trailer {line:?}")))?;
            trailers.add(name, value.trim());
        }
    }

    fn line(&mut self) -> Result<String, Broken> {
        loop {
            if let Some(at) = find(&self.buffer, b"\r\n") {
                let line = self.take(at + 2);
                return String::from_utf8(line[..at].to_vec())
                    .map_err(|_| Broken::Malformed(format!("line {}", line.escape_ascii())));
            }
            if self.fill()? == 0 {
                return Err(Broken::Closed);
            }
        }
    }

    fn exact(&mut self, length: usize, out: &mut Vec<u8>) -> Result<(), Broken> {
        let mut left = length;
        loop {
            let part = self.take(left.min(self.buffer.len()));
            left -= part.len();
            out.extend_from_slice(&part);
            if left == 0 {
                return Ok(());
            }
            if self.fill()? == 0 {
                return Err(Broken::Closed);
            }
        }
    }

    fn take(&mut self, count: usize) -> Vec<u8> {
        let rest = self.buffer.split_off(count);
        std::mem::replace(&mut self.buffer, rest)
    }

    fn fill(&mut self) -> Result<usize, Broken> {
        self.stream.set_read_timeout(Some(self.left()?))?;
        let mut part = [0; 16 * 1024];
        let count = self.stream.read(&mut part)?;
        self.buffer.extend_from_slice(&part[..count]);
        Ok(count)
    }

    fn left(&self) -> Result<Duration, Broken> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(Broken::Deadline) } else { Ok(left) }
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}
