//! The headers of the mocked response: a name with one value or a list of them.

use plugin_core::prelude::*;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// Headers by name; none is given twice.
#[derive(Default, JsonSchema)]
#[schemars(
    with = "plugin_core::config::Node",
    extend(
        "type" = "object",
        "additionalProperties" = {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
    )
)]
pub(crate) struct Headers(Vec<(Name, Values)>);

/// A header that a configuration may give.
#[derive(PartialEq, Eq, Deserialize)]
#[serde(try_from = "HeaderName")]
struct Name(HeaderName);

struct Values(Vec<FieldValue>);

impl Headers {
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &FieldValue)> {
        self.0.iter().flat_map(|(Name(name), Values(values))| values.iter().map(move |value| (&**name, value)))
    }
}

impl<'de> Deserialize<'de> for Headers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ByName;

        impl<'de> Visitor<'de> for ByName {
            type Value = Headers;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a map of header names and values")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Headers, A::Error> {
                let mut headers: Vec<(Name, Values)> = Vec::new();
                while let Some((name, values)) = entries.next_entry::<Name, Values>()? {
                    if headers.iter().any(|(known, _)| *known == name) {
                        let Name(name) = name;
                        return Err(A::Error::custom(format!(
                            "header `{name}` is given twice, in upper and lower case; write its values as one list"
                        )));
                    }
                    headers.push((name, values));
                }
                Ok(Headers(headers))
            }
        }

        deserializer.deserialize_map(ByName)
    }
}

impl<'de> Deserialize<'de> for Values {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrMore;

        impl<'de> Visitor<'de> for OneOrMore {
            type Value = Values;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a string in quotes, or a list of strings")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Values, E> {
                FieldValue::try_from(text.to_owned()).map(|value| Values(vec![value])).map_err(E::custom)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Values, A::Error> {
                let mut values = Vec::new();
                while let Some(value) = items.next_element()? {
                    values.push(value);
                }
                Ok(Values(values))
            }
        }

        deserializer.deserialize_any(OneOrMore)
    }
}

impl TryFrom<HeaderName> for Name {
    type Error = &'static str;

    fn try_from(name: HeaderName) -> Result<Self, Self::Error> {
        if name.is_pseudo() {
            return Err("a pseudo header cannot be given here; for `:status` there is the key `status`");
        }
        if name.is_owned_by_gateway() {
            return Err("this header cannot be given; the gateway writes it itself");
        }
        Ok(Self(name))
    }
}
