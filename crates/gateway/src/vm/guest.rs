//! All that the host knows about one running guest: what host calls read and change.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use wasmtime::{Memory, StoreLimits, TypedFunc};

use super::plugin::Plugin;
use crate::abi::{Direction, Status};
use crate::calls::expressions::Expressions;
use crate::exchange::{Exchange, Held};
use crate::grpc::GrpcNews;
use crate::headers::Headers;
use crate::limits::Limits;
use crate::module::AbiVersion;
use crate::process::{MetricKind, Process};
use crate::state::Span;
use crate::stream::LocalReply;
use crate::stream::half::Half;
use crate::trace::Running;
use crate::world::{HttpAnswer, LogLine, World};

/// The most requests to resume, answer or close that one callback may make. A gateway has no bound.
const MOST_DEFERRED: usize = 65_536;

pub(crate) struct Guest {
    pub(crate) store_limits: StoreLimits,
    pub(crate) limits: Limits,
    pub(crate) memory: Option<Memory>,
    pub(crate) allocate: Option<TypedFunc<u32, u32>>,
    pub(crate) world: Rc<dyn World>,
    pub(crate) process: Arc<Process>,
    pub(crate) version: AbiVersion,
    /// Its start functions run: few calls are given.
    pub(crate) starting: bool,
    pub(crate) vm_id: String,
    pub(crate) vm_configuration: Vec<u8>,
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) roots: HashMap<u32, Rc<Plugin>>,
    pub(crate) streams: HashMap<u32, Stream>,
    /// The context whose callback runs.
    pub(crate) current: u32,
    /// The context that host calls act on.
    pub(crate) effective: u32,
    /// The root context that may read its plugin's configuration now: while it is created and while it is configured.
    pub(crate) configuring: Option<u32>,
    /// What host calls asked for and what happens when the callback has returned.
    pub(crate) deferred: Vec<Deferred>,
    /// Bytes injected by the callback that runs.
    pub(crate) injected: usize,
    pub(crate) metrics: Vec<(String, MetricKind)>,
    /// Calls whose answer is still to come: token to root context.
    pub(crate) http_calls: HashMap<u32, u32>,
    pub(crate) redis_calls: HashMap<u32, u32>,
    /// gRPC calls and streams that the guest has not done with.
    pub(crate) grpc: HashMap<u32, OpenGrpc>,
    /// Queues that plugins here registered: token to root context.
    pub(crate) queues: HashMap<u32, u32>,
    pub(crate) last_http_call: u32,
    pub(crate) last_redis_call: u32,
    pub(crate) last_grpc_call: u32,
    pub(crate) last_grpc_stream: u32,
    pub(crate) answer: Answer,
    /// What the guest printed and no newline has closed yet: stdout, stderr.
    pub(crate) printed: [Vec<u8>; 2],
    /// What is being recorded.
    pub(crate) running: Running,
    /// Root contexts whose `proxy_on_done` returned false: they stay until `proxy_done`.
    pub(crate) ending: HashSet<u32>,
    /// What contexts declared of the properties that their plugins set; only what root contexts did counts for anything.
    pub(crate) declared: HashMap<(u32, Vec<u8>), Declared>,
    /// The expressions of root contexts.
    pub(crate) expressions: HashMap<u32, Expressions>,
    /// Foreign functions that plugins asked for in vain, as far as the log tells of them: root context and name.
    pub(crate) told: HashSet<(u32, String)>,
    /// A plugin wants a fresh machine.
    pub(crate) rebuild: bool,
}

/// What is declared of a property.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Declared {
    /// It can be set only once in an exchange.
    pub(crate) once: bool,
    /// It is text to expressions, and bytes otherwise.
    pub(crate) text: bool,
    pub(crate) span: Span,
}

/// What the answer of a call shows to the guest during its callback.
#[derive(Debug, Default)]
pub(crate) enum Answer {
    #[default]
    None,
    Http(HttpAnswer),
    /// The call failed: there are no headers and no bytes.
    HttpReset,
    Redis(Vec<u8>),
    Grpc(GrpcNews),
}

/// A gRPC call or stream that the guest has not done with.
#[derive(Debug)]
pub(crate) struct OpenGrpc {
    pub(crate) root: u32,
    /// The guest has closed its side.
    pub(crate) closed_here: bool,
    /// The service has closed its side: nothing more comes.
    pub(crate) closed_there: bool,
}

/// One exchange at one plugin.
pub(crate) struct Stream {
    pub(crate) root: u32,
    pub(crate) exchange: Rc<dyn Exchange>,
    pub(crate) request: Half,
    pub(crate) response: Half,
    /// This plugin answered: what it does afterwards with the request counts no more.
    pub(crate) replied: bool,
    /// The reply was asked for in the callback that runs now.
    pub(crate) reply_pending: bool,
    /// The plugin does not want its header writes to choose another route.
    pub(crate) keep_route: bool,
    /// All headers of the exchange, while the log phase runs.
    pub(crate) log: Option<LogView>,
    pub(crate) life: Life,
    /// The machine crashed and the plugin is to be left out: everything passes untouched.
    pub(crate) bypassed: bool,
}

/// How far a stream context is from its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Life {
    Running,
    /// `proxy_on_done` returned false: the context stays until `proxy_done`.
    Awaited,
    Done,
}

/// What the log phase may read.
#[derive(Clone, Debug, Default)]
pub struct LogView {
    /// As the last plugin left them; `None` when no request was read.
    pub request_headers: Option<Headers>,
    /// `None` when there were none.
    pub request_trailers: Option<Headers>,
    /// `None` when the exchange ended before a response.
    pub response_headers: Option<Headers>,
    /// `None` when there were none.
    pub response_trailers: Option<Headers>,
}

#[derive(Debug)]
pub(crate) enum Deferred {
    Resume(u32, Direction),
    Close(u32),
    Reply(u32, LocalReply),
    Inject(u32, Vec<u8>, bool),
    Done(u32),
}

impl Stream {
    pub(crate) fn half(&mut self, direction: Direction) -> &mut Half {
        match direction {
            Direction::Request => &mut self.request,
            Direction::Response => &mut self.response,
        }
    }

    pub(crate) fn held(&self) -> Held<'_> {
        Held { request: self.request.held_headers(), response: self.response.held_headers() }
    }

    /// Bytes that may be held, where the exchange's 0 is no limit.
    pub(crate) fn limit(&self, direction: Direction) -> usize {
        match self.exchange.buffer_limit(direction) {
            0 => usize::MAX,
            bytes => bytes as usize,
        }
    }
}

impl Guest {
    /// The stream that host calls act on.
    ///
    /// # Errors
    /// `otherwise` on a root context, where most calls about an exchange make no sense.
    pub(crate) fn stream(&mut self, otherwise: Status) -> Result<&mut Stream, Status> {
        self.streams.get_mut(&self.effective).ok_or(otherwise)
    }

    /// The root context that the effective context belongs to.
    pub(crate) fn root(&self) -> u32 {
        self.root_of(self.effective)
    }

    pub(crate) fn root_of(&self, context: u32) -> u32 {
        self.streams.get(&context).map_or(context, |stream| stream.root)
    }

    pub(crate) fn plugin(&self) -> Option<&Rc<Plugin>> {
        self.roots.get(&self.root())
    }

    /// Whether "stop iteration" is about the headers alone: always in 0.2.100, before it where the filter says so.
    pub(crate) fn stops_headers_alone(&self, context: u32) -> bool {
        let plugin = self.streams.get(&context).and_then(|stream| self.roots.get(&stream.root));
        self.version == AbiVersion::V0_2_100 || plugin.is_some_and(|plugin| plugin.allow_on_headers_stop_iteration)
    }

    pub(crate) fn knows(&self, context: u32) -> bool {
        self.roots.contains_key(&context) || self.streams.contains_key(&context)
    }

    /// Notes what is to happen after the callback.
    ///
    /// # Errors
    /// [`Status::InternalFailure`] when one callback asks for more than any plugin could mean.
    pub(crate) fn defer(&mut self, deferred: Deferred) -> Result<(), Status> {
        if let Deferred::Inject(_, bytes, _) = &deferred {
            self.injected = self.injected.saturating_add(bytes.len());
        }
        if self.deferred.len() >= MOST_DEFERRED || self.injected > self.limits.memory {
            return Err(Status::InternalFailure);
        }
        self.deferred.push(deferred);
        Ok(())
    }

    /// A plugin has ended: whatever its calls bring is told to nobody.
    pub(crate) fn forget_calls(&mut self, root: u32) {
        for (token, _) in self.grpc.extract_if(|_, call| call.root == root) {
            self.world.grpc_cancel(token);
            self.running.abandoned(token);
        }
        for calls in [&mut self.http_calls, &mut self.redis_calls] {
            for (token, _) in calls.extract_if(|_, caller| *caller == root) {
                self.running.abandoned(token);
            }
        }
    }

    /// Writes a line in the name of the plugin that runs.
    pub(crate) fn log(&self, level: u32, text: &str) {
        self.record_line(level, text);
        let (plugin, root_id) = self.plugin().map_or(("", ""), |plugin| (&plugin.name, &plugin.root_id));
        self.world.log(LogLine { level, plugin, root_id, vm_id: &self.vm_id, text });
    }
}
