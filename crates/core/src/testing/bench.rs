//! Drives a plugin through the callbacks of a fake gateway.

use super::host::{FakeHost, ROOT, SentReply};
use crate::config;
use crate::exchange::Event;
use crate::host::{Direction, HeaderList, HostError, Pairs};
use crate::logger;
use crate::plugin::Plugin;
use crate::root::Parse;
use crate::runtime::{self, PluginRef};
use crate::slot::{Message, Outcome};
use serde::de::DeserializeOwned;
use std::cell::Cell;
use std::marker::PhantomData;
use std::rc::Rc;
use std::time::Duration;

/// A plugin in a gateway of its own. One a thread: tests of the standard harness each have theirs.
pub struct Bench<P> {
    pub(super) host: Rc<FakeHost>,
    next: Cell<u32>,
    plugin: PhantomData<P>,
}

/// One exchange; dropping it is the client leaving.
pub struct TestExchange {
    host: Rc<FakeHost>,
    id: u32,
    verdict: Cell<u32>,
    /// Whether the plugin hears of the stream's end.
    is_told: Cell<bool>,
}

/// An HTTP call that the plugin made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Envoy cluster.
    pub cluster: String,
    /// Headers, pseudo headers first.
    pub headers: Pairs,
    /// Body.
    pub body: Vec<u8>,
    /// The gateway's timeout in milliseconds.
    pub timeout_ms: u32,
}

impl<P: Plugin + DeserializeOwned> Bench<P> {
    /// Configures the plugin. The error is what it logged when it refused.
    pub fn new(configuration: &str) -> Result<Self, String> {
        let host = FakeHost::install();
        logger::start();
        let parse: Parse = |node| {
            let plugin: P = config::from_node(node)?;
            Ok(Rc::new(plugin) as PluginRef)
        };
        runtime::set_plugin("plugin", parse, P::CLEANUP.sweep());
        runtime::on_delete(ROOT);
        runtime::on_context_create(ROOT, 0);
        let bench = Self { host, next: Cell::new(ROOT + 1), plugin: PhantomData };
        match bench.configure(configuration) {
            true => Ok(bench),
            false => Err(bench.log().join("\n")),
        }
    }

    /// Configures the plugin again; false if it refused, and then the old configuration stays.
    pub fn configure(&self, configuration: &str) -> bool {
        let mut state = self.host.peek();
        state.configuration = configuration.as_bytes().to_vec();
        state.effective = ROOT;
        drop(state);
        runtime::on_configure(ROOT)
    }

    /// A `GET` without a body.
    pub fn get(&self, path: &str) -> TestExchange {
        self.request("GET", path, &[], true)
    }

    /// A request's headers. A body may follow unless `end_of_stream`.
    pub fn request(&self, method: &str, path: &str, headers: &[(&str, &str)], end_of_stream: bool) -> TestExchange {
        let id = self.next.replace(self.next.get() + 1);
        let pseudo = [(":method", method), (":path", path), (":authority", "example.com"), (":scheme", "http")];
        let all = pseudo.iter().chain(headers);
        let mut state = self.host.peek();
        state.effective = id;
        let stream = state.streams.entry(id).or_default();
        let side = stream.side(Direction::Request);
        side.headers = all.map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect();
        side.ended = end_of_stream;
        drop(state);
        let exchange = TestExchange { host: self.host.clone(), id, verdict: Cell::new(0), is_told: Cell::new(true) };
        runtime::on_context_create(id, ROOT);
        exchange.apply(Direction::Request, runtime::on_request_headers(id, end_of_stream));
        exchange
    }

    /// The calls made so far, in order.
    pub fn calls(&self) -> Vec<Call> {
        let state = self.host.peek();
        let call = |call: &super::host::Dispatched| Call {
            cluster: call.cluster.clone(),
            headers: call.headers.clone(),
            body: call.body.clone(),
            timeout_ms: call.timeout_ms,
        };
        state.calls.iter().map(call).collect()
    }

    /// Answers call number `index`.
    pub fn answer(&self, index: usize, status: u16, headers: &[(&str, &str)], body: &str) {
        let mut all: Pairs = vec![(":status".to_owned(), status.to_string().into_bytes())];
        all.extend(headers.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())));
        let body = body.as_bytes().to_vec();
        self.finish_call(index, |max_body| match body.len() {
            size if size > max_body => Outcome::TooLarge(size),
            _ => {
                let headers = HeaderList::new(&all);
                Outcome::Answer(Box::new(Message { headers, body, trailers: HeaderList::default() }))
            }
        });
    }

    /// Breaks call number `index`.
    pub fn break_call(&self, index: usize) {
        self.finish_call(index, |_| Outcome::Reset);
    }

    fn finish_call(&self, index: usize, outcome: impl FnOnce(usize) -> Outcome) {
        let token = {
            let mut state = self.host.peek();
            state.effective = ROOT;
            state.calls.get(index).map(|call| call.token)
        };
        if let Some(token) = token {
            runtime::on_call_done(ROOT, token, outcome);
        }
    }

    /// Makes calls to `cluster` fail at once: the gateway does not know it.
    pub fn forget_cluster(&self, cluster: &str) {
        self.host.peek().clusters.insert(cluster.to_owned(), HostError::BAD_ARGUMENT);
    }

    /// Makes the gateway know a cluster again.
    pub fn remember_cluster(&self, cluster: &str) {
        self.host.peek().clusters.remove(cluster);
    }

    /// Makes a cluster lose its last host.
    pub fn empty_cluster(&self, cluster: &str) {
        self.host.peek().clusters.insert(cluster.to_owned(), HostError::INTERNAL_FAILURE);
    }

    /// Lets time pass, and the gateway's tick with it.
    pub fn advance(&self, time: Duration) {
        let end = self.host.peek().clock + time;
        loop {
            let mut state = self.host.peek();
            match state.tick.filter(|tick| *tick <= end) {
                Some(tick) => {
                    state.clock = tick.max(state.clock);
                    state.tick = None;
                    state.effective = ROOT;
                }
                None => {
                    state.clock = end;
                    return;
                }
            }
            drop(state);
            runtime::on_tick(ROOT);
        }
    }

    /// The fake gateway.
    #[cfg(test)]
    pub(crate) fn host(&self) -> &FakeHost {
        &self.host
    }

    /// Whether the gateway's tick is on.
    pub fn is_ticking(&self) -> bool {
        self.host.peek().tick.is_some()
    }

    /// Sets a property that the gateway shall have, such as `route_name`.
    pub fn set_property(&self, path: &str, value: &[u8]) {
        self.host.peek().properties.insert(path.to_owned(), value.to_vec());
    }

    /// A property as it is now.
    pub fn property(&self, path: &str) -> Option<String> {
        self.host.peek().properties.get(path).map(|value| String::from_utf8_lossy(value).into_owned())
    }

    /// Makes the gateway behave like Higress, which takes `clear_route_cache` for itself. Call it before the first
    /// exchange: core looks once.
    pub fn be_higress(&self) {
        self.host.peek().higress = true;
    }

    /// Log lines so far.
    pub fn log(&self) -> Vec<String> {
        self.host.peek().log.iter().map(|(_, line)| line.clone()).collect()
    }
}

impl TestExchange {
    fn apply(&self, direction: Direction, verdict: u32) {
        self.verdict.set(verdict);
        let mut state = self.host.peek();
        if let Some(stream) = state.streams.get_mut(&self.id).filter(|stream| verdict == 0 && stream.reply.is_none()) {
            stream.side(direction).flush();
        }
    }

    fn event(
        &self,
        direction: Direction,
        change: impl FnOnce(&mut super::side::FakeSide),
        event: impl FnOnce(usize) -> Event,
    ) {
        let mut state = self.host.peek();
        state.effective = self.id;
        let Some(stream) = state.streams.get_mut(&self.id) else { return };
        let side = stream.side(direction);
        change(side);
        side.writable = true;
        let size = side.buffer.len();
        drop(state);
        self.apply(direction, runtime::on_stream_event(self.id, event(size)));
    }

    /// Bytes of the request's body arrive.
    pub fn request_body(&self, bytes: &str, end_of_stream: bool) -> &Self {
        self.body(Direction::Request, bytes, end_of_stream)
    }

    /// The request's trailers arrive.
    pub fn request_trailers(&self, trailers: &[(&str, &str)]) -> &Self {
        self.trailers(Direction::Request, trailers)
    }

    /// The response's headers arrive.
    pub fn response(&self, status: u16, headers: &[(&str, &str)], end_of_stream: bool) -> &Self {
        let mut all: Pairs = vec![(":status".to_owned(), status.to_string().into_bytes())];
        all.extend(headers.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())));
        self.event(
            Direction::Response,
            |side| side.headers = all,
            |_| Event::Headers(Direction::Response, end_of_stream),
        );
        self
    }

    /// Bytes of the response's body arrive.
    pub fn response_body(&self, bytes: &str, end_of_stream: bool) -> &Self {
        self.body(Direction::Response, bytes, end_of_stream)
    }

    /// The response's trailers arrive.
    pub fn response_trailers(&self, trailers: &[(&str, &str)]) -> &Self {
        self.trailers(Direction::Response, trailers)
    }

    fn body(&self, direction: Direction, bytes: &str, end: bool) -> &Self {
        self.event(
            direction,
            |side| side.buffer.extend_from_slice(bytes.as_bytes()),
            |size| Event::Body(direction, size, end),
        );
        self
    }

    fn trailers(&self, direction: Direction, trailers: &[(&str, &str)]) -> &Self {
        let all = trailers.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect();
        self.event(direction, |side| side.trailers = all, |_| Event::Trailers(direction));
        self
    }

    /// The stream's end: the log phase, then its removal.
    pub fn end(&self) {
        self.host.peek().effective = self.id;
        runtime::on_log(self.id);
        runtime::on_delete(self.id);
    }

    /// The stream's end, of which the gateway does not tell a plugin with [`crate::Cleanup::Lazy`].
    pub fn end_untold(self) {
        self.is_told.set(false);
    }

    fn look<T>(&self, direction: Direction, look: impl FnOnce(&super::side::FakeSide) -> T) -> Option<T> {
        self.host.peek().streams.get_mut(&self.id).map(|stream| look(stream.side(direction)))
    }

    fn first(&self, direction: Direction, name: &str) -> Option<String> {
        self.look(direction, |side| {
            let value = side.headers.iter().find(|(key, _)| key == name)?;
            Some(String::from_utf8_lossy(&value.1).into_owned())
        })?
    }

    /// A header of the request as it is now.
    pub fn request_header(&self, name: &str) -> Option<String> {
        self.first(Direction::Request, name)
    }

    /// A header of the response as it is now.
    pub fn response_header(&self, name: &str) -> Option<String> {
        self.first(Direction::Response, name)
    }

    /// A trailer of the response as it is now.
    pub fn response_trailer(&self, name: &str) -> Option<String> {
        self.look(Direction::Response, |side| {
            let value = side.trailers.iter().find(|(key, _)| key == name)?;
            Some(String::from_utf8_lossy(&value.1).into_owned())
        })?
    }

    /// What the upstream has got of the body.
    pub fn upstream_body(&self) -> String {
        self.passed(Direction::Request)
    }

    /// What the client has got of the body.
    pub fn client_body(&self) -> String {
        self.passed(Direction::Response)
    }

    fn passed(&self, direction: Direction) -> String {
        self.look(direction, |side| String::from_utf8_lossy(&side.passed).into_owned()).unwrap_or_default()
    }

    /// Whether the request's headers have gone to the upstream.
    pub fn is_forwarded(&self) -> bool {
        self.look(Direction::Request, |side| side.headers_passed).unwrap_or_default()
    }

    /// Whether the response's headers have gone to the client.
    pub fn is_answered(&self) -> bool {
        self.look(Direction::Response, |side| side.headers_passed).unwrap_or_default()
    }

    /// The reply that the plugin sent.
    pub fn reply(&self) -> Option<SentReply> {
        self.host.peek().streams.get(&self.id).and_then(|stream| stream.reply.clone())
    }

    /// Whether the plugin reset the stream.
    pub fn is_reset(&self) -> bool {
        self.host.peek().streams.get(&self.id).is_some_and(|stream| stream.reset)
    }

    /// How often the gateway was told to go on.
    pub fn resumes(&self) -> usize {
        self.host.peek().streams.get(&self.id).map_or(0, |stream| stream.resumes)
    }

    /// The number that the last callback answered, a header or body state of the ABI.
    pub fn verdict(&self) -> u32 {
        self.verdict.get()
    }
}

impl Drop for TestExchange {
    fn drop(&mut self) {
        if self.is_told.get() {
            runtime::on_delete(self.id);
        }
        self.host.peek().streams.remove(&self.id);
    }
}
