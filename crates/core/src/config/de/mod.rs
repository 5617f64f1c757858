//! A serde deserializer over a [`Node`] that knows where it is and can step around known faults.

mod access;
mod key;
mod parts;
mod variant;

use serde::de::{Deserializer, Visitor};

use self::access::{Entries, Items};
use self::parts::{KnownToParts, Parts};
use self::variant::Variant;
use super::both::BOTH;
use super::error::{Cause, Error};
use super::path::{Here, Step};
use super::show::joined;
use super::survey::Mark;
use super::{MAX_DEPTH, Node, Number};

type Names = &'static [&'static str];

/// Reads the node at `here`, or a stand-in for it.
///
/// Serde makes one copy of what it calls for every type that is read, in every plugin. So it gets a reference, and what
/// does not depend on the type is in functions that do not either.
#[derive(Clone, Copy)]
pub(super) struct De<'a> {
    here: Here<'a>,
    marks: &'a [Mark],
    /// 0 reads the node; 1 and up are harmless values that most types accept, whatever the node is.
    stand_in: u8,
    /// The keys of the struct that this value belongs to.
    siblings: Option<Names>,
    /// The value is read in parts, and this one may not know all of its keys.
    parts: Option<&'a KnownToParts>,
}

impl<'a> De<'a> {
    pub(super) fn new(root: Here<'a>, marks: &'a [Mark]) -> Self {
        Self { here: root, marks, stand_in: 0, siblings: None, parts: None }
    }

    /// Reads a value further down.
    fn child(&'a self, step: Step<'a>, node: &'a Node, stand_in: u8) -> Self {
        Self { here: self.here.child(step, node), marks: self.marks, stand_in, siblings: None, parts: None }
    }

    fn stands_in(&self) -> bool {
        self.stand_in > 0
    }

    /// Binds an error about `child` to its place, unless that is but a stand-in.
    #[cold]
    #[inline(never)]
    fn place(&self, error: Error, child: &Here<'_>) -> Error {
        if self.stands_in() { error } else { error.place(child) }
    }

    fn is_none(&self) -> bool {
        self.stands_in() || matches!(self.here.node, Node::Null)
    }

    fn text(&self) -> Result<&'a str, Error> {
        match (self.stand_in, self.here.node) {
            (0, Node::String(text)) => Ok(text),
            (0, Node::Number(_) | Node::Bool(_)) => Err(Error::allowed("a string (put the value in quotes)")),
            (0, _) => Err(Error::allowed("a string")),
            (1, _) => Ok("x"),
            (2, _) => Ok("/"),
            _ => Ok("1s"),
        }
    }

    fn number(&self) -> Option<Number> {
        match (self.stand_in, self.here.node) {
            (0, Node::Number(number)) => Some(*number),
            (0, _) => None,
            (1, _) => Some(Number::Positive(1)),
            (2, _) => Some(Number::Positive(0)),
            _ => Some(Number::Positive(200)),
        }
    }

    /// A whole number from `low` to `high`, where `low` is the least of its type.
    fn signed(&self, low: i64, high: i64) -> Result<i64, Error> {
        let number = match self.number().and_then(Number::whole) {
            Some(Number::Negative(number)) => Some(number),
            Some(Number::Positive(number)) => i64::try_from(number).ok(),
            _ => None,
        };
        number.filter(|number| (low..=high).contains(number)).ok_or_else(|| match low {
            i64::MIN => self.number_allowed("a whole number".to_owned()),
            _ => self.whole_number_allowed(&low.to_string(), &high.to_string()),
        })
    }

    /// A whole number from 0 to `high`.
    fn unsigned(&self, high: u64) -> Result<u64, Error> {
        match self.number().and_then(Number::whole) {
            Some(Number::Positive(number)) if number <= high => Ok(number),
            _ if high == u64::MAX => Err(self.number_allowed("a whole number from 0 up".to_owned())),
            _ => Err(self.whole_number_allowed("0", &high.to_string())),
        }
    }

    fn boolean(&self) -> Result<bool, Error> {
        match self.here.node {
            _ if self.stands_in() => Ok(self.stand_in > 1),
            Node::Bool(value) => Ok(*value),
            Node::String(text) if text == "true" || text == "false" => {
                Err(Error::allowed("true or false (without quotes)"))
            }
            _ => Err(Error::allowed("true or false")),
        }
    }

    fn whole_number_allowed(&self, low: &str, high: &str) -> Error {
        self.number_allowed(joined(&["a whole number from ", low, " to ", high]))
    }

    fn number_allowed(&self, mut allowed: String) -> Error {
        if let Node::String(text) = self.here.node
            && !text.is_empty()
            && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.' || byte == b'-')
        {
            allowed.push_str(" (without quotes)");
        }
        Error::allowed(allowed)
    }

    fn check_depth(&self) -> Result<(), Error> {
        if self.here.depth > MAX_DEPTH {
            return Err(Cause::Custom("nested too deeply: more than 64 levels".to_owned()).into());
        }
        Ok(())
    }

    /// The elements of a list, all `length` of them if that is given.
    fn items(&'a self, length: Option<usize>) -> Result<Items<'a>, Error> {
        self.check_depth()?;
        if self.stands_in() {
            return Ok(Items::stand_ins(self, length.unwrap_or(usize::from(self.stand_in > 1))));
        }
        match (self.here.node, length) {
            (Node::List(items), None) => Ok(Items::new(self, items, false)),
            (Node::List(items), Some(length)) if items.len() == length => Ok(Items::new(self, items, true)),
            (_, None) => Err(Error::allowed("a list")),
            (_, Some(length)) => Err(Error::allowed(joined(&["a list of exactly ", &length.to_string(), " items"]))),
        }
    }

    /// The entries of a map, or of a struct if its keys are given.
    fn entries(&'a self, known: Option<Names>) -> Result<Entries<'a>, Error> {
        self.check_depth()?;
        if let (Some(parts), Some(known)) = (self.parts, known) {
            parts.borrow_mut().extend_from_slice(known);
        }
        match self.here.node {
            _ if self.stands_in() => Ok(Entries::new(self, &[], known)),
            Node::Map(entries) => Ok(Entries::new(self, entries, known)),
            _ => Err(Cause::not_a_struct(known.unwrap_or_default()).into()),
        }
    }

    /// Takes what stands for nothing: null or the empty map.
    fn nothing(&self) -> Result<(), Error> {
        match self.here.node {
            _ if self.stands_in() => Ok(()),
            Node::Null => Ok(()),
            Node::Map(_) if self.parts.is_some() => Ok(()),
            Node::Map(_) => self.entries(Some(&[]))?.refuse_keys(),
            _ => Err(Error::allowed("an empty map")),
        }
    }

    /// An unknown key is a fault, unless it is for others to know.
    fn ignored(&self) -> Result<(), Error> {
        match self.siblings {
            Some(known) if !known.contains(&self.here.key()) => Err(Cause::UnknownKey(known.to_vec()).into()),
            _ => Ok(()),
        }
    }

    fn variant(&'a self, variants: Names) -> Result<Variant<'a>, Error> {
        self.check_depth()?;
        let tried = variants.get(usize::from(self.stand_in).saturating_sub(1)).or(variants.first());
        match (self.here.node, tried) {
            (_, Some(name)) if self.stands_in() => Ok(Variant { de: self, name, content: None }),
            (Node::String(name), _) => Ok(Variant { de: self, name, content: None }),
            (Node::Map(entries), _) if let [(name, content)] = entries.as_slice() => {
                Ok(Variant { de: self, name, content: Some(content) })
            }
            _ => Err(Cause::not_a_variant(variants).into()),
        }
    }
}

/// Visits with the number's own type, so that no visitor has to look at its range again.
macro_rules! whole_numbers {
    ($($method:ident $visit:ident $read:ident($($bound:expr),*);)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            visitor.$visit(self.$read($($bound.into()),*)? as _)
        }
    )*};
}

fn visit_number<'de, V: Visitor<'de>>(number: Number, visitor: V) -> Result<V::Value, Error> {
    match number {
        Number::Negative(number) => visitor.visit_i64(number),
        Number::Positive(number) => visitor.visit_u64(number),
        Number::Float(number) => visitor.visit_f64(number),
    }
}

impl<'de> Deserializer<'de> for &De<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.here.node {
            _ if self.stands_in() => visitor.visit_str(self.text()?),
            Node::Null => visitor.visit_unit(),
            Node::Bool(value) => visitor.visit_bool(*value),
            // Types that take "any" number mostly want a whole one, which may have come as a double.
            Node::Number(number) => visit_number(number.whole().unwrap_or(*number), visitor),
            Node::String(text) => visitor.visit_str(text),
            Node::List(_) => visitor.visit_seq(&mut self.items(None)?),
            Node::Map(_) => visitor.visit_map(&mut self.entries(None)?),
        }
    }

    whole_numbers! {
        deserialize_i8 visit_i8 signed(i8::MIN, i8::MAX);
        deserialize_i16 visit_i16 signed(i16::MIN, i16::MAX);
        deserialize_i32 visit_i32 signed(i32::MIN, i32::MAX);
        deserialize_i64 visit_i64 signed(i64::MIN, i64::MAX);
        deserialize_u8 visit_u8 unsigned(u8::MAX);
        deserialize_u16 visit_u16 unsigned(u16::MAX);
        deserialize_u32 visit_u32 unsigned(u32::MAX);
        deserialize_u64 visit_u64 unsigned(u64::MAX);
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let number = self.number().ok_or_else(|| self.number_allowed("a number".to_owned()))?;
        visit_number(number, visitor)
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_bool(self.boolean()?)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_str(self.text()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.is_none() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.nothing()?;
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(&mut self.items(None)?)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(&mut self.items(Some(length))?)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        if name == BOTH {
            let known = KnownToParts::default();
            let de = De { parts: self.parts.or(Some(&known)), ..*self };
            return visitor.visit_seq(&mut Parts::new(&de, length, self.parts.is_none()));
        }
        visitor.visit_seq(&mut self.items(Some(length))?)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_map(&mut self.entries(None)?)
    }

    fn deserialize_struct<V: Visitor<'de>>(self, _: &'static str, known: Names, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_map(&mut self.entries(Some(known))?)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: Names,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_enum(self.variant(variants)?)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        // A derived struct ignores what it does not know. An operator who misspelt a key must hear of it.
        self.ignored()?;
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! { bytes byte_buf }
}
