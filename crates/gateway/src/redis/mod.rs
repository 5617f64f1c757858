//! Redis clients of one worker thread, as Higress's gateway has them: one connection to each host of a cluster, shared
//! by all plugins, on which commands follow each other without waiting.

mod connection;
mod reply;
mod settings;
mod silent;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;

use tokio::sync::mpsc::{self, UnboundedSender};
use tokio::task::AbortHandle;

use crate::cluster::{Cluster, Clusters};
use crate::log::Log;
use crate::world::{RedisSettings, Refused};
use connection::Command;
use settings::Settings;

/// The most bytes of commands that may wait for their replies on one connection. A gateway has no bound.
const MOST_WAITING: usize = 64 << 20;

/// The Redis clients of one worker thread, one for each cluster that was used.
#[derive(Debug)]
pub struct RedisClients {
    clusters: Rc<Clusters>,
    log: Arc<Log>,
    clients: RefCell<HashMap<String, Client>>,
}

/// What is told when a command has ended: the reply's bytes, or `None` when the connection failed.
pub type Answer = Box<dyn FnOnce(Option<Vec<u8>>)>;

#[derive(Debug, Default)]
struct Client {
    settings: Rc<Settings>,
    connections: HashMap<SocketAddr, Connection>,
}

/// A connection, being made or made. Its commands fail when this is dropped.
#[derive(Debug)]
struct Connection {
    commands: UnboundedSender<Command>,
    /// Bytes of commands that wait for their replies.
    waiting: Rc<Cell<usize>>,
    task: AbortHandle,
}

// === impl RedisClients ===

impl RedisClients {
    /// No connection is made before the first command.
    pub fn new(clusters: Rc<Clusters>, log: Arc<Log>) -> Self {
        Self { clusters, log, clients: RefCell::default() }
    }

    /// Takes new settings for a cluster, and closes the connections there are: what waits on them fails.
    ///
    /// # Errors
    /// [`Refused::UnknownCluster`].
    pub fn init(&self, settings: &RedisSettings) -> Result<(), Refused> {
        self.clusters.get(&settings.cluster).ok_or(Refused::UnknownCluster)?;
        let client = Client { settings: Rc::new(Settings::from(settings)), connections: HashMap::new() };
        self.clients.borrow_mut().insert(settings.cluster.clone(), client);
        Ok(())
    }

    /// Closes the connections to clusters that there are no more: what waits on them fails.
    pub fn forget_gone(&self) {
        let gone = |name: &String| self.clusters.get(name).is_none();
        let gone: Vec<Client> = self.clients.borrow_mut().extract_if(|name, _| gone(name)).map(|it| it.1).collect();
        // What fails may come back here, when nothing is borrowed any more.
        drop(gone);
    }

    /// Sends one command as it is. `Ok` promises that `answer` is called once, later.
    ///
    /// # Errors
    /// When it cannot be sent anywhere, or too much waits already.
    pub fn call(&self, cluster: &str, command: Vec<u8>, answer: Answer) -> Result<(), Refused> {
        let cluster = self.clusters.get(cluster).ok_or(Refused::UnknownCluster)?;
        let host = cluster.choose(None).map_err(|_| Refused::NoHost)?.address();
        let mut clients = self.clients.borrow_mut();
        let client = clients.entry(cluster.settings().name.clone()).or_default();
        let hosts = cluster.hosts();
        let is_host = |address: &SocketAddr| hosts.iter().any(|host| host.address() == *address);
        // A host that the cluster has no more takes what waits on it along, as on Envoy.
        client.connections.retain(|address, connection| is_host(address) && !connection.commands.is_closed());
        let settings = &client.settings;
        let open = || Connection::open(&cluster, host, Rc::clone(settings), Arc::clone(&self.log));
        client.connections.entry(host).or_insert_with(open).send(command, answer)
    }
}

// === impl Connection ===

impl Connection {
    fn open(cluster: &Cluster, host: SocketAddr, settings: Rc<Settings>, log: Arc<Log>) -> Self {
        let (commands, queue) = mpsc::unbounded_channel();
        // Not the cluster itself: a connection that lives on must not keep it and its lookups of names alive.
        let cluster = cluster.settings();
        let run = connection::run(cluster.name.clone(), cluster.connect_timeout, host, settings, queue, log);
        let task = tokio::task::spawn_local(run).abort_handle();
        Self { commands, waiting: Rc::default(), task }
    }

    fn send(&self, command: Vec<u8>, answer: Answer) -> Result<(), Refused> {
        if self.waiting.get().saturating_add(command.len()) > MOST_WAITING {
            return Err(Refused::NoHost);
        }
        let command = Command::new(command, answer, Rc::clone(&self.waiting));
        // A closed channel drops the command, and with it goes the news that the connection failed.
        let _ = self.commands.send(command);
        Ok(())
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.task.abort();
    }
}
