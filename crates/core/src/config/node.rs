//! The tree that a configuration is read into, before any plugin gives it a meaning.

use std::cell::Cell;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, Visitor};

use super::MAX_DEPTH;

/// A value of a configuration.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// `null`, or a YAML key without a value.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// Any number.
    Number(Number),
    /// A string.
    String(String),
    /// A list.
    List(Vec<Node>),
    /// A map in the order it was written. [`parse`](super::parse) refuses keys that are given twice.
    Map(Vec<(String, Node)>),
}

/// A number as it was written. Higress sends whole numbers as doubles, so ask [`Number::whole`] and not for a variant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// A whole number below zero.
    Negative(i64),
    /// A whole number from zero up.
    Positive(u64),
    /// A number with a fraction or an exponent.
    Float(f64),
}

impl Node {
    /// The value of `key`, if this is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        match self {
            Node::Map(entries) => entries.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            _ => None,
        }
    }
}

impl Number {
    /// The same number as a [`Number::Negative`] or [`Number::Positive`], if it has no fraction and fits.
    pub fn whole(self) -> Option<Number> {
        const ABOVE_U64: f64 = 18_446_744_073_709_551_616.0;
        const LEAST_I64: f64 = -9_223_372_036_854_775_808.0;
        match self {
            Number::Float(float) if float.trunc() != float => None,
            Number::Float(float) if (0.0..ABOVE_U64).contains(&float) => Some(Number::Positive(float as u64)),
            Number::Float(float) if (LEAST_I64..0.0).contains(&float) => Some(Number::Negative(float as i64)),
            Number::Float(_) => None,
            whole => Some(whole),
        }
    }
}

impl From<i64> for Number {
    fn from(number: i64) -> Self {
        u64::try_from(number).map_or(Number::Negative(number), Number::Positive)
    }
}

// === reading ===

/// Bytes of memory that one configuration may take, about. YAML aliases can make a large tree of a small text.
const BUDGET: usize = 32 << 20;

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read(deserializer).map_err(|(broken, error)| match (error, broken) {
            (Some(error), None) => error,
            (_, broken) => D::Error::custom(broken.unwrap_or_default()),
        })
    }
}

/// Reads a tree that keeps to the bounds. Otherwise says which it breaks, beside what the deserializer says, if anything.
///
/// A visitor that leaves the bounds reads no further, but makes no error of its own: `serde_json` searches the text of
/// such an error for a line and a column, with more code than this file has.
pub(super) fn read<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Node, (Option<&'static str>, Option<D::Error>)> {
    let bounds = Bounds { budget: Cell::new(BUDGET), broken: Cell::new(None) };
    let node = NodeSeed { bounds: &bounds, depth: 0 }.deserialize(deserializer);
    match (bounds.broken.get(), node) {
        (None, Ok(node)) => Ok(node),
        (broken, node) => Err((broken, node.err())),
    }
}

struct Bounds {
    budget: Cell<usize>,
    broken: Cell<Option<&'static str>>,
}

#[derive(Clone, Copy)]
struct NodeSeed<'a> {
    bounds: &'a Bounds,
    depth: usize,
}

impl Bounds {
    fn are_kept(&self) -> bool {
        self.broken.get().is_none()
    }

    fn spend(&self, bytes: usize) -> bool {
        match self.budget.get().checked_sub(bytes) {
            Some(left) => self.budget.set(left),
            None => self.broken.set(Some("the configuration is too large: more than 32 MiB in memory")),
        }
        self.are_kept()
    }
}

impl<'a> NodeSeed<'a> {
    fn deeper(self) -> Self {
        if self.depth == MAX_DEPTH {
            self.bounds.broken.set(Some("lists and maps are nested too deeply: more than 64 levels"));
        }
        Self { depth: self.depth + 1, ..self }
    }
}

impl<'de> DeserializeSeed<'de> for NodeSeed<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for NodeSeed<'_> {
    type Value = Node;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Number(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Number(Number::Positive(value)))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Node, E> {
        if !value.is_finite() {
            self.bounds.broken.set(Some("numbers must be finite"));
        }
        Ok(Node::Number(Number::Float(value)))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Node, E> {
        Ok(if self.bounds.spend(value.len()) { Node::String(value.to_owned()) } else { Node::Null })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let inner = self.deeper();
        let mut list = Vec::new();
        while self.bounds.are_kept()
            && let Some(item) = items.next_element_seed(inner)?
        {
            self.bounds.spend(size_of::<Node>());
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
        let inner = self.deeper();
        let mut map = Vec::new();
        while self.bounds.are_kept()
            && let Some(key) = entries.next_key::<String>()?
        {
            self.bounds.spend(size_of::<(String, Node)>() + key.len());
            map.push((key, entries.next_value_seed(inner)?));
        }
        Ok(Node::Map(map))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, _: A) -> Result<Node, A::Error> {
        Err(A::Error::custom("a YAML tag (`!name`) means nothing here; remove it"))
    }
}
