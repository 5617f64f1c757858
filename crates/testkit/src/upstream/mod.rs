//! A recording fake upstream on its own threads: a closure decides each answer, faults included.

mod answer;
mod http1;
mod http2;
mod record;

use std::fmt;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::Duration;

pub(crate) use answer::Cut;
pub use answer::{Answer, Fault};
use record::Record;
pub use record::Seen;

use crate::target::Protocol;
use crate::wait::eventually;

/// How long [`Upstream::wait_for`] and the look-ups of a request wait before they fail the test.
const PATIENCE: Duration = Duration::from_secs(5);

/// A fake HTTP server on a free local port. It stops when dropped.
pub struct Upstream {
    address: SocketAddr,
    protocol: Protocol,
    record: Arc<Record>,
    server: Option<JoinHandle<()>>,
}

impl Upstream {
    /// Serves HTTP/1.1; `answer` is asked once for each request, on the thread of its connection.
    pub fn start(answer: impl Fn(&Seen) -> Answer + Send + Sync + 'static) -> Self {
        Self::serve(Protocol::Http1, answer)
    }

    /// Serves HTTP/2 in clear text; a cluster made from this upstream speaks HTTP/2 to it.
    pub fn start_http2(answer: impl Fn(&Seen) -> Answer + Send + Sync + 'static) -> Self {
        Self::serve(Protocol::Http2, answer)
    }

    /// Gives these answers in turn; the last one stays for all further requests.
    ///
    /// # Panics
    /// When there is no answer.
    pub fn script(answers: impl IntoIterator<Item = Answer>) -> Self {
        let answers: Vec<Answer> = answers.into_iter().collect();
        assert!(!answers.is_empty(), "a scripted upstream needs at least one answer");
        let next = std::sync::atomic::AtomicUsize::new(0);
        Self::start(move |_| {
            let turn = next.fetch_add(1, Ordering::Relaxed);
            answers[turn.min(answers.len() - 1)].clone()
        })
    }

    fn serve(protocol: Protocol, answer: impl Fn(&Seen) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free local port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let record = Arc::new(Record::new(answer));
        let shared = Arc::clone(&record);
        let server = std::thread::spawn(move || match protocol {
            Protocol::Http1 => http1::serve(&listener, &shared),
            Protocol::Http2 => http2::serve(listener, &shared),
        });
        Self { address, protocol, record, server: Some(server) }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it speaks.
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// Every request so far, in the order of arrival. A request counts when it has ended, whole or broken.
    pub fn requests(&self) -> Vec<Seen> {
        self.record.requests()
    }

    /// How many requests have begun: their head is here, their body perhaps not yet. Zero proves that a plugin held
    /// everything back.
    pub fn started(&self) -> usize {
        self.record.started.load(Ordering::Relaxed)
    }

    /// How many requests have ended, as in [`requests`](Self::requests).
    pub fn count(&self) -> usize {
        self.record.requests().len()
    }

    /// How many connections were opened to it.
    pub fn connections(&self) -> usize {
        self.record.connections.load(Ordering::Relaxed)
    }

    /// The latest request.
    ///
    /// # Panics
    /// When none has arrived.
    pub fn last(&self) -> Seen {
        self.requests().pop().expect("the upstream was asked at least once")
    }

    /// The one and only request.
    ///
    /// # Panics
    /// When there was none, or more than one.
    pub fn only(&self) -> Seen {
        let mut requests = self.requests();
        assert_eq!(requests.len(), 1, "the upstream was to be asked once, it saw {requests:#?}");
        requests.remove(0)
    }

    /// Waits up to five seconds until `count` requests have arrived and gives them all.
    ///
    /// # Panics
    /// When they do not come in time.
    pub fn wait_for(&self, count: usize) -> Vec<Seen> {
        self.wait_for_within(count, PATIENCE)
    }

    /// As [`wait_for`](Self::wait_for), with a time of your own.
    ///
    /// # Panics
    /// When the requests do not come in time.
    pub fn wait_for_within(&self, count: usize, timeout: Duration) -> Vec<Seen> {
        let enough = || Some(self.requests()).filter(|requests| requests.len() >= count);
        eventually(timeout, enough).unwrap_or_else(|| {
            panic!("waited {timeout:?} for {count} requests, the upstream saw {:#?}", self.requests())
        })
    }
}

impl fmt::Debug for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upstream")
            .field("address", &self.address)
            .field("requests", &self.requests())
            .finish_non_exhaustive()
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.record.stop();
        // The accepting thread sleeps in accept(): one last connection wakes it.
        let _ = std::net::TcpStream::connect(self.address);
        if let Some(server) = self.server.take() {
            let _ = server.join();
        }
        let failed = self.record.panicked.load(Ordering::Relaxed);
        assert!(!failed || std::thread::panicking(), "the upstream's closure panicked, see its message above");
    }
}
