//! Tokens that were fetched before: who has one needs no fetch, who misses one waits for the one fetch under way.

mod entries;
mod entry;
mod flight;
mod lifetime;
mod settings;
mod shared;

pub(crate) use entry::Token;
pub(crate) use flight::{Flight, Landing};
pub(crate) use settings::CacheSettings;

use crate::template::Inputs;
use entries::Entries;
use plugin_core::prelude::*;
use plugin_core::time::monotonic;
use shared::Shared;
use std::cell::{Cell, RefCell};

/// What the cache knows of a key.
pub(crate) enum Found {
    /// A token that holds; a new one is due if `due`.
    Token { token: Rc<Token>, due: bool },
    /// The last fetch has failed a moment ago.
    Failed(Error),
    /// The last fetch has failed; it is time for another.
    Failing,
    /// Nothing that holds.
    Nothing,
}

/// How a fetch for a key may be had.
pub(crate) enum Seat {
    /// Nobody fetches yet: whoever gets this has to.
    Pilot(Rc<Flight>),
    /// Somebody fetches: wait with them.
    Passenger(Rc<Flight>),
    /// Too many wait already.
    Full,
}

/// What a sweep over the cache has found.
pub(crate) struct Swept {
    /// The keys whose token is due and was used since it was fetched, and what their calls are filled in with.
    pub(crate) due: Vec<(Vec<u8>, Inputs)>,
    /// How long from now until the next token is due.
    pub(crate) next: Option<Duration>,
    /// Whether anything is left to look after.
    pub(crate) any_left: bool,
}

/// The tokens of one worker, by key, and the way to those of the other workers.
#[derive(Debug)]
pub(crate) struct Cache {
    pub(crate) settings: CacheSettings,
    entries: RefCell<Entries>,
    shared: Shared,
    /// Whether somebody looks after the entries.
    pub(crate) kept: Cell<bool>,
    random: Cell<u64>,
}

impl Cache {
    /// `identity` tells apart configurations whose tokens must not be mixed up.
    pub(crate) fn new(settings: CacheSettings, identity: u64) -> Self {
        let shared = Shared::new(identity, settings.max_entries());
        let random = Cell::new(identity | 1);
        Self { settings, entries: RefCell::default(), shared, kept: Cell::new(false), random }
    }

    pub(crate) fn find(&self, key: &[u8]) -> Found {
        let now = monotonic();
        let entries = self.entries.borrow();
        let Some(entry) = entries.get(key) else { return Found::Nothing };
        match entry.token(now) {
            Some(token) => Found::Token { token: token.clone(), due: entry.is_due(now) },
            None => match &entry.failure {
                Some((error, until)) if now < *until => Found::Failed(error.clone()),
                Some(_) => Found::Failing,
                None => Found::Nothing,
            },
        }
    }

    /// A token that holds and that another worker has fetched since; from here on it is this worker's too.
    pub(crate) fn adopt(&self, key: &[u8], inputs: &Inputs) -> Option<Rc<Token>> {
        let now = monotonic();
        let token = Rc::new(self.shared.read(key, now).filter(|token| now < token.expires_at)?);
        let mut entries = self.entries.borrow_mut();
        entries.add(key);
        let entry = entries.get_mut(key)?;
        let is_news = entry.token.as_ref().is_none_or(|own| match own.value == token.value {
            true => !own.holds(now) && !own.refused.get(),
            false => !own.holds(now) || own.expires_at < token.expires_at,
        });
        if !is_news {
            return None;
        }
        entry.inputs = inputs.clone();
        entry.failure = None;
        entry.token = Some(token.clone());
        drop(entries);
        self.shrink(key);
        Some(token)
    }

    /// A token that has run out, or was refused, but may still be used while the service is down.
    pub(crate) fn stale(&self, key: &[u8]) -> Option<Rc<Token>> {
        let oldest = monotonic().saturating_sub(self.settings.stale());
        let entries = self.entries.borrow();
        entries.get(key)?.token.clone().filter(|token| oldest < token.expires_at)
    }

    /// A seat in the one fetch for `key`.
    pub(crate) fn board(&self, key: &[u8], inputs: &Inputs) -> Seat {
        let mut entries = self.entries.borrow_mut();
        if let Some(flight) = entries.get(key).and_then(|entry| entry.flight.clone()) {
            return if flight.waiting() < self.settings.max_waiting() { Seat::Passenger(flight) } else { Seat::Full };
        }
        let flight = Rc::new(Flight::default());
        entries.add(key);
        if let Some(entry) = entries.get_mut(key) {
            entry.inputs = inputs.clone();
            entry.flight = Some(flight.clone());
        }
        drop(entries);
        self.shrink(key);
        Seat::Pilot(flight)
    }

    /// Keeps a new token and shows it to the other workers.
    pub(crate) fn store(&self, key: &[u8], value: FieldValue, lifetime: Duration) -> Rc<Token> {
        let now = monotonic();
        let share = self.settings.refresh_share(self.draw());
        let token = Rc::new(Token::new(value, now, lifetime, share));
        let mut entries = self.entries.borrow_mut();
        if let Some(entry) = entries.get_mut(key) {
            entry.failure = None;
            if !lifetime.is_zero() {
                entry.token = Some(token.clone());
                drop(entries);
                self.shared.write(key, &token, now);
            }
        }
        token
    }

    pub(crate) fn note_failure(&self, key: &[u8], error: &Error) {
        let until = monotonic().saturating_add(self.settings.negative());
        if let Some(entry) = self.entries.borrow_mut().get_mut(key) {
            entry.failure = Some((error.clone(), until));
        }
    }

    pub(crate) fn end_flight(&self, key: &[u8], flight: &Rc<Flight>) {
        if let Some(entry) = self.entries.borrow_mut().get_mut(key)
            && entry.flight.as_ref().is_some_and(|current| Rc::ptr_eq(current, flight))
        {
            entry.flight = None;
        }
    }

    /// Gives up a token that the upstream has refused, unless one was given up a moment ago: a new token that is refused
    /// too is not the token's fault, and must not bring a fetch for every request. True if it was given up.
    pub(crate) fn refuse(&self, key: &[u8], token: &Token) -> bool {
        let now = monotonic();
        let mut entries = self.entries.borrow_mut();
        let Some(entry) = entries.get_mut(key) else { return false };
        let current = entry.token.as_ref().filter(|current| current.value == token.value && !current.refused.get());
        let is_soon = entry.refused.is_some_and(|last| now < last.saturating_add(self.settings.refusal_pause()));
        let Some(current) = current.filter(|_| !is_soon) else { return false };
        current.refused.set(true);
        entry.refused = Some(now);
        drop(entries);
        self.shared.forget(key, token.value.as_bytes());
        true
    }

    /// Forgets what nobody can use any more.
    pub(crate) fn sweep(&self) -> Swept {
        let now = monotonic();
        let mut entries = self.entries.borrow_mut();
        let (stale, pause) = (self.settings.stale(), self.settings.refusal_pause());
        entries.retain(|entry| entry.is_of_use(now, stale, pause));
        let due = entries.iter().filter(|(_, entry)| entry.is_due(now) && entry.was_used());
        let due = due.map(|(key, entry)| (key.to_vec(), entry.inputs.clone())).collect();
        let refreshes = entries.iter().filter_map(|(_, entry)| entry.token.as_ref()).map(|token| token.refresh_at);
        let next = refreshes.filter(|refresh| *refresh > now).min().map(|refresh| refresh.saturating_sub(now));
        Swept { due, next, any_left: !entries.is_empty() }
    }

    /// Makes room, at the cost of who runs out first.
    fn shrink(&self, newest: &[u8]) {
        let mut entries = self.entries.borrow_mut();
        while entries.len() > self.settings.max_entries() {
            let idle = entries.iter().filter(|(key, entry)| entry.flight.is_none() && *key != newest);
            let Some(first) = idle.min_by_key(|(_, entry)| entry.end()).map(|(key, _)| key.to_vec()) else { return };
            entries.remove(&first);
        }
    }

    /// A number that looks random (xorshift), for jitter only.
    fn draw(&self) -> u64 {
        let nanos = monotonic().as_nanos() as u64;
        let mut state = self.random.get() ^ nanos.rotate_left(32) | 1;
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        self.random.set(state);
        state
    }
}
