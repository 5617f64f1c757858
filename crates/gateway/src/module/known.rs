//! The modules of a process by their bytes, so that code which did not change is not compiled again.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::Compiled;

/// Modules that someone uses; those that nobody uses any more are forgotten.
#[derive(Default)]
pub(crate) struct Known(Mutex<HashMap<u64, Vec<Weak<Compiled>>>>);

impl Known {
    pub(super) fn find(&self, code: &[u8]) -> Option<Arc<Compiled>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&hash(code))?.iter().filter_map(Weak::upgrade).find(|module| module.code() == code)
    }

    pub(super) fn keep(&self, module: &Arc<Compiled>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, modules| {
            modules.retain(|module| module.strong_count() > 0);
            !modules.is_empty()
        });
        known.entry(hash(module.code())).or_default().push(Arc::downgrade(module));
    }
}

fn hash(code: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    code.hash(&mut hasher);
    hasher.finish()
}
