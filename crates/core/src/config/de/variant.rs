//! Reads an enum: its variant as a string, or as the only key of a map that holds the content.

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, VariantAccess, Visitor};

use super::key::KeyDe;
use super::{De, Error, Mark, Names, Node, Step};
use crate::config::show::joined;
use crate::config::survey::Reading;

pub(super) struct Variant<'a> {
    pub(super) de: &'a De<'a>,
    pub(super) name: &'a str,
    pub(super) content: Option<&'a Node>,
}

impl<'a> Variant<'a> {
    /// What the variant holds.
    fn content(&self) -> Result<De<'a>, Error> {
        let Some(content) = self.content.or(self.de.stands_in().then_some(self.de.here.node)) else {
            return Err(Error::allowed(joined(&[
                "a map with the key `",
                self.name,
                "`, which has settings of its own",
            ])));
        };
        let stand_in = match Mark::reading(self.de.marks, content, false) {
            Reading::StandIn(number) => number,
            _ => self.de.stand_in,
        };
        Ok(self.de.child(Step::Key(self.name), content, stand_in))
    }

    fn unit(&self) -> Result<(), Error> {
        match self.content {
            None => Ok(()),
            Some(_) => {
                let content = self.content()?;
                content.nothing().map_err(|error| self.de.place(error, &content.here))
            }
        }
    }
}

impl<'de, 'a> EnumAccess<'de> for Variant<'a> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Error> {
        Ok((seed.deserialize(KeyDe(self.name))?, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        self.unit()
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Error> {
        let content = self.content()?;
        seed.deserialize(&content).map_err(|error| self.de.place(error, &content.here))
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Error> {
        let content = self.content()?;
        content.deserialize_tuple(length, visitor).map_err(|error| self.de.place(error, &content.here))
    }

    fn struct_variant<V: Visitor<'de>>(self, known: Names, visitor: V) -> Result<V::Value, Error> {
        let content = self.content()?;
        let read = |content: &De<'_>| visitor.visit_map(&mut content.entries(Some(known))?);
        read(&content).map_err(|error| self.de.place(error, &content.here))
    }
}
