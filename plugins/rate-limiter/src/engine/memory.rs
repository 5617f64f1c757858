//! A map that never grows past a bound: what was not used for longest is forgotten.

use super::lease::Held;
use super::remembered::Refusal;
use crate::limit::State;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// What is kept of a subject. One type for all maps, because each type of map is code of its own.
#[derive(Debug)]
pub(crate) enum Kept {
    Refusal(Refusal),
    Lease(Box<Held>),
    State(State),
}

type Generation = HashMap<String, Kept, BuildHasherDefault<KeyHasher>>;

/// FNV-1a. Nobody can choose keys that collide: they are digests.
struct KeyHasher(u64);

/// Two generations. When the younger one is full it becomes the older, and what was there is gone; so at most twice
/// `limit` entries are kept, and no entry that is used is lost before `limit` others were.
#[derive(Debug)]
pub(crate) struct Memory {
    limit: usize,
    young: Generation,
    old: Generation,
}

impl Default for KeyHasher {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for KeyHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}

impl Memory {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, young: Generation::default(), old: Generation::default() }
    }

    pub(crate) fn get(&mut self, key: &str) -> Option<&mut Kept> {
        if !self.young.contains_key(key) {
            let (key, value) = self.old.remove_entry(key)?;
            self.put(key, value);
        }
        self.young.get_mut(key)
    }

    pub(crate) fn insert(&mut self, key: &str, value: Kept) {
        self.old.remove(key);
        self.put(key.to_owned(), value);
    }

    pub(crate) fn remove(&mut self, key: &str) {
        self.young.remove(key);
        self.old.remove(key);
    }

    #[inline(never)]
    fn put(&mut self, key: String, value: Kept) {
        if self.young.len() >= self.limit && !self.young.contains_key(&key) {
            std::mem::swap(&mut self.old, &mut self.young);
            // A table that grew anew for each generation would leave holes of all sizes in the module's memory.
            self.young.clear();
        }
        self.young.insert(key, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stays_bounded_and_keeps_what_is_used() {
        let mut memory = Memory::new(100);
        for round in 0..100_000 {
            memory.insert(&round.to_string(), Kept::State(State::default()));
            memory.insert("often", Kept::State(State::default()));
            assert!(memory.young.len() + memory.old.len() <= 200);
        }
        assert!(memory.get("often").is_some() && memory.get("99999").is_some() && memory.get("1").is_none());
        memory.remove("99999");
        assert!(memory.get("99999").is_none());
    }
}
