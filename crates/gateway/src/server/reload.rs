//! Puts a new configuration in the place of the one in force, or keeps that one and says why.

use std::sync::Arc;

use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::oneshot;

use super::generation::{Generation, Refused, Sources};
use super::listeners::Listeners;
use super::thread::Order;
use super::watch::Watch;
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
    pub(super) fn new(sources: Sources, engine: Engine, log: Arc<Log>) -> Self {
        let watch = Watch::new(sources.files(), &log);
        Self { sources, engine, log, watch }
    }

    /// Waits until a file has changed, then gives what was read, compiled and tried meanwhile on another thread.
    pub(super) async fn next(&mut self) -> Result<Generation, Refused> {
        let changed = self.watch.changed().await;
        let text = format_args!("{} has changed, the configuration is read again", changed.display());
        self.log.write(Component::Config, Level::Info, text);
        let (sources, engine, log) = (self.sources.clone(), self.engine.clone(), Arc::clone(&self.log));
        let loading = tokio::task::spawn_blocking(move || (sources.load(&engine, &log), sources.files()));
        match loading.await {
            Ok((loaded, files)) => {
                if loaded.is_ok() {
                    self.watch.follow(files);
                }
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
    for (index, thread) in threads.iter().enumerate() {
        let Err(fault) = tell(thread, next).await else { continue };
        if let Some(before) = before {
            for thread in threads.iter().take(index) {
                // It took this one once already.
                let _ = tell(thread, before).await;
            }
        }
        return Err(Refused::from(fault));
    }
    Ok(())
}

async fn tell(thread: &UnboundedSender<Order>, generation: &Arc<Generation>) -> Result<(), String> {
    let (told, outcome) = oneshot::channel();
    let gone = || "a worker thread has ended".to_owned();
    thread.send(Order::Take(Arc::clone(generation), told)).map_err(|_| gone())?;
    outcome.await.unwrap_or_else(|_| Err(gone()))
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
