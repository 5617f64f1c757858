//! The seam between core and the gateway: everything core may ask of its host, without a proxy-wasm type in it.

pub use crate::header_list::HeaderList;

use std::fmt;
use std::ops::Deref;
use std::time::{Duration, SystemTime};

/// A header list as the host gives it: order and repetitions kept, values as raw bytes.
pub type Pairs = Vec<(String, Vec<u8>)>;

/// Result of a host call.
pub type HostResult<T> = Result<T, HostError>;

/// A status other than `Ok` that the host answered, by its number in the proxy-wasm ABI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostError(pub u32);

impl HostError {
    /// The thing asked for does not exist.
    pub const NOT_FOUND: Self = Self(1);
    /// An argument was refused, or the call is not allowed in this phase.
    pub const BAD_ARGUMENT: Self = Self(2);
    /// Shared data was changed by somebody else since it was read.
    pub const CAS_MISMATCH: Self = Self(8);
    /// The host could not do it, for example because a cluster has no host.
    pub const INTERNAL_FAILURE: Self = Self(10);
    /// This host does not have the function.
    pub const UNIMPLEMENTED: Self = Self(12);
}

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.0 {
            1 => "not found",
            2 => "bad argument",
            3 => "serialization failure",
            4 => "parse failure",
            5 => "bad expression",
            6 => "invalid memory access",
            7 => "empty",
            8 => "compare-and-swap mismatch",
            9 => "result mismatch",
            10 => "internal failure",
            11 => "broken connection",
            12 => "unimplemented",
            other => return write!(f, "host status {other}"),
        };
        write!(f, "host status {} ({name})", self.0)
    }
}

/// A header map of the host, by its number in the ABI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Map {
    /// Headers of the client's request.
    RequestHeaders = 0,
    /// Trailers of the client's request.
    RequestTrailers = 1,
    /// Headers of the response.
    ResponseHeaders = 2,
    /// Trailers of the response.
    ResponseTrailers = 3,
    /// Headers of an HTTP call's response, readable in its callback only.
    CallHeaders = 6,
    /// Trailers of an HTTP call's response, readable in its callback only.
    CallTrailers = 7,
}

/// A buffer of the host, by its number in the ABI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Buffer {
    /// Body of the client's request.
    RequestBody = 0,
    /// Body of the response.
    ResponseBody = 1,
    /// Body of an HTTP call's response, readable in its callback only.
    CallBody = 4,
    /// The plugin's configuration, readable while configuring only.
    PluginConfiguration = 7,
    /// Reply to a Redis command, readable in its callback only. Higress only.
    RedisReply = 9,
}

/// One of the two halves of an exchange, by its stream number in the ABI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Direction {
    /// From the client to the upstream.
    Request = 0,
    /// From the upstream to the client.
    Response = 1,
}

/// Kind of a metric, by its number in the ABI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum MetricKind {
    /// Only grows.
    Counter = 0,
    /// Goes up and down.
    Gauge = 1,
    /// A distribution of values.
    Histogram = 2,
}

/// A reply that the gateway itself shall send.
#[derive(Debug)]
pub struct LocalReply<'a> {
    /// HTTP status.
    pub status: u16,
    /// Text for `%RESPONSE_CODE_DETAILS%` in access logs.
    pub details: &'a str,
    /// Extra headers.
    pub headers: &'a [(String, Vec<u8>)],
    /// Body, may be empty.
    pub body: &'a [u8],
    /// gRPC status, or -1 to let the gateway derive it.
    pub grpc_status: i32,
}

/// An HTTP call that the gateway shall make.
#[derive(Debug)]
pub struct Dispatch<'a> {
    /// Name of the Envoy cluster, exact and case-sensitive.
    pub cluster: &'a str,
    /// Headers with the pseudo headers `:method`, `:path` and `:authority`.
    pub headers: &'a HeaderList,
    /// Body, may be empty.
    pub body: &'a [u8],
    /// When the host gives up, in milliseconds; 0 would mean never.
    pub timeout_ms: u32,
}

/// How the gateway's worker shall talk to a Redis cluster. Holds a password, hence no `Debug`.
#[allow(missing_debug_implementations, reason = "the password must not reach a log")]
pub struct RedisLogin<'a> {
    /// Name of the cluster, with parameters such as `?db=1` behind it.
    pub service: &'a str,
    /// Empty for none.
    pub username: &'a str,
    /// Empty for none.
    pub password: &'a str,
    /// How long a connection may stay silent while an answer is due, in milliseconds; 0 would end each at once.
    pub timeout_ms: u32,
}

/// Everything core asks of the gateway. Statuses come back as values: none of these calls may panic.
///
/// Implemented by the proxy-wasm ABI on wasm32, and by `testing::FakeHost` in native tests.
#[allow(missing_docs, reason = "each method is the ABI call of the same name")]
pub trait Host {
    fn log(&self, level: u32, text: &str);
    fn log_level(&self) -> u32;
    fn now(&self) -> SystemTime;
    fn monotonic(&self) -> Duration;
    fn set_tick_period(&self, period_ms: u32);
    fn set_effective_context(&self, context: u32) -> HostResult<()>;

    fn header(&self, map: Map, name: &str) -> HostResult<Option<Vec<u8>>>;
    fn headers(&self, map: Map) -> HostResult<HeaderList>;
    fn set_header(&self, map: Map, name: &str, value: &[u8]) -> HostResult<()>;
    fn add_header(&self, map: Map, name: &str, value: &[u8]) -> HostResult<()>;
    fn remove_header(&self, map: Map, name: &str) -> HostResult<()>;
    fn set_headers(&self, map: Map, pairs: &[(String, Vec<u8>)]) -> HostResult<()>;

    fn buffer(&self, buffer: Buffer, start: usize, length: usize) -> HostResult<Vec<u8>>;
    fn set_buffer(&self, buffer: Buffer, start: usize, length: usize, bytes: &[u8]) -> HostResult<()>;

    fn property(&self, path: &[&str]) -> HostResult<Option<Vec<u8>>>;
    fn set_property(&self, path: &[&str], value: &[u8]) -> HostResult<()>;

    fn dispatch_http(&self, call: &Dispatch<'_>) -> HostResult<u32>;
    fn init_redis(&self, login: &RedisLogin<'_>) -> HostResult<()>;
    fn call_redis(&self, cluster: &str, command: &[u8]) -> HostResult<u32>;

    fn resume(&self, direction: Direction) -> HostResult<()>;
    fn reset(&self, direction: Direction) -> HostResult<()>;
    fn reply(&self, reply: &LocalReply<'_>) -> HostResult<()>;

    fn define_metric(&self, kind: MetricKind, name: &str) -> HostResult<u32>;
    fn increment_metric(&self, id: u32, by: i64) -> HostResult<()>;
    fn record_metric(&self, id: u32, value: u64) -> HostResult<()>;
    fn metric(&self, id: u32) -> HostResult<u64>;

    fn shared_data(&self, key: &str) -> HostResult<Option<(Vec<u8>, u32)>>;
    fn set_shared_data(&self, key: &str, value: &[u8], cas: u32) -> HostResult<()>;

    fn call_foreign_function(&self, name: &str, argument: &[u8]) -> HostResult<Vec<u8>>;
    fn environment(&self) -> Vec<u8>;
}

/// The host of this VM: the door to every call of the ABI, for the rare plugin that needs one core does not offer. What
/// core decides for an exchange (resume, reply) is better left to it.
///
/// Resolved at compile time on wasm32, so that calls a plugin never makes leave no import behind.
#[cfg(target_arch = "wasm32")]
pub fn host() -> impl Deref<Target = impl Host> {
    &crate::abi::ProxyWasm
}

#[cfg(not(target_arch = "wasm32"))]
thread_local! {
    static INSTALLED: std::cell::RefCell<Option<std::rc::Rc<dyn Host>>> = const { std::cell::RefCell::new(None) };
}

/// The host installed for this thread by [`install`].
#[cfg(not(target_arch = "wasm32"))]
#[allow(clippy::expect_used, reason = "native tests only: a test that forgot to install its host must fail loudly")]
pub fn host() -> impl Deref<Target = impl Host + ?Sized> {
    INSTALLED.with(|slot| slot.borrow().clone()).expect("no host: start the test with `testing::FakeHost::install()`")
}

/// Makes `host` the gateway that core talks to on this thread.
#[cfg(not(target_arch = "wasm32"))]
pub fn install(host: std::rc::Rc<dyn Host>) {
    INSTALLED.with(|slot| *slot.borrow_mut() = Some(host));
}
