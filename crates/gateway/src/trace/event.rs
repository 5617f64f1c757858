//! One thing that happened in an exchange.

use serde::Serialize;

/// Something that happened, with its place in time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Event {
    /// Microseconds since the exchange began.
    pub at: u64,
    /// Name of the plugin that did it.
    pub plugin: String,
    /// What it was.
    #[serde(flatten)]
    pub happened: Happened,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Happened {
    /// A plugin was called.
    Callback(Callback),
    /// A plugin called a service.
    Call(Called),
    /// A plugin wrote a line.
    Log(Logged),
}

/// A plugin's turn.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Callback {
    /// The callback of the ABI, such as `proxy_on_request_headers`.
    pub name: &'static str,
    /// How often in a row: pieces of a body that went the same way are told once.
    pub times: u32,
    /// Microseconds, summed up; `None` while it runs.
    pub took: Option<u64>,
    /// Bytes of body that the plugin was shown, summed up; `None` where there is none.
    pub body: Option<u64>,
    /// Bytes of body after the plugin, where it made them more or fewer.
    pub body_after: Option<u64>,
    /// Nothing follows in this direction.
    pub end: bool,
    /// What the plugin answered; `None` where it is not asked.
    pub action: Option<Action>,
    /// What it asked for besides, such as `resume request`.
    pub asked: Vec<&'static str>,
    /// What it did to headers and trailers.
    pub changes: Vec<Change>,
    /// The plugin did not come back.
    pub crashed: bool,
}

/// What becomes of what the plugin was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It goes on.
    Continue,
    /// The headers wait, the body still comes to the plugin.
    HoldHeaders,
    /// The body is collected.
    Buffer,
    /// All waits, and the sender is slowed down.
    Pause,
    /// All waits; a body beyond the limit is refused.
    PauseAndBuffer,
    /// These bytes are dropped.
    Drop,
}

/// Which list a change is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum List {
    /// Headers from the client.
    RequestHeaders,
    /// Headers from the upstream.
    ResponseHeaders,
    /// Trailers from the client.
    RequestTrailers,
    /// Trailers from the upstream.
    ResponseTrailers,
}

/// One header that a plugin added, changed or removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Where it stands.
    pub list: List,
    /// In lower case.
    pub name: String,
    /// Its values before, without secrets; none if it was added.
    pub before: Vec<String>,
    /// Its values after, without secrets; none if it was removed.
    pub after: Vec<String>,
}

/// A call to a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Called {
    /// Name of the cluster as the plugin wrote it.
    pub cluster: String,
    /// What was asked.
    pub request: Request,
    /// Microseconds until the answer; `None` while it is awaited.
    pub took: Option<u64>,
    /// How it ended; `None` while it is awaited.
    pub result: Option<Result>,
}

/// What was asked of a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "protocol", rename_all = "snake_case")]
pub enum Request {
    /// An HTTP request.
    Http {
        /// `:method`
        method: String,
        /// `:path` without secrets.
        path: String,
        /// Bytes of its body.
        body: u64,
    },
    /// A gRPC call or stream.
    Grpc {
        /// Service and method, such as `shop.Prices/Get`.
        method: String,
        /// Whether it is a stream.
        stream: bool,
    },
    /// A Redis command: only its name, for its arguments may be anything.
    Redis {
        /// In upper case.
        command: String,
    },
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "ended", rename_all = "snake_case")]
pub enum Result {
    /// An HTTP response came, from the service or from the gateway in its place (503, 504).
    Status {
        /// `:status`
        status: String,
        /// Bytes of its body.
        body: u64,
    },
    /// A Redis reply came.
    Reply {
        /// Its type, or the code of an error.
        reply: String,
        /// Whether it is an error.
        error: bool,
        /// Its bytes.
        size: u64,
    },
    /// A gRPC call or stream was closed.
    Grpc {
        /// In gRPC's numbers; 0 is good.
        status: u32,
        /// Bytes of all messages that came.
        body: u64,
    },
    /// It failed.
    Failed {
        /// Why.
        why: &'static str,
    },
}

/// A line for the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Logged {
    /// 0 trace, 1 debug, 2 info, 3 warn, 4 error, 5 critical.
    pub level: u32,
    /// Without secrets.
    pub text: String,
}

impl Event {
    /// Bytes of the texts in it.
    pub(super) fn bytes(&self) -> usize {
        let own = match &self.happened {
            Happened::Log(line) => line.text.len(),
            Happened::Callback(callback) => callback.changes.iter().map(Change::bytes).sum(),
            Happened::Call(call) => {
                let request = match &call.request {
                    Request::Http { method, path, .. } => method.len() + path.len(),
                    Request::Grpc { method, .. } => method.len(),
                    Request::Redis { command } => command.len(),
                };
                call.cluster.len() + request
            }
        };
        own + self.plugin.len() + size_of::<Self>()
    }
}

impl Change {
    pub(super) fn bytes(&self) -> usize {
        let values = self.before.iter().chain(&self.after).map(String::len).sum::<usize>();
        self.name.len() + values + size_of::<Self>()
    }
}
