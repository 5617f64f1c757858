//! What a virtual machine needs from outside: calls to services, clocks, a place for log lines.

use std::time::{Duration, SystemTime};

use crate::grpc::GrpcCall;
use crate::headers::Headers;

/// The outside of one virtual machine. Each machine has its own, so that answers find their way back.
///
/// No method may call back into the machine: answers are given later, by [`crate::Vm::http_answered`] and its like.
pub trait World {
    /// Starts an HTTP call. `Ok` promises exactly one [`crate::Vm::http_answered`] with this token later.
    ///
    /// # Errors
    /// When no answer will come.
    fn http_call(&self, token: u32, call: HttpCall) -> Result<(), Refused>;

    /// Sets how this worker talks to a Redis cluster from now on, and closes the connections it has.
    ///
    /// # Errors
    /// [`Refused::UnknownCluster`].
    fn redis_init(&self, settings: RedisSettings) -> Result<(), Refused>;

    /// Sends one command as it is. `Ok` promises exactly one [`crate::Vm::redis_answered`] with this token later.
    ///
    /// # Errors
    /// When no answer will come.
    fn redis_call(&self, token: u32, cluster: &str, command: Vec<u8>) -> Result<(), Refused>;

    /// Starts a gRPC call or stream, of which [`crate::Vm::grpc_news`] tells with this token: of a call once, its message
    /// or how it failed, of a stream whatever comes until it is closed.
    ///
    /// # Errors
    /// When nothing will come.
    fn grpc_open(&self, token: u32, call: GrpcCall) -> Result<(), Refused>;

    /// Sends a message into a stream, or nothing; with `end` this side closes. Of a stream that is closed nothing is
    /// sent.
    ///
    /// # Errors
    /// [`Refused::NoHost`] when too much waits to be sent already.
    fn grpc_send(&self, token: u32, message: Option<Vec<u8>>, end: bool) -> Result<(), Refused>;

    /// Breaks a call or stream off: nothing more comes of it.
    fn grpc_cancel(&self, token: u32);

    /// Wants [`crate::Vm::tick`] for this root context after each period; `None` ends it.
    fn set_tick(&self, root: u32, period: Option<Duration>);

    /// Something was put into a shared queue: whoever runs the machines of this process has to tell each of them by
    /// [`crate::Vm::queue_ready`].
    fn queue_filled(&self, token: u32);

    /// Takes a line that the plugin or the host wrote.
    fn log(&self, line: LogLine<'_>);

    /// The level from which lines are wanted: 0 trace to 5 critical, 6 off.
    fn log_level(&self) -> u32;

    /// Wall-clock time.
    fn now(&self) -> SystemTime;

    /// Time since some fixed moment, never going back.
    fn monotonic(&self) -> Duration;

    /// Fills a buffer with random bytes.
    fn random(&self, bytes: &mut [u8]);
}

/// A line for the log.
#[derive(Clone, Copy, Debug)]
pub struct LogLine<'a> {
    /// 0 trace, 1 debug, 2 info, 3 warn, 4 error, 5 critical.
    pub level: u32,
    /// Name of the plugin that was running.
    pub plugin: &'a str,
    /// Root id of the plugin that was running.
    pub root_id: &'a str,
    /// The identity of the machine, often empty.
    pub vm_id: &'a str,
    /// The text; bytes that are no UTF-8 are replaced.
    pub text: &'a str,
}

/// An HTTP call of a plugin.
#[derive(Clone, Debug)]
pub struct HttpCall {
    /// Name of the cluster, exactly as the plugin wrote it.
    pub cluster: String,
    /// With `:method`, `:path` and `:authority`.
    pub headers: Headers,
    /// Empty when there is none.
    pub body: Vec<u8>,
    /// Empty when there are none.
    pub trailers: Headers,
    /// `None` is no timeout at all.
    pub timeout: Option<Duration>,
}

/// What a service answered to an HTTP call.
#[derive(Clone, Debug, Default)]
pub struct HttpAnswer {
    /// With `:status`.
    pub headers: Headers,
    /// The whole body.
    pub body: Vec<u8>,
    /// Empty when there were none.
    pub trailers: Headers,
}

/// How a worker talks to a Redis cluster.
#[derive(Clone)]
pub struct RedisSettings {
    /// Name of the cluster, without parameters.
    pub cluster: String,
    /// Empty when there is none.
    pub username: String,
    /// Empty when there is none.
    pub password: String,
    /// How long a connection may stall before it is closed.
    pub timeout: Duration,
    /// The `key=value` parameters that followed `?` in the name, in order, undecoded.
    pub parameters: Vec<(String, String)>,
}

/// Why a call was not started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// No cluster has this name: the guest sees a bad argument.
    UnknownCluster,
    /// The cluster has no host to talk to, too much waits for its answer already, or the call failed at once: the guest
    /// sees an internal failure.
    NoHost,
}
