//! One connection to a Redis host: commands go out in order, replies come back in the same order.

use std::cell::Cell;
use std::collections::VecDeque;
use std::fmt;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::Instant;

use super::reply::{Fault, Scanner};
use super::settings::Settings;
use super::{Answer, silent};
use crate::cluster::connect;
use crate::log::{Component, Level, Log};

/// How many bytes one read may bring at least.
const READ: usize = 16 << 10;

/// A command that waits for its reply. Dropped without one, it tells that the connection failed.
pub(super) struct Command {
    bytes: Vec<u8>,
    answer: Option<Answer>,
    size: usize,
    waiting: Rc<Cell<usize>>,
}

/// Who gets the next reply.
enum Awaited {
    /// Nobody: the name of a command with which the connection began.
    Silent(&'static str),
    Plugin(Command),
}

/// A connection that is made.
struct Link<'a> {
    cluster: &'a str,
    settings: &'a Settings,
    log: &'a Log,
    awaited: VecDeque<Awaited>,
    /// Commands that are collected.
    collected: Vec<u8>,
    /// Bytes on their way out.
    out: BytesMut,
    input: BytesMut,
    scanner: Scanner,
    flush: Option<Instant>,
    /// When the replies have stayed away too long.
    stalled: Option<Instant>,
}

/// Why a connection ended.
enum End {
    Unused,
    Closed,
    Io(std::io::Error),
    Stalled,
    Hostile(&'static str),
}

/// Makes the connection and keeps it until it fails or nobody can send commands any more.
pub(super) async fn run(
    cluster: String,
    connect_timeout: Duration,
    host: SocketAddr,
    settings: Rc<Settings>,
    mut queue: UnboundedReceiver<Command>,
    log: Arc<Log>,
) {
    let name = &cluster;
    let outcome = match connect(host, connect_timeout).await {
        Ok(stream) => {
            let mut link = Link::new(name, &settings, &log);
            let end = link.serve(stream, &mut queue).await;
            // Before anyone hears of the failure, so that the next command finds no closed connection.
            queue.close();
            end.to_string()
        }
        Err(error) => {
            queue.close();
            error.to_string()
        }
    };
    log.write(Component::Redis, Level::Debug, format_args!("cluster {name:?}: connection to {host} ended: {outcome}"));
}

// === impl Command ===

impl Command {
    pub(super) fn new(bytes: Vec<u8>, answer: Answer, waiting: Rc<Cell<usize>>) -> Self {
        let size = bytes.len();
        waiting.set(waiting.get().saturating_add(size));
        Self { bytes, answer: Some(answer), size, waiting }
    }

    fn answered(mut self, reply: Vec<u8>) {
        if let Some(answer) = self.answer.take() {
            answer(Some(reply));
        }
    }
}

impl Drop for Command {
    fn drop(&mut self) {
        self.waiting.set(self.waiting.get().saturating_sub(self.size));
        if let Some(answer) = self.answer.take() {
            answer(None);
        }
    }
}

/// Without the bytes: they are a plugin's data.
impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Command").field("size", &self.size).finish_non_exhaustive()
    }
}

// === impl Link ===

impl<'a> Link<'a> {
    fn new(cluster: &'a str, settings: &'a Settings, log: &'a Log) -> Self {
        let mut link = Self {
            cluster,
            settings,
            log,
            awaited: VecDeque::new(),
            collected: Vec::new(),
            out: BytesMut::new(),
            input: BytesMut::new(),
            scanner: Scanner::default(),
            flush: None,
            stalled: None,
        };
        for (name, bytes) in silent::commands(settings) {
            link.add(&bytes, Awaited::Silent(name));
        }
        link
    }

    async fn serve(&mut self, mut stream: TcpStream, queue: &mut UnboundedReceiver<Command>) -> End {
        let (mut reader, mut writer) = stream.split();
        loop {
            self.input.reserve(READ);
            tokio::select! {
                read = reader.read_buf(&mut self.input) => match read {
                    Ok(0) => return End::Closed,
                    Ok(_) => if let Err(end) = self.take_replies() { return end },
                    Err(error) => return End::Io(error),
                },
                command = queue.recv() => match command {
                    Some(mut command) => {
                        let bytes = std::mem::take(&mut command.bytes);
                        self.add(&bytes, Awaited::Plugin(command));
                    }
                    None => return End::Unused,
                },
                written = writer.write_buf(&mut self.out), if !self.out.is_empty() => {
                    if let Err(error) = written { return End::Io(error) }
                }
                () = at(self.flush), if self.flush.is_some() => self.flush(),
                () = at(self.stalled), if self.stalled.is_some() => return End::Stalled,
            }
        }
    }

    /// Collects a command, and writes what is collected when that is enough.
    fn add(&mut self, bytes: &[u8], awaited: Awaited) {
        self.awaited.push_back(awaited);
        self.collected.extend_from_slice(bytes);
        if self.collected.len() >= self.settings.flush_at {
            self.flush();
        } else if self.flush.is_none() {
            self.flush = Some(Instant::now() + self.settings.flush_after);
        }
        if self.stalled.is_none() {
            self.stalled = Some(Instant::now() + self.settings.timeout);
        }
    }

    fn flush(&mut self) {
        self.out.extend_from_slice(&self.collected);
        self.collected.clear();
        self.flush = None;
    }

    fn take_replies(&mut self) -> Result<(), End> {
        while !self.input.is_empty() {
            let length = self.scanner.advance(&self.input).map_err(|fault| match fault {
                Fault::Malformed => End::Hostile("what came is no RESP2"),
                Fault::TooLarge => End::Hostile("the reply is too large or too deep"),
            })?;
            let Some(length) = length else { return Ok(()) };
            let reply = self.input.split_to(length);
            match self.awaited.pop_front() {
                Some(Awaited::Plugin(command)) => command.answered(reply.to_vec()),
                Some(Awaited::Silent(name)) => self.note_refusal(name, &reply),
                None => return Err(End::Hostile("a reply came that nobody waits for")),
            }
            self.stalled = (!self.awaited.is_empty()).then(|| Instant::now() + self.settings.timeout);
        }
        Ok(())
    }

    /// A plugin learns of a wrong password only by the errors of its own commands, so its author is told here.
    fn note_refusal(&self, name: &str, reply: &[u8]) {
        let Some(error) = reply.strip_prefix(b"-") else { return };
        let code = String::from_utf8_lossy(error);
        let code = code.split_whitespace().next().unwrap_or_default();
        self.log.write(
            Component::Redis,
            Level::Warn,
            format_args!(
                "cluster {:?}: the server refused {name} with {code}; see the settings of the plugin",
                self.cluster
            ),
        );
    }
}

async fn at(time: Option<Instant>) {
    if let Some(time) = time {
        tokio::time::sleep_until(time).await;
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unused => f.write_str("not needed any more"),
            Self::Closed => f.write_str("the server closed it"),
            Self::Io(error) => error.fmt(f),
            Self::Stalled => f.write_str("no reply within the plugin's timeout"),
            Self::Hostile(what) => f.write_str(what),
        }
    }
}
