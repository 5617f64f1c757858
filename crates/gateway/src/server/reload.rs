//! Puts a new configuration in the place of the one in force, or keeps that one and says why.

use std::sync::Arc;

use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::oneshot;

use super::generation::{Generation, Refused, Sources};
use super::listeners::Listeners;
use super::thread::Order;
use super::watch::{Stamps, Watch};
use crate::engine::Engine;
use crate::log::{Component, Level, Log};

/// New configurations, as files change.
pub(super) struct Reloads {
    sources: Sources,
    engine: Engine,
    log: Arc<Log>,
    watch: Watch,
}

impl Reloads {
    /// `stamps` are of the files as they were before the configuration in force was read.
    pub(super) fn new(sources: Sources, engine: Engine, log: Arc<Log>, stamps: Stamps) -> Self {
        let watch = Watch::new(stamps, &log);
        Self { sources, engine, log, watch }
    }

    /// Waits until a file has changed, then gives what was read, compiled and tried meanwhile on another thread.
    pub(super) async fn next(&mut self) -> Result<Generation, Refused> {
        let changed = self.watch.changed().await;
        let text = format_args!("{} has changed, the configuration is read again", changed.display());
        self.log.write(Component::Config, Level::Info, text);
        let (sources, engine, log) = (self.sources.clone(), self.engine.clone(), Arc::clone(&self.log));
        let loading = tokio::task::spawn_blocking(move || {
            let stamps = Stamps::of(sources.files());
            (sources.load(&engine, &log), stamps)
        });
        match loading.await {
            Ok((loaded, stamps)) => {
                // Who refuses may be cured by a change of any file, also of one that could not be read from the others.
                let also_old = loaded.is_err();
                self.watch.follow(stamps, also_old);
                loaded
            }
            Err(error) => Err(Refused::from(format!("reading it failed: {error}"))),
        }
    }
}

/// Puts `next` in the place of `current`.
///
/// # Errors
/// When it is refused; then all is as it was.
pub(super) async fn replace(
    threads: &[UnboundedSender<Order>],
    listeners: &mut Listeners,
    current: &Arc<Generation>,
    next: Result<Generation, Refused>,
) -> Result<Arc<Generation>, Refused> {
    let next = Arc::new(next?);
    let bound = listeners.bind(&next)?;
    take(threads, &next, Some(current)).await?;
    listeners.switch(&next, bound);
    Ok(next)
}

/// Lets all threads take a configuration, or none.
///
/// # Errors
/// With what the first thread says that cannot; the others get `before` back.
pub(super) async fn take(
    threads: &[UnboundedSender<Order>],
    next: &Arc<Generation>,
    before: Option<&Arc<Generation>>,
) -> Result<(), Refused> {
    let (mut took, mut faults) = (Vec::new(), Vec::new());
    // All are told before the first is waited for: each resolves names on its own.
    let outcomes: Vec<_> = threads.iter().map(|thread| tell(thread, next)).collect();
    for (thread, outcome) in threads.iter().zip(outcomes) {
        match outcome.await.unwrap_or_else(|_| Err("a worker thread has ended".to_owned())) {
            Ok(()) => took.push(thread),
            Err(fault) => faults.push(fault),
        }
    }
    let Some(fault) = faults.into_iter().next() else { return Ok(()) };
    if let Some(before) = before {
        for outcome in took.into_iter().map(|thread| tell(thread, before)).collect::<Vec<_>>() {
            // It took this one once already.
            let _ = outcome.await;
        }
    }
    Err(Refused::from(fault))
}

/// What becomes of it is told through the channel, which closes when the thread is gone.
fn tell(thread: &UnboundedSender<Order>, generation: &Arc<Generation>) -> oneshot::Receiver<Result<(), String>> {
    let (told, outcome) = oneshot::channel();
    // A thread that is gone drops the order, and the channel with it.
    let _ = thread.send(Order::Take(Arc::clone(generation), told));
    outcome
}

/// Says why the configuration in force stays.
pub(super) fn keep(log: &Log, refused: &Refused) {
    for line in refused.to_string().lines() {
        log.write(Component::Config, Level::Error, format_args!("{line}"));
    }
    log.write(
        Component::Config,
        Level::Error,
        format_args!("the new configuration is refused, the last good one stays"),
    );
}
