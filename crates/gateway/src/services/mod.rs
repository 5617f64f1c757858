//! The outside of the machines of one worker thread: calls go out over the network, and what comes back arrives in a
//! channel.

mod answer;
mod event;
mod grpc;
mod http_call;
mod net_world;
mod notices;
mod room;
mod tick;

use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::mpsc::UnboundedSender;

pub use event::{Event, EventKind};
pub use grpc::GrpcEvent;
pub use net_world::NetWorld;
pub use notices::{Notice, QueueNotices};
pub use tick::Tick;

use crate::cluster::Clusters;
use crate::log::Log;
use crate::redis::RedisClients;

/// What the machines of one worker thread have in common. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Services {
    clusters: Rc<Clusters>,
    redis: Rc<RedisClients>,
    events: UnboundedSender<Event>,
    notices: Arc<QueueNotices>,
    log: Arc<Log>,
    started: Instant,
}

impl Services {
    /// `events` takes what comes back; `notices` and `log` are shared by all threads.
    pub fn new(
        clusters: Rc<Clusters>,
        events: UnboundedSender<Event>,
        notices: Arc<QueueNotices>,
        log: Arc<Log>,
    ) -> Self {
        let redis = Rc::new(RedisClients::new(Rc::clone(&clusters), Arc::clone(&log)));
        Self { clusters, redis, events, notices, log, started: Instant::now() }
    }

    /// Ends what was begun with clusters that there are no more. To be called when the clusters have changed.
    pub fn clusters_changed(&self) {
        self.redis.forget_gone();
    }

    /// The outside of one machine, which its events name by `machine`. Must be called inside a `LocalSet`.
    ///
    /// When it is dropped, its calls are given up and its ticks end.
    pub fn world(&self, machine: u64) -> Rc<NetWorld> {
        NetWorld::new(self.clone(), machine)
    }
}
