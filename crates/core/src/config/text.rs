//! A text that may be written as a number.

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use std::fmt;

/// A text that may be written as a whole number, as Higress's own plugins take it: `password: 123456`.
///
/// Higress delivers every number as a double, so longer ones than a double holds exactly are refused.
#[derive(Clone, PartialEq, Eq)]
pub struct Text(pub String);

struct TextVisitor;

/// The largest whole number up to which a double has all of them.
const EXACT: u64 = 1 << 53;
const ALLOWED: &str = "allowed: a string in quotes, or a short whole number";

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

impl Visitor<'_> for TextVisitor {
    type Value = Text;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a string or a whole number")
    }

    fn visit_str<E>(self, text: &str) -> Result<Text, E> {
        Ok(Text(text.to_owned()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Text, E> {
        i64::try_from(number).map_err(|_| E::custom(ALLOWED)).and_then(|number| self.visit_i64(number))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Text, E> {
        if number.unsigned_abs() <= EXACT { Ok(Text(number.to_string())) } else { Err(E::custom(ALLOWED)) }
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Text, E> {
        let whole = number as i64;
        if whole as f64 == number { self.visit_i64(whole) } else { Err(E::custom(ALLOWED)) }
    }
}

/// Says nothing of the text, which may be a secret.
impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Text")
    }
}
