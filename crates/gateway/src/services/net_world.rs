//! The outside of one machine, on the network.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::rc::Rc;
use std::time::{Duration, SystemTime};

use tokio::task::JoinSet;

use super::event::{Event, EventKind};
use super::grpc::{self, GrpcCalls};
use super::room::Room;
use super::tick::Ticks;
use super::{Services, http_call};
use crate::grpc::GrpcCall;
use crate::log::{Component, Level};
use crate::world::{HttpCall, LogLine, RedisSettings, Refused, World};

/// The outside of one machine: what it asks for goes out, and what comes back is sent as [`Event`]s.
pub struct NetWorld {
    services: Services,
    machine: u64,
    ticks: RefCell<HashMap<u32, Ticks>>,
    /// Calls under way; they are given up with the machine.
    calls: RefCell<JoinSet<()>>,
    grpc: GrpcCalls,
    room: Room,
}

impl NetWorld {
    pub(super) fn new(services: Services, machine: u64) -> Rc<Self> {
        services.notices.join(machine, services.events.clone());
        Rc::new(Self {
            services,
            machine,
            ticks: RefCell::default(),
            calls: RefCell::default(),
            grpc: GrpcCalls::default(),
            room: Room::default(),
        })
    }

    /// Says why a call of a plugin goes nowhere: the plugin itself sees no more than a number.
    fn refused(&self, refused: Refused, cluster: &str, what: &str) -> Refused {
        let why = match refused {
            Refused::UnknownCluster => "the configuration has no cluster of this name",
            Refused::NoHost => "it has no host, or too much waits for it already",
        };
        let text = format_args!("{what} to the cluster {cluster:?} is refused: {why}");
        self.services.log.write(Component::Wasm, Level::Warn, text);
        refused
    }
}

impl World for NetWorld {
    fn http_call(&self, token: u32, call: HttpCall) -> Result<(), Refused> {
        let services = &self.services;
        let refused = |why| self.refused(why, &call.cluster, "an HTTP call");
        let cluster = services.clusters.get(&call.cluster).ok_or_else(|| refused(Refused::UnknownCluster))?;
        let host = cluster.choose(None).map_err(|_| refused(Refused::NoHost))?;
        let open = self.room.call(size(&call)).ok_or_else(|| refused(Refused::NoHost))?;
        let answered = self.room.answered.clone();
        let (machine, events, log) = (self.machine, services.events.clone(), services.log.clone());
        let mut calls = self.calls.borrow_mut();
        while calls.try_join_next().is_some() {}
        calls.spawn_local(async move {
            let (answer, room) = http_call::run(&cluster, &host, call, &answered, &log).await;
            drop(open);
            // Nobody is left to hear it when the thread ends.
            let _ = events.send(Event { machine, kind: EventKind::Http { token, answer }, _room: room });
        });
        Ok(())
    }

    fn redis_init(&self, settings: RedisSettings) -> Result<(), Refused> {
        let outcome = self.services.redis.init(&settings);
        outcome.map_err(|refused| self.refused(refused, &settings.cluster, "Redis"))
    }

    fn redis_call(&self, token: u32, cluster: &str, command: Vec<u8>) -> Result<(), Refused> {
        let (machine, events) = (self.machine, self.services.events.clone());
        let (answered, log, asked) = (self.room.answered.clone(), self.services.log.clone(), cluster.to_owned());
        let answer = Box::new(move |reply: Option<Vec<u8>>| {
            let room = reply.as_ref().and_then(|reply| answered.take(reply.len()));
            if reply.is_some() && room.is_none() {
                let text = format_args!("a reply of the Redis cluster {asked:?} is dropped: too many answers wait");
                log.write(Component::Wasm, Level::Warn, text);
            }
            let reply = reply.filter(|_| room.is_some());
            let _ = events.send(Event { machine, kind: EventKind::Redis { token, reply }, _room: room });
        });
        let outcome = self.services.redis.call(cluster, command, answer);
        outcome.map_err(|refused| self.refused(refused, cluster, "a Redis command"))
    }

    fn grpc_open(&self, token: u32, call: GrpcCall) -> Result<(), Refused> {
        let services = &self.services;
        let name = call.cluster.clone();
        let from = grpc::Asking {
            machine: self.machine,
            token,
            events: &services.events,
            room: &self.room,
            log: &services.log,
        };
        let cluster = services.clusters.get(&name).ok_or(Refused::UnknownCluster);
        let outcome = cluster.and_then(|cluster| {
            let host = cluster.choose(None).map_err(|_| Refused::NoHost)?;
            self.grpc.start(&from, cluster, host, call)
        });
        outcome.map_err(|refused| self.refused(refused, &name, "a gRPC call"))
    }

    fn grpc_send(&self, token: u32, message: Option<Vec<u8>>, end: bool) -> Result<(), Refused> {
        self.grpc.send(token, &self.room, message.as_deref(), end)
    }

    fn grpc_cancel(&self, token: u32) {
        self.grpc.cancel(token);
    }

    fn set_tick(&self, root: u32, period: Option<Duration>) {
        let mut ticks = self.ticks.borrow_mut();
        if period.is_some() || ticks.contains_key(&root) {
            let start = || Ticks::start(self.machine, root, self.services.events.clone());
            ticks.entry(root).or_insert_with(start).set(period);
        }
    }

    fn queue_filled(&self, token: u32) {
        self.services.notices.filled(token);
    }

    fn log(&self, line: LogLine<'_>) {
        self.services.log.plugin(line);
    }

    fn log_level(&self) -> u32 {
        self.services.log.level(Component::Wasm) as u32
    }

    fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    fn monotonic(&self) -> Duration {
        self.services.started.elapsed()
    }

    fn random(&self, bytes: &mut [u8]) {
        if let Err(error) = getrandom::fill(bytes) {
            let text = format_args!("the system gives no random bytes: {error}");
            self.services.log.write(Component::Wasm, Level::Critical, text);
        }
    }
}

/// Bytes of what a call asks.
fn size(call: &HttpCall) -> usize {
    call.headers.bytes() + call.trailers.bytes() + call.body.len()
}

impl Drop for NetWorld {
    fn drop(&mut self) {
        self.services.notices.leave(self.machine, &self.services.events);
    }
}

impl fmt::Debug for NetWorld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NetWorld").field("machine", &self.machine).finish_non_exhaustive()
    }
}
