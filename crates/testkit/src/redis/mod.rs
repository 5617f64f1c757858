//! A real redis-server for a test: it can pause, vanish and come back on its port, and it tells what it was asked.

mod client;
mod options;
mod port;
mod record;

use std::fmt;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use redis_protocol::resp2::types::OwnedFrame;

use crate::process::{End, Process};
use client::Client;
pub use options::RedisOptions;
use port::Port;
use record::Record;
pub use record::RedisCommand;

/// What redis-server answered to a command.
pub type RedisReply = OwnedFrame;

/// How long a server may take until it serves.
const START_LIMIT: Duration = Duration::from_secs(15);

/// How often a port that someone else took in between is given up for another one.
const PORT_ATTEMPTS: usize = 5;

/// A running redis-server on a free local port, without persistence. It ends when dropped.
pub struct Redis {
    options: RedisOptions,
    port: Port,
    running: Mutex<Option<Running>>,
}

/// One life of the server.
struct Running {
    process: Process,
    client: Client,
    record: Record,
}

impl Redis {
    /// Starts a server that asks for no password.
    ///
    /// # Panics
    /// When redis-server is not installed, and when it does not serve within 15 seconds.
    pub fn start() -> Self {
        RedisOptions::default().start()
    }

    /// A server with a password, users or settings of its own: set them, then [`RedisOptions::start`].
    pub fn options() -> RedisOptions {
        RedisOptions::default()
    }

    fn start_with(options: RedisOptions) -> Self {
        for _ in 0..PORT_ATTEMPTS {
            let port = Port::reserve();
            match run(&options, port.address()) {
                Ok(running) => return Self { options, port, running: Mutex::new(Some(running)) },
                Err(log) if log.contains("in use") => {}
                Err(log) => panic!("redis-server ended at once:\n{log}"),
            }
        }
        panic!("{PORT_ATTEMPTS} free ports in turn were taken before redis-server got them");
    }

    /// Where it listens, also while it is killed: then connections to it are refused.
    pub fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// Asks the server as a user who may do anything, such as `["GET", "key"]`. The record leaves this out.
    ///
    /// # Panics
    /// When the server is killed or paused.
    pub fn command<W: AsRef<[u8]>>(&self, words: impl IntoIterator<Item = W>) -> RedisReply {
        self.with_running(|running| running.client.ask(words))
    }

    /// As [`command`](Self::command), for answers that are text or a number; `None` for nil.
    ///
    /// # Panics
    /// When the answer is an error or a list, and as `command`.
    pub fn text<W: AsRef<[u8]>>(&self, words: impl IntoIterator<Item = W>) -> Option<String> {
        match self.command(words) {
            OwnedFrame::Null => None,
            OwnedFrame::Integer(number) => Some(number.to_string()),
            OwnedFrame::SimpleString(bytes) | OwnedFrame::BulkString(bytes) => {
                Some(String::from_utf8_lossy(&bytes).into_owned())
            }
            other => panic!("text was wanted from Redis, it answered {other:?}"),
        }
    }

    /// What clients asked since the server was last started, in order and without what scripts asked. `AUTH` and
    /// `HELLO` are not in it: Redis keeps them to itself.
    ///
    /// # Panics
    /// When the server is killed or paused.
    pub fn commands(&self) -> Vec<RedisCommand> {
        self.with_running(|running| running.record.up_to_now(&mut running.client))
    }

    /// How many connections clients have opened since the server was last started.
    ///
    /// # Panics
    /// When the server is killed or paused.
    pub fn connections(&self) -> usize {
        let stats = self.text(["INFO", "stats"]).unwrap_or_default();
        let line = stats.lines().find_map(|line| line.strip_prefix("total_connections_received:"));
        let all: usize = line.and_then(|count| count.trim().parse().ok()).expect("INFO counts connections");
        // Ours: the one that asks and the one that records.
        all - 2
    }

    /// Stops the server where it stands: connections stay, nothing is answered.
    pub fn pause(&self) {
        self.with_running(|running| running.process.signal(libc::SIGSTOP));
    }

    /// Lets a paused server go on.
    pub fn resume(&self) {
        self.with_running(|running| running.process.signal(libc::SIGCONT));
    }

    /// Ends the server at once: its connections break, new ones are refused.
    pub fn kill(&self) {
        *self.lock() = None;
    }

    /// Starts a killed server again on the same port, empty; a running one is killed first.
    ///
    /// # Panics
    /// When it does not serve.
    pub fn restart(&self) {
        self.kill();
        let deadline = Instant::now() + START_LIMIT;
        loop {
            match run(&self.options, self.port.address()) {
                Ok(running) => {
                    *self.lock() = Some(running);
                    return;
                }
                // Someone borrowed the port for a moment.
                Err(log) if log.contains("in use") && Instant::now() < deadline => {}
                Err(log) => panic!("redis-server did not start again on {}:\n{log}", self.port.address()),
            }
        }
    }

    fn with_running<T>(&self, act: impl FnOnce(&mut Running) -> T) -> T {
        act(self.lock().as_mut().expect("redis-server was killed; restart it first"))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let log = self.lock().as_ref().map(|running| running.process.log());
        f.debug_struct("Redis").field("address", &self.address()).field("log", &log).finish_non_exhaustive()
    }
}

/// Starts a server and waits until it serves; with its log when it ends instead.
fn run(options: &RedisOptions, address: SocketAddr) -> Result<Running, String> {
    let folder = tempfile::Builder::new().prefix("redis-").tempdir().expect("a temporary folder");
    let command = options.command(address, folder.path());
    let mut process = Process::start(command, End::Kill, folder);
    let deadline = Instant::now() + START_LIMIT;
    loop {
        if let Some(mut client) = Client::connect(address) {
            // Whoever listens there must be ours, not another one that took the port.
            if process.exit_status().is_none() && client.is_logged_in() {
                let record = Record::start(address, &mut client);
                return Ok(Running { process, client, record });
            }
        }
        if process.exit_status().is_some() {
            return Err(process.log());
        }
        assert!(Instant::now() < deadline, "redis-server does not serve after {START_LIMIT:?}:\n{}", process.log());
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[cfg(test)]
mod tests;
