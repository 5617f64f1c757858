//! A gateway that serves, as a test sees it: requests in, logs and metrics out.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use crate::client::{Connection, Request};
use crate::engine::RunningEngine;
use crate::secret;
use crate::stats::Stats;
use crate::wait::eventually;

/// How much of the log a failed test shows.
const LOG_TAIL: usize = 60;

/// A running gateway. It ends when dropped; if the test is failing then, the end of its log is printed. If not, the test
/// fails should the gateway show a secret: see [`SECRET`](crate::SECRET).
pub struct RunningGateway {
    engine: RunningEngine,
}

impl RunningGateway {
    pub(crate) fn new(engine: RunningEngine) -> Self {
        Self { engine }
    }

    /// Where clients connect.
    pub fn address(&self) -> SocketAddr {
        self.engine.address()
    }

    /// A GET request.
    pub fn get(&self, path: &str) -> Request {
        self.request("GET", path)
    }

    /// A POST request with this body.
    pub fn post(&self, path: &str, body: impl AsRef<[u8]>) -> Request {
        self.request("POST", path).body(body)
    }

    /// A request of any method.
    pub fn request(&self, method: &str, path: &str) -> Request {
        Request::new(self.address(), method, path)
    }

    /// A connection for keep-alive or for raw bytes, good for ten seconds.
    pub fn connect(&self) -> Connection {
        Connection::open(self.address(), Duration::from_secs(10))
    }

    /// Everything logged so far.
    pub fn log(&self) -> String {
        self.engine.log()
    }

    /// Whether the log contains `text` by now.
    pub fn log_contains(&self, text: &str) -> bool {
        self.log().contains(text)
    }

    /// The lines that plugins logged, such as `[<time>][<thread>][info][wasm] [<source>] wasm log <vm id>: hello`.
    pub fn wasm_log(&self) -> Vec<String> {
        self.log().lines().filter(|line| line.contains("wasm log")).map(ToOwned::to_owned).collect()
    }

    /// Waits for a line of the log that contains `text` and gives the line.
    ///
    /// # Panics
    /// When none comes within `timeout`.
    pub fn wait_for_log(&self, text: &str, timeout: Duration) -> String {
        let find = || self.log().lines().find(|line| line.contains(text)).map(ToOwned::to_owned);
        eventually(timeout, find).unwrap_or_else(|| panic!("waited {timeout:?} for {text:?} in the gateway's log"))
    }

    /// The lines of the access log so far. A line comes some milliseconds after its request has ended.
    pub fn access_log(&self) -> Vec<String> {
        self.engine.access_log()
    }

    /// Waits up to five seconds for `count` lines of the access log and gives them all.
    ///
    /// # Panics
    /// When they do not come.
    pub fn wait_for_access_log(&self, count: usize) -> Vec<String> {
        let enough = || Some(self.access_log()).filter(|lines| lines.len() >= count);
        eventually(Duration::from_secs(5), enough)
            .unwrap_or_else(|| panic!("waited for {count} lines of the access log, got {:#?}", self.access_log()))
    }

    /// A snapshot of all counters and gauges.
    pub fn stats(&self) -> Stats {
        self.engine.stats()
    }

    /// The counters and gauges once `complete` says that all is in: plugins tell of their counts up to a tenth of a second
    /// later.
    ///
    /// # Panics
    /// When that is not within `timeout`.
    pub fn stats_when(&self, timeout: Duration, complete: impl Fn(&Stats) -> bool) -> Stats {
        eventually(timeout, || Some(self.stats()).filter(&complete))
            .unwrap_or_else(|| panic!("waited {timeout:?} for metrics: {:?}", self.stats().matching("wasmcustom")))
    }

    /// Waits until the metric `name` is `value`.
    ///
    /// # Panics
    /// When it is not within `timeout`.
    pub fn wait_for_stat(&self, name: &str, value: u64, timeout: Duration) {
        let reached = || (self.stats().get(name) == Some(value)).then_some(());
        eventually(timeout, reached)
            .unwrap_or_else(|| panic!("waited {timeout:?} for {name} = {value}, it is {:?}", self.stats().get(name)));
    }

    /// Waits until the histogram `name` of a plugin, such as `token_fetcher.fetch_ms`, has `count` samples, and gives their
    /// sum. Envoy tells of a sample up to five seconds later.
    ///
    /// # Panics
    /// When it does not have so many within `timeout`.
    pub fn wait_for_samples(&self, name: &str, count: u64, timeout: Duration) -> f64 {
        let found = || self.engine.samples(name).filter(|(samples, _)| *samples == count).map(|(_, sum)| sum);
        eventually(timeout, found).unwrap_or_else(|| {
            panic!("waited {timeout:?} for {count} samples of {name}: {:?}", self.engine.samples(name))
        })
    }

    /// The gateway's memory now, in KiB.
    ///
    /// # Panics
    /// Elsewhere than on Linux, which tells it in `/proc`.
    pub fn memory_kib(&self) -> u64 {
        self.memory("VmRSS:")
    }

    /// The most memory that the gateway has had so far, in KiB.
    ///
    /// # Panics
    /// As [`memory_kib`](Self::memory_kib).
    pub fn peak_memory_kib(&self) -> u64 {
        self.memory("VmHWM:")
    }

    fn memory(&self, field: &str) -> u64 {
        let path = format!("/proc/{}/status", self.engine.id());
        let status = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("cannot read {path}: {error}"));
        let value =
            status.lines().find_map(|line| line.strip_prefix(field)).and_then(|it| it.split_whitespace().next());
        value.and_then(|it| it.parse().ok()).unwrap_or_else(|| panic!("no {field} in {path}:\n{status}"))
    }

    /// Changes the log level of a component, such as `wasm`, while the gateway runs.
    pub fn set_log_level(&self, component: &str, level: &str) {
        self.engine.set_log_level(component, level);
    }
}

impl fmt::Debug for RunningGateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a gateway serving on {} with the log\n{}", self.address(), self.log())
    }
}

impl Drop for RunningGateway {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = self.log();
            let lines: Vec<&str> = log.lines().collect();
            let tail = &lines[lines.len().saturating_sub(LOG_TAIL)..];
            eprintln!("--- end of the log of {}\n{}", self.engine.engine(), tail.join("\n"));
            return;
        }
        for (place, text) in self.engine.shown() {
            if let Some(line) = secret::shown_in(&text) {
                panic!("{} shows a secret of the test in {place}: {line}", self.engine.engine());
            }
        }
    }
}
