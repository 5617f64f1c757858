//! Reads one map several times, each time for another part of it.

use std::cell::RefCell;

use serde::de::{DeserializeSeed, SeqAccess};

use super::{Cause, De, Error, Mark, Node, Step};
use crate::config::survey::Reading;

/// The keys that the parts of a map know, as far as they were read.
pub(super) type KnownToParts = RefCell<Vec<&'static str>>;

pub(super) struct Parts<'a> {
    /// With [`De::parts`] set.
    de: &'a De<'a>,
    left: usize,
    /// The keys are looked at by whoever began to count them.
    check: bool,
    /// What the parts so far made of it. They do not know of each other, so what is wrong with one hides nothing of
    /// another: a part that cannot be read is absent, and the question behind the last one gets the errors.
    failed: Option<Error>,
}

impl<'a> Parts<'a> {
    pub(super) fn new(de: &'a De<'a>, left: usize, check: bool) -> Self {
        Self { de, left, check, failed: None }
    }

    #[cold]
    #[inline(never)]
    fn fail(&mut self, error: Error) {
        let error = self.de.place(error, &self.de.here);
        self.failed = Some(match self.failed.take() {
            Some(before) => before.and(error),
            None => error,
        });
    }

    /// What is no map at all is one fault, not one for each part.
    fn is_map(&self) -> bool {
        matches!(self.de.here.node, Node::Map(_))
    }

    #[inline(never)]
    fn end(&mut self) -> Result<(), Error> {
        if self.check && !self.de.stands_in() {
            self.refuse_unknown_keys();
        }
        self.failed.take().map_or(Ok(()), Err)
    }

    fn refuse_unknown_keys(&mut self) {
        let (Node::Map(entries), Some(known)) = (self.de.here.node, self.de.parts) else { return };
        for (key, node) in entries {
            let is_new = Mark::reading(self.de.marks, node, false) == Reading::Itself;
            if is_new && !known.borrow().contains(&key.as_str()) {
                let error = Error::from(Cause::UnknownKey(known.borrow().clone()));
                let child = self.de.here.child(Step::Key(key), node);
                self.fail(error.place(&child));
                return;
            }
        }
    }
}

impl<'de> SeqAccess<'de> for Parts<'_> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        if self.left == 0 {
            return self.end().map(|()| None);
        }
        self.left -= 1;
        if !self.is_map() && self.failed.is_some() {
            return Ok(None);
        }
        match seed.deserialize(self.de) {
            Ok(part) => Ok(Some(part)),
            Err(error) => {
                self.fail(error);
                Ok(None)
            }
        }
    }
}
