//! A map that never grows past a bound: what was not used for longest is forgotten.

use std::collections::BTreeMap;

/// Two generations. When the younger one is full it becomes the older, and what was there is gone; so at most twice
/// `limit` entries are kept, and no entry that is used is lost before `limit` others were.
#[derive(Debug)]
pub(crate) struct Memory<T> {
    limit: usize,
    young: BTreeMap<String, T>,
    old: BTreeMap<String, T>,
}

impl<T> Memory<T> {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, young: BTreeMap::new(), old: BTreeMap::new() }
    }

    pub(crate) fn get(&mut self, key: &str) -> Option<&mut T> {
        if !self.young.contains_key(key) {
            let (key, value) = self.old.remove_entry(key)?;
            self.put(key, value);
        }
        self.young.get_mut(key)
    }

    pub(crate) fn insert(&mut self, key: &str, value: T) {
        self.old.remove(key);
        self.put(key.to_owned(), value);
    }

    pub(crate) fn remove(&mut self, key: &str) {
        self.young.remove(key);
        self.old.remove(key);
    }

    fn put(&mut self, key: String, value: T) {
        if self.young.len() >= self.limit && !self.young.contains_key(&key) {
            self.old = std::mem::take(&mut self.young);
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
            memory.insert(&round.to_string(), round);
            memory.insert("often", 0);
            assert!(memory.young.len() + memory.old.len() <= 200);
        }
        assert!(memory.get("often").is_some() && memory.get("99999").is_some() && memory.get("1").is_none());
        memory.remove("99999");
        assert!(memory.get("99999").is_none());
    }
}
