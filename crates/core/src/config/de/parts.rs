//! Reads one map several times, each time for another part of it.

use std::cell::RefCell;

use serde::de::{DeserializeSeed, SeqAccess};

use super::{Cause, De, Error, Mark, Node, Step};
use crate::config::survey::Reading;

/// The keys that the parts of a map know, as far as they were read.
pub(super) type KnownToParts = RefCell<Vec<&'static str>>;

pub(super) struct Parts<'a> {
    /// With [`De::parts`] set.
    pub(super) de: De<'a>,
    pub(super) left: usize,
    /// The keys are looked at by whoever began to count them.
    pub(super) check: bool,
}

impl Parts<'_> {
    fn refuse_unknown_keys(&self) -> Result<(), Error> {
        let (Node::Map(entries), Some(known)) = (self.de.here.node, self.de.parts) else {
            return Ok(());
        };
        for (key, node) in entries {
            let is_new = Mark::reading(self.de.marks, node, false) == Reading::Itself;
            if is_new && !known.borrow().contains(&key.as_str()) {
                let error = Error::from(Cause::UnknownKey(known.borrow().clone()));
                return Err(error.place(&self.de.here.child(Step::Key(key), node)));
            }
        }
        Ok(())
    }
}

impl<'de> SeqAccess<'de> for Parts<'_> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        if self.left > 0 {
            self.left -= 1;
            return seed.deserialize(self.de).map(Some);
        }
        if self.check && !self.de.stands_in() {
            self.refuse_unknown_keys()?;
        }
        Ok(None)
    }
}
