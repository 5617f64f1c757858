//! A gateway made of plain data, which calls back into core whenever it is called.

use super::side::FakeSide;
use crate::host::{
    Buffer, Direction, Dispatch, HeaderList, Host, HostError, HostResult, LocalReply, Map, MetricKind, Pairs,
    RedisLogin, install,
};
use crate::runtime;
use crate::slot::Outcome;
use std::cell::{Cell, RefCell, RefMut};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::{Duration, SystemTime};

/// A local reply as the gateway was told to send it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentReply {
    /// HTTP status.
    pub status: u16,
    /// Details for access logs.
    pub details: String,
    /// Extra headers.
    pub headers: Pairs,
    /// Body.
    pub body: Vec<u8>,
    /// gRPC status, -1 for none.
    pub grpc_status: i32,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Stream {
    request: FakeSide,
    response: FakeSide,
    pub(super) reply: Option<SentReply>,
    pub(super) reset: bool,
    pub(super) resumes: usize,
}

#[derive(Clone, Debug)]
pub(super) struct Dispatched {
    pub(super) token: u32,
    pub(super) cluster: String,
    pub(super) headers: Pairs,
    pub(super) body: Vec<u8>,
    pub(super) timeout_ms: u32,
}

/// What the plugin told the gateway of a Redis cluster.
#[derive(Clone, PartialEq, Eq)]
pub struct RedisInit {
    /// Name of the cluster, with the parameters behind it.
    pub service: String,
    /// Empty for none.
    pub username: String,
    /// Empty for none.
    pub password: String,
    /// How long a connection may stay silent, in milliseconds.
    pub timeout_ms: u32,
}

#[derive(Clone)]
pub(super) struct SentCommand {
    pub(super) token: u32,
    pub(super) cluster: String,
    pub(super) bytes: Vec<u8>,
    pub(super) answered: bool,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) streams: BTreeMap<u32, Stream>,
    pub(super) calls: Vec<Dispatched>,
    pub(super) redis_inits: Vec<RedisInit>,
    pub(super) redis_calls: Vec<SentCommand>,
    pub(super) log: Vec<(u32, String)>,
    pub(super) properties: BTreeMap<String, Vec<u8>>,
    pub(super) clusters: BTreeMap<String, HostError>,
    pub(super) configuration: Vec<u8>,
    pub(super) effective: u32,
    pub(super) tick: Option<Duration>,
    pub(super) clock: Duration,
    pub(super) higress: bool,
    environment: Vec<u8>,
    shared: BTreeMap<String, (Vec<u8>, u32)>,
    metrics: Vec<(String, u64)>,
}

impl Stream {
    pub(super) fn side(&mut self, direction: Direction) -> &mut FakeSide {
        match direction {
            Direction::Request => &mut self.request,
            Direction::Response => &mut self.response,
        }
    }
}

/// The fake gateway of one thread.
#[derive(Default)]
pub struct FakeHost {
    state: RefCell<State>,
    inside: Cell<bool>,
}

pub(super) const ROOT: u32 = 1;

impl FakeHost {
    /// Lets time pass, without any tick.
    #[cfg(test)]
    pub(crate) fn advance_clock(&self, time: Duration) {
        self.state().clock += time;
    }

    /// Makes a fresh fake gateway the host of this thread.
    pub fn install() -> Rc<Self> {
        let host = Rc::new(Self::default());
        install(host.clone());
        host
    }

    /// Sets the environment of the VM.
    pub fn set_environment(&self, variables: &[(&str, &str)]) {
        let lines = variables.iter().map(|(name, value)| format!("{name}={value}\0"));
        self.peek().environment = lines.collect::<String>().into_bytes();
    }

    /// The state, after calling back into core in every way a gateway can: whoever holds a borrow now, panics.
    pub(super) fn state(&self) -> RefMut<'_, State> {
        if !self.inside.replace(true) {
            let effective = self.state.borrow().effective;
            runtime::on_tick(ROOT);
            runtime::on_call_done(ROOT, u32::MAX, |_| Outcome::Reset);
            runtime::on_context_create(u32::MAX, ROOT);
            runtime::on_delete(u32::MAX);
            self.state.borrow_mut().effective = effective;
            self.inside.set(false);
        }
        self.state.borrow_mut()
    }

    /// Has it know a context that is no exchange of the bench.
    #[cfg(test)]
    pub(crate) fn know(&self, context: u32) {
        self.peek().streams.entry(context).or_default();
    }

    /// Has it know a context no more, without telling.
    #[cfg(test)]
    pub(crate) fn forget(&self, context: u32) {
        self.peek().streams.remove(&context);
    }

    /// Has it call back no more, for tests of what happens between two callbacks.
    #[cfg(test)]
    pub(crate) fn keep_to_itself(&self) {
        self.inside.set(true);
    }

    /// The state as tests look at it.
    pub(super) fn peek(&self) -> RefMut<'_, State> {
        self.state.borrow_mut()
    }

    fn in_side<T>(&self, direction: Direction, work: impl FnOnce(&mut FakeSide) -> HostResult<T>) -> HostResult<T> {
        let mut state = self.state();
        let effective = state.effective;
        let stream = state.streams.get_mut(&effective).ok_or(HostError::BAD_ARGUMENT)?;
        work(stream.side(direction))
    }

    fn in_map<T>(&self, map: Map, work: impl FnOnce(&mut Pairs) -> HostResult<T>) -> HostResult<T> {
        let trailers = matches!(map, Map::RequestTrailers | Map::ResponseTrailers);
        let direction = match map {
            Map::RequestHeaders | Map::RequestTrailers => Direction::Request,
            _ => Direction::Response,
        };
        self.in_side(direction, |side| work(if trailers { &mut side.trailers } else { &mut side.headers }))
    }
}

impl Host for FakeHost {
    fn log(&self, level: u32, text: &str) {
        self.state().log.push((level, text.to_owned()));
    }

    fn log_level(&self) -> u32 {
        0
    }

    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + self.state().clock
    }

    fn monotonic(&self) -> Duration {
        self.state().clock
    }

    fn set_tick_period(&self, period_ms: u32) {
        let mut state = self.state();
        state.tick = (period_ms > 0).then(|| state.clock + Duration::from_millis(u64::from(period_ms)));
    }

    fn set_effective_context(&self, context: u32) -> HostResult<()> {
        let mut state = self.state();
        if context != ROOT && !state.streams.contains_key(&context) {
            return Err(HostError::BAD_ARGUMENT);
        }
        state.effective = context;
        Ok(())
    }

    fn header(&self, map: Map, name: &str) -> HostResult<Option<Vec<u8>>> {
        self.in_map(map, |pairs| Ok(pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())))
    }

    fn headers(&self, map: Map) -> HostResult<HeaderList> {
        self.in_map(map, |pairs| Ok(HeaderList::new(pairs)))
    }

    fn set_header(&self, map: Map, name: &str, value: &[u8]) -> HostResult<()> {
        self.in_map(map, |pairs| {
            pairs.retain(|(key, _)| key != name);
            pairs.push((name.to_owned(), value.to_vec()));
            Ok(())
        })
    }

    fn add_header(&self, map: Map, name: &str, value: &[u8]) -> HostResult<()> {
        self.in_map(map, |pairs| {
            pairs.push((name.to_owned(), value.to_vec()));
            Ok(())
        })
    }

    fn remove_header(&self, map: Map, name: &str) -> HostResult<()> {
        self.in_map(map, |pairs| {
            pairs.retain(|(key, _)| key != name);
            Ok(())
        })
    }

    fn set_headers(&self, map: Map, list: &[(String, Vec<u8>)]) -> HostResult<()> {
        self.in_map(map, |pairs| {
            *pairs = list.to_vec();
            Ok(())
        })
    }

    fn buffer(&self, buffer: Buffer, start: usize, length: usize) -> HostResult<Vec<u8>> {
        let cut = |bytes: &[u8]| bytes.iter().skip(start).take(length).copied().collect();
        match buffer {
            Buffer::PluginConfiguration => Ok(cut(&self.state().configuration)),
            Buffer::CallBody | Buffer::RedisReply => Err(HostError::NOT_FOUND),
            Buffer::RequestBody => self.in_side(Direction::Request, |side| Ok(cut(&side.buffer))),
            Buffer::ResponseBody => self.in_side(Direction::Response, |side| Ok(cut(&side.buffer))),
        }
    }

    fn set_buffer(&self, buffer: Buffer, start: usize, length: usize, bytes: &[u8]) -> HostResult<()> {
        let direction = if buffer == Buffer::RequestBody { Direction::Request } else { Direction::Response };
        self.in_side(direction, |side| match side.writable && side.set_buffer(start, length, bytes) {
            true => Ok(()),
            false => Err(HostError::BAD_ARGUMENT),
        })
    }

    fn property(&self, path: &[&str]) -> HostResult<Option<Vec<u8>>> {
        Ok(self.state().properties.get(&path.join(".")).cloned())
    }

    fn set_property(&self, path: &[&str], value: &[u8]) -> HostResult<()> {
        let mut state = self.state();
        let name = path.join(".");
        if !(state.higress && name == "clear_route_cache") {
            state.properties.insert(name, value.to_vec());
        }
        Ok(())
    }

    fn dispatch_http(&self, call: &Dispatch<'_>) -> HostResult<u32> {
        let mut state = self.state();
        if let Some(error) = state.clusters.get(call.cluster) {
            return Err(*error);
        }
        let token = 4 * (state.calls.len() as u32 + 1);
        state.calls.push(Dispatched {
            token,
            cluster: call.cluster.to_owned(),
            headers: call.headers.decode(),
            body: call.body.to_vec(),
            timeout_ms: call.timeout_ms,
        });
        Ok(token)
    }

    fn init_redis(&self, login: &RedisLogin<'_>) -> HostResult<()> {
        let mut state = self.state();
        let cluster = login.service.split('?').next().unwrap_or_default();
        if let Some(error) = state.clusters.get(cluster).filter(|error| **error != HostError::INTERNAL_FAILURE) {
            return Err(*error);
        }
        state.redis_inits.push(RedisInit {
            service: login.service.to_owned(),
            username: login.username.to_owned(),
            password: login.password.to_owned(),
            timeout_ms: login.timeout_ms,
        });
        Ok(())
    }

    fn call_redis(&self, cluster: &str, command: &[u8]) -> HostResult<u32> {
        let mut state = self.state();
        if let Some(error) = state.clusters.get(cluster) {
            return Err(*error);
        }
        // The two lowest bits tell the kinds of calls apart; Redis has 3.
        let token = 4 * (state.redis_calls.len() as u32 + 1) + 3;
        let bytes = command.to_vec();
        state.redis_calls.push(SentCommand { token, cluster: cluster.to_owned(), bytes, answered: false });
        Ok(token)
    }

    fn resume(&self, direction: Direction) -> HostResult<()> {
        let mut state = self.state();
        let effective = state.effective;
        if let Some(stream) = state.streams.get_mut(&effective) {
            stream.resumes += 1;
            stream.side(direction).flush();
        }
        Ok(())
    }

    fn reset(&self, _: Direction) -> HostResult<()> {
        let mut state = self.state();
        let effective = state.effective;
        if let Some(stream) = state.streams.get_mut(&effective) {
            stream.reset = true;
        }
        Ok(())
    }

    fn reply(&self, reply: &LocalReply<'_>) -> HostResult<()> {
        let mut state = self.state();
        let effective = state.effective;
        let stream = state.streams.get_mut(&effective).ok_or(HostError::BAD_ARGUMENT)?;
        stream.reply.get_or_insert_with(|| SentReply {
            status: reply.status,
            details: reply.details.to_owned(),
            headers: reply.headers.to_vec(),
            body: reply.body.to_vec(),
            grpc_status: reply.grpc_status,
        });
        Ok(())
    }

    fn define_metric(&self, _: MetricKind, name: &str) -> HostResult<u32> {
        let mut state = self.state();
        state.metrics.push((name.to_owned(), 0));
        Ok(state.metrics.len() as u32 - 1)
    }

    fn increment_metric(&self, id: u32, by: i64) -> HostResult<()> {
        let mut state = self.state();
        let (_, value) = state.metrics.get_mut(id as usize).ok_or(HostError::NOT_FOUND)?;
        *value = value.saturating_add_signed(by);
        Ok(())
    }

    fn record_metric(&self, id: u32, value: u64) -> HostResult<()> {
        let mut state = self.state();
        state.metrics.get_mut(id as usize).ok_or(HostError::NOT_FOUND)?.1 = value;
        Ok(())
    }

    fn metric(&self, id: u32) -> HostResult<u64> {
        self.state().metrics.get(id as usize).map(|(_, value)| *value).ok_or(HostError::NOT_FOUND)
    }

    fn shared_data(&self, key: &str) -> HostResult<Option<(Vec<u8>, u32)>> {
        Ok(self.state().shared.get(key).cloned())
    }

    fn set_shared_data(&self, key: &str, value: &[u8], cas: u32) -> HostResult<()> {
        let mut state = self.state();
        let version = state.shared.get(key).map_or(0, |(_, version)| *version);
        if cas != 0 && cas != version {
            return Err(HostError::CAS_MISMATCH);
        }
        state.shared.insert(key.to_owned(), (value.to_vec(), version + 1));
        Ok(())
    }

    fn call_foreign_function(&self, _: &str, _: &[u8]) -> HostResult<Vec<u8>> {
        Err(HostError::NOT_FOUND)
    }

    fn environment(&self) -> Vec<u8> {
        self.state().environment.clone()
    }
}
