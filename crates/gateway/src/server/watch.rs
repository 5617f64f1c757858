//! Notices when one of some files has changed.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::log::{Component, Level, Log};

/// How long nothing may happen before files count as written: a build writes a module in several steps.
const QUIET: Duration = Duration::from_millis(100);

/// Files that are watched.
pub(super) struct Watch {
    files: Stamps,
    /// `None` where the system cannot watch files.
    watcher: Option<RecommendedWatcher>,
    folders: BTreeSet<PathBuf>,
    names: Names,
    events: UnboundedReceiver<()>,
    log: Arc<Log>,
}

/// The names of the files: their folders may have others that change all the time, such as logs.
type Names = Arc<Mutex<BTreeSet<OsString>>>;

/// Files with the state that they were in before they were read.
#[derive(Default)]
pub(super) struct Stamps(BTreeMap<PathBuf, Option<Stamp>>);

/// What tells one state of a file from the next.
type Stamp = (SystemTime, u64);

impl Stamps {
    pub(super) fn of(files: BTreeSet<PathBuf>) -> Self {
        Self(files.into_iter().map(|file| (file.clone(), stamp(&file))).collect())
    }
}

impl Watch {
    pub(super) fn new(watched: Stamps, log: &Arc<Log>) -> Self {
        let (sender, events) = unbounded_channel();
        let names = Names::default();
        let watcher = watcher(sender, Arc::clone(&names)).map_err(|error| cannot(log, &error.to_string())).ok();
        let (files, folders, log) = (Stamps::default(), BTreeSet::new(), Arc::clone(log));
        let mut watch = Self { files, watcher, folders, names, events, log };
        watch.follow(watched, false);
        watch
    }

    /// Watches these files from now on, and if `also_old` those that it has watched so far.
    pub(super) fn follow(&mut self, files: Stamps, also_old: bool) {
        let (mut files, known) = (files.0, std::mem::take(&mut self.files.0));
        for (file, stamp) in known {
            if also_old || files.contains_key(&file) {
                // It may have changed again since then.
                files.insert(file, stamp);
            }
        }
        // Folders are watched and not files, for editors and builds put a new file in the place of the old one.
        for folder in files.keys().filter_map(|file| file.parent()) {
            let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
            if let (false, Some(watcher)) = (self.folders.contains(folder), &mut self.watcher) {
                match watcher.watch(folder, RecursiveMode::NonRecursive) {
                    Ok(()) => drop(self.folders.insert(folder.to_owned())),
                    Err(error) => cannot(&self.log, &error.to_string()),
                }
            }
        }
        let names = files.keys().filter_map(|file| file.file_name().map(ToOwned::to_owned)).collect();
        *self.names.lock().unwrap_or_else(PoisonError::into_inner) = names;
        self.files = Stamps(files);
    }

    /// Waits until a file is another than it was, and tells which.
    pub(super) async fn changed(&mut self) -> PathBuf {
        loop {
            // Looked at before the first event, too: files may have changed before they were watched.
            while let Ok(Some(())) = tokio::time::timeout(QUIET, self.events.recv()).await {}
            let mut changed = None;
            for (file, known) in &mut self.files.0 {
                let now = stamp(file);
                // One that is gone for the moment is about to be written anew.
                if now.is_some() && now != *known {
                    *known = now;
                    changed.get_or_insert_with(|| file.clone());
                }
            }
            if let Some(changed) = changed {
                return changed;
            }
            if self.events.recv().await.is_none() {
                // Nothing is watched, so nothing more is ever noticed.
                std::future::pending::<()>().await;
            }
        }
    }
}

fn watcher(sender: UnboundedSender<()>, names: Names) -> notify::Result<RecommendedWatcher> {
    let watched = move |event: &notify::Event| {
        let names = names.lock().unwrap_or_else(PoisonError::into_inner);
        event.paths.iter().filter_map(|path| path.file_name()).any(|name| names.contains(name))
    };
    notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        if event.is_ok_and(|event| !event.kind.is_access() && watched(&event)) {
            // Nobody listens any more when the gateway ends.
            let _ = sender.send(());
        }
    })
}

fn stamp(file: &Path) -> Option<Stamp> {
    let found = std::fs::metadata(file).ok()?;
    Some((found.modified().ok()?, found.len()))
}

fn cannot(log: &Log, error: &str) {
    let text = format_args!("files cannot be watched, so changes of theirs are not noticed: {error}");
    log.write(Component::Config, Level::Warn, text);
}
