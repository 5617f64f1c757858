//! The last exchanges of the process.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::mask::Masks;
use super::recording::Recording;

/// Keeps the last exchanges of all workers. Records nothing until it is told how many to keep.
#[derive(Debug, Default)]
pub struct Traces {
    most: AtomicUsize,
    begun: AtomicU64,
    kept: Mutex<VecDeque<Recording>>,
    masks: Arc<Masks>,
}

impl Traces {
    /// How many exchanges to keep from now on; 0 ends the recording and forgets what was kept.
    pub fn keep(&self, exchanges: usize) {
        self.most.store(exchanges, Ordering::Relaxed);
        self.shorten(&mut self.locked());
    }

    /// How many exchanges are kept at most; 0 while nothing is recorded.
    pub fn limit(&self) -> usize {
        self.most.load(Ordering::Relaxed)
    }

    /// How many exchanges were recorded since the start of the process.
    pub fn begun(&self) -> u64 {
        self.begun.load(Ordering::Relaxed)
    }

    /// Begins to record an exchange; `None` while nothing is recorded.
    pub fn begin(&self) -> Option<Recording> {
        if self.limit() == 0 {
            return None;
        }
        let id = self.begun.fetch_add(1, Ordering::Relaxed) + 1;
        let recording = Recording::new(id, self.masks.clone());
        let mut kept = self.locked();
        kept.push_back(recording.clone());
        self.shorten(&mut kept);
        Some(recording)
    }

    /// The exchanges that are kept, the youngest first.
    pub fn all(&self) -> Vec<Recording> {
        self.locked().iter().rev().cloned().collect()
    }

    /// The exchange of this number, while it is kept.
    pub fn get(&self, id: u64) -> Option<Recording> {
        self.locked().iter().find(|recording| recording.id() == id).cloned()
    }

    /// What is hidden.
    pub fn masks(&self) -> &Masks {
        &self.masks
    }

    fn shorten(&self, kept: &mut VecDeque<Recording>) {
        let most = self.limit();
        while kept.len() > most {
            kept.pop_front();
        }
    }

    fn locked(&self) -> MutexGuard<'_, VecDeque<Recording>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_recorded_until_asked_for_and_only_the_last_are_kept() {
        let traces = Traces::default();
        assert!(traces.begin().is_none());
        traces.keep(2);
        for _ in 0..3 {
            traces.begin().unwrap();
        }
        let kept: Vec<u64> = traces.all().iter().map(Recording::id).collect();
        assert_eq!((kept, traces.begun()), (vec![3, 2], 3));
        assert!(traces.get(1).is_none() && traces.get(3).is_some());
        traces.keep(0);
        assert!(traces.all().is_empty() && traces.begin().is_none());
    }
}
