//! The life of the gateway, from its start to its end.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::LocalSet;

use super::generation::{Generation, Refused, Sources};
use super::listeners::Listeners;
use super::reload::{self, Reloads};
use super::status::Status;
use super::thread::{self, Handle, Order, Shared};
use super::watch::Stamps;
use crate::admin::{Admin, AdminServer};
use crate::cluster::Clusters;
use crate::engine::Engine;
use crate::inspector::Inspector;
use crate::log::{Component, Level, Log};

/// How old the addresses are that the admin port shows.
const HOSTS_SHOWN: Duration = Duration::from_secs(1);

/// What the command line says.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) sources: Sources,
    /// How many worker threads.
    pub(crate) concurrency: usize,
    /// How many of the last exchanges the inspector keeps.
    pub(crate) exchanges: usize,
    /// Where the admin port's address is written, for those who let the system choose it.
    pub(crate) admin_address_path: Option<PathBuf>,
}

/// Runs until a signal ends it.
///
/// # Errors
/// When the configuration is refused or the system does not give what it needs.
pub(crate) fn run(settings: &Settings, log: &Arc<Log>) -> Result<(), Refused> {
    let engine = Engine::new().map_err(|error| format!("this machine cannot run WebAssembly: {error:#}"))?;
    let stamps = Stamps::of(settings.sources.files());
    let generation = Arc::new(settings.sources.load(&engine, log)?);
    let system =
        |error: std::io::Error| Refused::from(format!("the system does not give what a server needs: {error}"));
    engine.process().traces.keep(settings.exchanges);
    let shared =
        Shared { engine: engine.clone(), log: Arc::clone(log), notices: Arc::default(), stats: Arc::default() };
    let threads = (0..settings.concurrency).map(|number| thread::start(number, shared.clone()));
    let threads: Vec<Handle> = threads.collect::<Result<_, _>>().map_err(system)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(system)?;
    let serving = serve(settings, log, generation, stamps, &shared, &threads);
    let outcome = LocalSet::new().block_on(&runtime, serving);
    // A configuration that is being read, or a name that is looked up, is of no use any more.
    runtime.shutdown_background();
    for thread in &threads {
        // One that is gone already needs no telling.
        let _ = thread.orders.send(Order::Stop);
    }
    for thread in threads {
        if thread.thread.join().is_err() {
            log.write(Component::Main, Level::Critical, format_args!("a worker thread has panicked"));
        }
    }
    outcome
}

async fn serve(
    settings: &Settings,
    log: &Arc<Log>,
    generation: Arc<Generation>,
    stamps: Stamps,
    shared: &Shared,
    threads: &[Handle],
) -> Result<(), Refused> {
    let signals = |kind| signal(kind).map_err(|error| format!("signals cannot be waited for: {error}"));
    let (mut interrupt, mut terminate) = (signals(SignalKind::interrupt())?, signals(SignalKind::terminate())?);
    let engine = shared.engine.clone();
    let status = Status::new(engine.clone());
    let admin = admin(settings, &generation, log)?;
    let orders: Vec<_> = threads.iter().map(|thread| thread.orders.clone()).collect();
    let mut listeners = Listeners::new(orders.clone(), Arc::clone(log));
    let bound = listeners.bind(&generation)?;
    if let Some(server) = admin {
        let admin = Admin {
            state: status.clone(),
            stats: Arc::clone(&shared.stats),
            log: Arc::clone(log),
            pages: Some(Arc::new(Inspector::new(engine.clone(), status.clone()))),
            started: Instant::now(),
        };
        tokio::task::spawn_local(server.serve(admin));
    }
    tokio::select! {
        taken = reload::take(&orders, &generation, None) => taken?,
        () = ended(&mut interrupt, &mut terminate) => return Ok(()),
        () = status.asked_to_quit() => return Ok(()),
    }
    listeners.switch(&generation, bound);
    for (name, address) in listeners.addresses() {
        log.write(Component::Main, Level::Info, format_args!("listener {name:?} accepts connections at {address}"));
    }
    status.serves(&generation, listeners.addresses());
    let clusters = Clusters::new(&generation.clusters, log);
    tokio::task::spawn_local(show_hosts(Arc::clone(&status), Rc::clone(&clusters)));
    let mut reloads = Reloads::new(settings.sources.clone(), engine, Arc::clone(log), stamps);
    let mut current = generation;
    log.write(Component::Main, Level::Info, format_args!("the gateway serves; Ctrl-C ends it"));
    loop {
        let replaced = async {
            let next = reloads.next().await;
            reload::replace(&orders, &mut listeners, &current, next).await
        };
        let replaced = tokio::select! {
            replaced = replaced => replaced,
            () = ended(&mut interrupt, &mut terminate) => break,
            () = status.asked_to_quit() => break,
        };
        match replaced {
            Ok(accepted) => {
                if accepted.admin != current.admin {
                    log.write(
                        Component::Config,
                        Level::Warn,
                        format_args!("admin: the new address takes effect when the gateway is started anew"),
                    );
                }
                current = accepted;
                clusters.configure(&current.clusters, log);
                status.serves(&current, listeners.addresses());
                log.write(Component::Config, Level::Info, format_args!("the new configuration is in force"));
            }
            Err(refused) => {
                status.keeps(&refused);
                reload::keep(log, &refused);
            }
        }
    }
    log.write(Component::Main, Level::Info, format_args!("ending: requests under way have a second to end"));
    status.ends();
    listeners.close();
    Ok(())
}

/// The admin port, bound, with its address told to whoever wants to know.
fn admin(settings: &Settings, generation: &Generation, log: &Log) -> Result<Option<AdminServer>, Refused> {
    let Some(address) = &generation.admin else { return Ok(None) };
    let fault = |error: std::io::Error| Refused::from(format!("the admin port {address} cannot be bound: {error}"));
    let ip = address.ip().ok_or_else(|| fault(std::io::Error::other("it is a name, not an IP address")))?;
    if !ip.is_loopback() {
        log.write(
            Component::Admin,
            Level::Warn,
            format_args!(
                "the admin port at {address} is open to other machines: whoever reaches it can end the gateway"
            ),
        );
    }
    let server = AdminServer::bind(SocketAddr::new(ip, address.port)).map_err(fault)?;
    if let Some(path) = &settings.admin_address_path {
        let fault = |error| Refused::from(format!("--admin-address-path {}: {error}", path.display()));
        server.write_address(path).map_err(fault)?;
    }
    Ok(Some(server))
}

/// Keeps what the admin port tells of clusters as it is.
async fn show_hosts(status: Arc<Status>, clusters: Rc<Clusters>) {
    loop {
        status.resolved(&clusters);
        tokio::time::sleep(HOSTS_SHOWN).await;
    }
}

async fn ended(interrupt: &mut Signal, terminate: &mut Signal) {
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}
