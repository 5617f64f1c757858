//! Walks lists and maps as a pass needs them: known faults left out or read last, as stand-ins.

use serde::de::{DeserializeSeed, MapAccess, SeqAccess};

use super::key::KeyDe;
use super::{Cause, De, Error, Mark, Names, Node, Step};
use crate::config::survey::Reading;

/// The elements of a list.
pub(super) struct Items<'a> {
    de: De<'a>,
    items: &'a [Node],
    /// Each element has its own meaning, so none is left out.
    fixed: bool,
    index: usize,
    stand_ins: usize,
}

/// The entries of a map or struct.
pub(super) struct Entries<'a> {
    de: De<'a>,
    entries: &'a [(String, Node)],
    known: Option<Names>,
    /// The second walk: what is read as it is came in the first.
    stand_ins_only: bool,
    index: usize,
    missing: usize,
    value: Option<Value<'a>>,
}

/// What the key that was read last stands for.
#[derive(Clone, Copy)]
struct Value<'a> {
    key: &'a str,
    node: &'a Node,
    stand_in: u8,
    missing: Option<&'static str>,
}

// === impl Items ===

impl<'a> Items<'a> {
    pub(super) fn new(de: De<'a>, items: &'a [Node], fixed: bool) -> Self {
        Self { de, items, fixed, index: 0, stand_ins: 0 }
    }

    pub(super) fn stand_ins(de: De<'a>, count: usize) -> Self {
        Self { stand_ins: count, ..Self::new(de, &[], true) }
    }

    /// The next element, its index and the stand-in to use.
    fn advance(&mut self) -> Option<(usize, &'a Node, u8)> {
        if self.stand_ins > 0 {
            self.stand_ins -= 1;
            return Some((0, self.de.here.node, self.de.stand_in));
        }
        while let Some(node) = self.items.get(self.index) {
            let index = self.index;
            self.index += 1;
            match Mark::reading(self.de.marks, node, !self.fixed) {
                Reading::Itself => return Some((index, node, 0)),
                Reading::StandIn(number) => return Some((index, node, number)),
                Reading::LeaveOut => {}
            }
        }
        None
    }
}

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        let Some((index, node, stand_in)) = self.advance() else {
            return Ok(None);
        };
        let here = self.de.here.child(Step::Index(index), node);
        let value = seed.deserialize(De { here: &here, marks: self.de.marks, stand_in, siblings: None, parts: None });
        match value {
            Ok(value) => Ok(Some(value)),
            Err(error) if self.de.stands_in() => Err(error),
            Err(error) => Err(error.place(&here)),
        }
    }
}

// === impl Entries ===

impl<'a> Entries<'a> {
    pub(super) fn new(de: De<'a>, entries: &'a [(String, Node)], known: Option<Names>) -> Self {
        Self { de, entries, known, stand_ins_only: false, index: 0, missing: 0, value: None }
    }

    /// Takes none but the empty map.
    pub(super) fn refuse_keys(mut self) -> Result<(), Error> {
        match self.advance() {
            None => Ok(()),
            Some(Value { key, node, .. }) => {
                let error = Error::from(Cause::UnknownKey(Vec::new()));
                Err(error.place(&self.de.here.child(Step::Key(key), node)))
            }
        }
    }

    fn advance(&mut self) -> Option<Value<'a>> {
        if self.de.stands_in() {
            // A stand-in for a struct has all fields, each a stand-in itself.
            let key = self.known?.get(self.index)?;
            self.index += 1;
            return Some(Value { key, node: self.de.here.node, stand_in: self.de.stand_in, missing: None });
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
            return Some(Value { key, node, stand_in, missing: None });
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
        Some(Value { key, node, stand_in, missing: Some(key) })
    }
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        self.value = self.advance();
        let Some(value) = self.value else {
            return Ok(None);
        };
        match seed.deserialize(KeyDe(value.key)) {
            Ok(key) => Ok(Some(key)),
            Err(error) if self.de.stands_in() => Err(error),
            Err(error) => {
                let mut here = self.de.here.child(Step::Key(value.key), value.node);
                here.is_key = true;
                Err(error.place(&here))
            }
        }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        let Some(Value { key, node, stand_in, missing }) = self.value.take() else {
            return Err(Cause::Custom("a value was asked for before its key".to_owned()).into());
        };
        let here = self.de.here.child(Step::Key(key), node);
        let value = seed.deserialize(De {
            here: &here,
            marks: self.de.marks,
            stand_in,
            // A key that this part does not know may belong to another.
            siblings: self.known.filter(|_| self.de.parts.is_none()),
            parts: None,
        });
        value.map_err(|error| match missing {
            _ if self.de.stands_in() => error,
            Some(missing) => error.place_missing(self.de.here, missing),
            None => error.place(&here),
        })
    }
}
