//! Walks lists and maps as a pass needs them: known faults left out or read last, as stand-ins.

use serde::de::{DeserializeSeed, MapAccess, SeqAccess};

use super::key::KeyDe;
use super::{Cause, De, Error, Mark, Names, Node, Step};
use crate::config::survey::Reading;

/// The elements of a list.
pub(super) struct Items<'a> {
    de: &'a De<'a>,
    items: &'a [Node],
    /// Each element has its own meaning, so none is left out.
    fixed: bool,
    index: usize,
    stand_ins: usize,
    /// The element to read.
    item: De<'a>,
}

/// The entries of a map or struct.
pub(super) struct Entries<'a> {
    de: &'a De<'a>,
    entries: &'a [(String, Node)],
    known: Option<Names>,
    /// The second walk: what is read as it is came in the first.
    stand_ins_only: bool,
    index: usize,
    missing: usize,
    /// The value to read: that of the key that was read last.
    value: De<'a>,
    /// The key that this value stands in for, because the map lacks it.
    stands_for: Option<&'static str>,
}

// === impl Items ===

impl<'a> Items<'a> {
    pub(super) fn new(de: &'a De<'a>, items: &'a [Node], fixed: bool) -> Self {
        let item = de.child(Step::Index(0), de.here.node, de.stand_in);
        Self { de, items, fixed, index: 0, stand_ins: 0, item }
    }

    pub(super) fn stand_ins(de: &'a De<'a>, count: usize) -> Self {
        Self { stand_ins: count, ..Self::new(de, &[], true) }
    }

    /// Goes to the next element. False if there is none.
    fn advance(&mut self) -> bool {
        if self.stand_ins > 0 {
            self.stand_ins -= 1;
            return true;
        }
        while let Some(node) = self.items.get(self.index) {
            let stand_in = match Mark::reading(self.de.marks, node, !self.fixed) {
                Reading::Itself => Some(0),
                Reading::StandIn(number) => Some(number),
                Reading::LeaveOut => None,
            };
            if let Some(stand_in) = stand_in {
                self.item = self.de.child(Step::Index(self.index), node, stand_in);
            }
            self.index += 1;
            if stand_in.is_some() {
                return true;
            }
        }
        false
    }
}

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        if !self.advance() {
            return Ok(None);
        }
        match seed.deserialize(&self.item) {
            Ok(value) => Ok(Some(value)),
            Err(error) => Err(self.de.place(error, &self.item.here)),
        }
    }
}

// === impl Entries ===

impl<'a> Entries<'a> {
    pub(super) fn new(de: &'a De<'a>, entries: &'a [(String, Node)], known: Option<Names>) -> Self {
        let value = de.child(Step::Key(""), de.here.node, de.stand_in);
        Self { de, entries, known, stand_ins_only: false, index: 0, missing: 0, value, stands_for: None }
    }

    /// Takes none but the empty map.
    pub(super) fn refuse_keys(mut self) -> Result<(), Error> {
        match self.advance() {
            None => Ok(()),
            Some(_) => Err(Error::from(Cause::UnknownKey(Vec::new())).place(&self.value.here)),
        }
    }

    /// Goes to the next entry and tells its key.
    #[inline(never)]
    fn advance(&mut self) -> Option<&'a str> {
        if self.de.stands_in() {
            // A stand-in for a struct has all fields, each a stand-in itself.
            let key = self.known?.get(self.index)?;
            self.index += 1;
            return Some(self.go_to(key, self.de.here.node, self.de.stand_in));
        }
        while let Some((key, node)) = self.entries.get(self.index) {
            self.index += 1;
            // A YAML key left empty, as in `headers:`, arrives as null. For the fields of a struct it is as good as absent.
            if matches!(node, Node::Null) && self.known.is_some_and(|known| known.contains(&key.as_str())) {
                continue;
            }
            let stand_in = match Mark::reading(self.de.marks, node, self.known.is_none()) {
                Reading::Itself if !self.stand_ins_only => 0,
                Reading::StandIn(number) if self.stand_ins_only => number,
                _ => continue,
            };
            return Some(self.go_to(key, node, stand_in));
        }
        if self.de.marks.is_empty() {
            return None;
        }
        if !self.stand_ins_only {
            self.stand_ins_only = true;
            self.index = 0;
            return self.advance();
        }
        let node = self.de.here.node;
        let (index, key, stand_in) = Mark::missing_in(self.de.marks, node, self.missing)?;
        self.missing = index + 1;
        self.stands_for = Some(key);
        Some(self.go_to(key, node, stand_in))
    }

    fn go_to(&mut self, key: &'a str, node: &'a Node, stand_in: u8) -> &'a str {
        // A key that this part does not know may belong to another.
        let siblings = self.known.filter(|_| self.de.parts.is_none());
        self.value = De { siblings, ..self.de.child(Step::Key(key), node, stand_in) };
        key
    }

    #[cold]
    #[inline(never)]
    fn place_key(&mut self, error: Error) -> Error {
        self.value.here.is_key = true;
        self.de.place(error, &self.value.here)
    }

    #[cold]
    #[inline(never)]
    fn place(&self, error: Error) -> Error {
        match self.stands_for {
            Some(missing) if !self.de.stands_in() => error.place_missing(&self.de.here, missing),
            _ => self.de.place(error, &self.value.here),
        }
    }
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        let Some(key) = self.advance() else { return Ok(None) };
        seed.deserialize(KeyDe(key)).map(Some).map_err(|error| self.place_key(error))
    }

    #[inline(never)]
    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        seed.deserialize(&self.value).map_err(|error| self.place(error))
    }
}
