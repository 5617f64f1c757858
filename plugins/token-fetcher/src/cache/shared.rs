//! Tokens on their way between the workers of one gateway process: in its memory, never on a disk or a network.

use super::Token;
use crate::template::Encoding;
use plugin_core::prelude::*;
use plugin_core::shared::SharedStore;
use plugin_core::time::{millis, now};
use std::cell::Cell;
use std::time::SystemTime;

/// Times are of the wall clock here: the other clock begins at another point in each worker.
#[derive(Debug)]
pub(super) struct Shared {
    store: SharedStore,
    identity: u64,
}

impl Shared {
    pub(super) fn new(identity: u64, slots: usize) -> Self {
        Self { store: SharedStore::new("token-fetcher", u32::try_from(slots).unwrap_or(u32::MAX)), identity }
    }

    pub(super) fn read(&self, key: &[u8], monotonic: Duration) -> Option<Token> {
        let stored = self.store.get(&self.name(key))?;
        let (refresh_at, rest) = stored.split_first_chunk::<8>()?;
        let (expires_at, value) = rest.split_first_chunk::<8>()?;
        let now = since_1970(now());
        let at = |time: &[u8; 8]| {
            let time = Duration::from_millis(u64::from_le_bytes(*time));
            monotonic.saturating_add(time).saturating_sub(now)
        };
        let value = FieldValue::try_from(value.to_vec()).ok()?;
        let (used, refused) = (Cell::new(false), Cell::new(false));
        Some(Token { value, refresh_at: at(refresh_at), expires_at: at(expires_at), used, refused })
    }

    /// A token too large to be shared is fetched by each worker.
    pub(super) fn write(&self, key: &[u8], token: &Token, monotonic: Duration) {
        let now = since_1970(now());
        let mut stored = Vec::with_capacity(16 + token.value.as_bytes().len());
        for time in [token.refresh_at, token.expires_at] {
            let time = now.saturating_add(time.saturating_sub(monotonic));
            stored.extend(millis(time).to_le_bytes());
        }
        stored.extend_from_slice(token.value.as_bytes());
        if let Err(error) = self.store.set(&self.name(key), &stored) {
            log::debug!("the token stays in this worker: {error}");
        }
    }

    /// Takes a token out for all, unless another one is there by now.
    pub(super) fn forget(&self, key: &[u8], value: &[u8]) {
        let name = self.name(key);
        let stored = self.store.get(&name);
        if stored.is_some_and(|stored| stored.get(16..) == Some(value)) {
            let _ = self.store.remove(&name);
        }
    }

    fn name(&self, key: &[u8]) -> String {
        let mut name = self.identity.to_string().into_bytes();
        name.push(b' ');
        Encoding::Percent.write(key, &mut name);
        String::from_utf8(name).unwrap_or_default()
    }
}

fn since_1970(time: SystemTime) -> Duration {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}
