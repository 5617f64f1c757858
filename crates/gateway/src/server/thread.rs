//! One worker thread: its plugins, its clusters, the connections that it was given.

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::{SocketAddr, TcpStream};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{oneshot, watch};
use tokio::task::{JoinSet, LocalSet};

use super::connection::{self, Peer};
use super::generation::Generation;
use super::http_stats::HttpStats;
use super::plugins::Plugins;
use super::site::Site;
use super::slot::Slot;
use crate::admin::Stats;
use crate::cluster::Clusters;
use crate::engine::Engine;
use crate::log::{Component, Level, Log};
use crate::services::{Event, QueueNotices, Services};
use crate::worker::{MachineId, NotStarted, Worker};

/// How long connections may take to end what is under way when the gateway stops.
const DRAIN: Duration = Duration::from_secs(1);

/// What a thread is told.
pub(super) enum Order {
    /// Serve this connection of the listener with this key.
    Serve { key: String, stream: TcpStream, remote: SocketAddr },
    /// Let requests from now on find this configuration, and tell whether that went well.
    Take(Arc<Generation>, oneshot::Sender<Result<(), String>>),
    /// End.
    Stop,
}

/// What all threads share.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) engine: Engine,
    pub(super) log: Arc<Log>,
    pub(super) notices: Arc<QueueNotices>,
    pub(super) stats: Arc<Stats>,
}

/// A thread that runs.
pub(super) struct Handle {
    pub(super) orders: UnboundedSender<Order>,
    pub(super) thread: std::thread::JoinHandle<()>,
}

/// Starts a thread.
///
/// # Errors
/// When the system gives none.
pub(super) fn start(number: usize, shared: Shared) -> std::io::Result<Handle> {
    let (orders, inbox) = unbounded_channel();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let thread = std::thread::Builder::new().name(format!("worker {number}")).spawn(move || {
        let local = LocalSet::new();
        local.block_on(&runtime, async move { Thread::new(number, &shared).run(inbox).await });
        drop(local);
        // Nobody needs the names that are still being looked up.
        runtime.shutdown_background();
    })?;
    Ok(Handle { orders, thread })
}

struct Thread {
    number: usize,
    engine: Engine,
    log: Arc<Log>,
    stats: Arc<Stats>,
    clusters: Rc<Clusters>,
    services: Services,
    plugins: Rc<Plugins>,
    events: UnboundedReceiver<Event>,
    slots: HashMap<String, Rc<Slot>>,
    connections: JoinSet<()>,
    stop: watch::Sender<bool>,
}

impl Thread {
    fn new(number: usize, shared: &Shared) -> Self {
        let clusters = Clusters::new(&[], &shared.log);
        let (sender, events) = unbounded_channel();
        let (log, notices) = (Arc::clone(&shared.log), Arc::clone(&shared.notices));
        let services = Services::new(Rc::clone(&clusters), sender, notices, Arc::clone(&log));
        let worlds = services.clone();
        let worker = Worker::new(move |machine: MachineId| worlds.world(machine.number()));
        Self {
            number,
            engine: shared.engine.clone(),
            log,
            stats: Arc::clone(&shared.stats),
            clusters,
            services,
            plugins: Rc::new(Plugins::new(worker)),
            events,
            slots: HashMap::new(),
            connections: JoinSet::new(),
            stop: watch::Sender::new(false),
        }
    }

    async fn run(mut self, mut inbox: UnboundedReceiver<Order>) {
        let (resolved, mut ready) = unbounded_channel();
        loop {
            tokio::select! {
                event = self.events.recv() => {
                    if let Some(event) = event {
                        let machine = MachineId::from_number(event.machine);
                        self.plugins.act(|worker| worker.event(machine, |vm| event.deliver(vm)));
                    }
                }
                order = inbox.recv() => match order {
                    Some(Order::Serve { key, stream, remote }) => self.serve(&key, stream, remote),
                    Some(Order::Take(generation, told)) => {
                        let clusters = self.clusters.next(&generation.clusters, &self.log);
                        let resolved = resolved.clone();
                        tokio::task::spawn_local(async move {
                            clusters.resolved().await;
                            // The thread may have ended meanwhile.
                            let _ = resolved.send((generation, clusters, told));
                        });
                    }
                    Some(Order::Stop) | None => break,
                },
                // What is in force serves until the names of the next are resolved.
                Some((generation, clusters, told)) = ready.recv() => {
                    // Whoever asked may have given up.
                    let _ = told.send(self.take(&generation, &clusters));
                }
                Some(_) = self.connections.join_next() => {}
            }
        }
        self.stop.send_replace(true);
        let ended = async { while self.connections.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(DRAIN, ended).await;
    }

    fn take(&mut self, generation: &Generation, clusters: &Clusters) -> Result<(), String> {
        let before = self.clusters.put(clusters);
        let chains: Vec<_> = generation.listeners.iter().map(|it| it.filters.clone()).collect();
        let mut failed = None;
        self.plugins.act(|worker| match worker.configure(&chains) {
            Ok(outputs) => outputs,
            Err(NotStarted { chain, name, reason, outputs, .. }) => {
                failed = Some((chain, format!("plugin {name:?}: {reason}")));
                outputs
            }
        });
        if let Some((chain, fault)) = failed {
            self.clusters.put(&before);
            let name = generation.listeners.get(chain).map_or("", |it| it.listener.name.as_str());
            return Err(format!("listener {name:?}: {fault}"));
        }
        for (chain, prepared) in generation.listeners.iter().enumerate() {
            let site = Rc::new(Site {
                listener: Arc::clone(&prepared.listener),
                chain,
                node: Arc::clone(&generation.node),
                clusters: Rc::clone(&self.clusters),
                access_logs: prepared.access_logs.clone(),
                log: Arc::clone(&self.log),
                engine: self.engine.clone(),
                stats: HttpStats::new(&self.stats, &prepared.listener.manager.stat_prefix),
            });
            match self.slots.get(&prepared.key) {
                Some(slot) => slot.replace(site),
                None => {
                    let slot = Slot::new(Rc::clone(&self.plugins), site);
                    self.slots.insert(prepared.key.clone(), Rc::new(slot));
                }
            }
        }
        let kept = |key: &String| generation.listeners.iter().any(|it| it.key == *key);
        self.slots.retain(|key, slot| {
            let kept = kept(key);
            if !kept {
                slot.close();
            }
            kept
        });
        self.services.clusters_changed();
        Ok(())
    }

    fn serve(&mut self, key: &str, stream: TcpStream, remote: SocketAddr) {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        // A listener that is gone by now has nobody to serve its last connections.
        let Some(slot) = self.slots.get(key) else { return };
        let taken = stream.local_addr().and_then(|local| Ok((local, tokio::net::TcpStream::from_std(stream)?)));
        let (local, stream) = match taken {
            Ok(taken) => taken,
            Err(error) => {
                let text = format_args!("a connection from {remote} cannot be served: {error}");
                return self.log.write(Component::Connection, Level::Warn, text);
            }
        };
        let counter = format!("listener.{}_{}.worker_{}.downstream_cx_total", local.ip(), local.port(), self.number);
        self.stats.counter(&counter).count();
        let peer = Rc::new(Peer { id: NEXT.fetch_add(1, Ordering::Relaxed), remote, local, state: RefCell::default() });
        let serving = connection::serve(stream, peer, Rc::clone(slot), self.stop.subscribe());
        self.connections.spawn_local(serving);
    }
}
