//! Reads an enum: its variant as a string, or as the only key of a map that holds the content.

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, VariantAccess, Visitor};

use super::key::KeyDe;
use super::{De, Error, Mark, Names, Node, Step};
use crate::config::show::joined;
use crate::config::survey::Reading;

pub(super) struct Variant<'a> {
    pub(super) de: De<'a>,
    pub(super) name: &'a str,
    pub(super) content: Option<&'a Node>,
}

impl<'a> Variant<'a> {
    /// Hands the content to `read`, and binds what goes wrong there to the content's place.
    fn read<T>(self, read: impl FnOnce(De<'_>) -> Result<T, Error>) -> Result<T, Error> {
        let Some(content) = self.content.or(self.de.stands_in().then_some(self.de.here.node)) else {
            return Err(Error::allowed(joined(&[
                "a map with the key `",
                self.name,
                "`, which has settings of its own",
            ])));
        };
        let here = self.de.here.child(Step::Key(self.name), content);
        let stand_in = match Mark::reading(self.de.marks, content, false) {
            Reading::StandIn(number) => number,
            _ => self.de.stand_in,
        };
        read(De { here: &here, siblings: None, parts: None, stand_in, ..self.de })
            .map_err(|error| if self.de.stands_in() { error } else { error.place(&here) })
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
        match self.content {
            None => Ok(()),
            Some(_) => self.read(|de| de.nothing()),
        }
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Error> {
        self.read(|de| seed.deserialize(de))
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Error> {
        self.read(|de| de.deserialize_tuple(length, visitor))
    }

    fn struct_variant<V: Visitor<'de>>(self, known: Names, visitor: V) -> Result<V::Value, Error> {
        self.read(|de| visitor.visit_map(de.entries(Some(known))?))
    }
}
