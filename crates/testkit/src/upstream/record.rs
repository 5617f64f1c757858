//! What an upstream has seen, shared by the threads of its connections.

use std::collections::HashMap;
use std::fmt;
use std::net::{Shutdown, TcpStream};
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::body::shown;
use crate::headers::Headers;
use crate::upstream::Answer;

/// One request as the upstream got it.
#[derive(Clone)]
pub struct Seen {
    /// The method.
    pub method: String,
    /// The target with its query, undecoded.
    pub path: String,
    /// The fields in order. Under HTTP/2 `:authority` stands first, as `host`.
    pub headers: Headers,
    /// The body, or what came of it.
    pub body: Vec<u8>,
    /// The trailers.
    pub trailers: Headers,
    /// False when the gateway went away in the middle.
    pub complete: bool,
    /// When its head had arrived.
    pub at: Instant,
}

impl Seen {
    /// The first value of a header.
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.headers.get(name)
    }

    /// The first value of a header as text.
    ///
    /// # Panics
    /// When the value is not UTF-8.
    pub fn header_text(&self, name: &str) -> Option<&str> {
        self.headers.text(name)
    }

    /// The body as text.
    ///
    /// # Panics
    /// When it is not UTF-8.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("a body in UTF-8")
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// When it is not JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("body is not JSON ({error}): {}", self.body.escape_ascii()))
    }
}

impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seen")
            .field("method", &self.method)
            .field("path", &self.path)
            .field("headers", &self.headers)
            .field("body", &format_args!("{}", shown(&self.body)))
            .field("trailers", &self.trailers)
            .field("complete", &self.complete)
            .finish_non_exhaustive()
    }
}

/// The closure, the requests so far, and the way to stop.
pub(crate) struct Record {
    answer: Box<dyn Fn(&Seen) -> Answer + Send + Sync>,
    requests: Mutex<Vec<Seen>>,
    sockets: Mutex<HashMap<usize, TcpStream>>,
    stopped: Mutex<bool>,
    stop_signal: Condvar,
    pub(crate) connections: AtomicUsize,
    pub(crate) started: AtomicUsize,
    pub(crate) panicked: AtomicBool,
}

impl Record {
    pub(crate) fn new(answer: impl Fn(&Seen) -> Answer + Send + Sync + 'static) -> Self {
        Self {
            answer: Box::new(answer),
            requests: Mutex::default(),
            sockets: Mutex::default(),
            stopped: Mutex::default(),
            stop_signal: Condvar::new(),
            connections: AtomicUsize::new(0),
            started: AtomicUsize::new(0),
            panicked: AtomicBool::new(false),
        }
    }

    pub(crate) fn requests(&self) -> Vec<Seen> {
        lock(&self.requests).clone()
    }

    pub(crate) fn add(&self, seen: Seen) {
        lock(&self.requests).push(seen);
    }

    /// Records a whole request and asks the closure. A panic in it becomes a broken connection, told again at drop.
    pub(crate) fn answer(&self, seen: Seen) -> Answer {
        // Recorded first: whoever has the reply can look the request up.
        self.add(seen.clone());
        std::panic::catch_unwind(AssertUnwindSafe(|| (self.answer)(&seen))).unwrap_or_else(|_| {
            self.panicked.store(true, Ordering::Relaxed);
            Answer::reset()
        })
    }

    /// Keeps a handle on an open connection, so that stopping can wake who reads from it.
    pub(crate) fn opened(&self, stream: &TcpStream) -> usize {
        let id = self.connections.fetch_add(1, Ordering::Relaxed);
        if let Ok(handle) = stream.try_clone() {
            lock(&self.sockets).insert(id, handle);
        }
        id
    }

    /// Drops the handle. A reset goes out only when the last handle of a socket is closed.
    pub(crate) fn closed(&self, id: usize) {
        lock(&self.sockets).remove(&id);
    }

    /// Sleeps, but not longer than the upstream lives. False when it was stopped.
    pub(crate) fn sleep(&self, time: Duration) -> bool {
        let running = self.stop_signal.wait_timeout_while(lock(&self.stopped), time, |stopped| !*stopped);
        !*running.unwrap_or_else(PoisonError::into_inner).0
    }

    pub(crate) fn is_stopped(&self) -> bool {
        *lock(&self.stopped)
    }

    pub(crate) fn stop(&self) {
        *lock(&self.stopped) = true;
        self.stop_signal.notify_all();
        for (_, socket) in lock(&self.sockets).drain() {
            let _ = socket.shutdown(Shutdown::Both);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
