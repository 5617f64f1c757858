//! Names with something for each, such as templates: query, form, headers. One type for all of them, because each costs code of its own.

use crate::template::Template;
use plugin_core::prelude::*;
use plugin_core::{is_name, is_value};
use serde::de::{Deserializer, MapAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;

/// In the order written; the configuration has each name once.
#[derive(Debug, Hash, JsonSchema)]
#[schemars(with = "std::collections::BTreeMap<String, T>")]
pub(crate) struct Named<T>(Vec<(String, T)>);

/// Names with templates.
pub(crate) type Fields = Named<Template>;

/// The same as headers: names in lower case that a message may carry.
#[derive(Debug, Default, Hash, Deserialize, JsonSchema)]
#[serde(try_from = "Fields")]
pub(crate) struct Headers(Fields);

impl<T> Default for Named<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Named<T> {
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.0.iter().map(|(name, value)| (&**name, value))
    }
}

impl Fields {
    /// Sets a field, whether or not it is there.
    pub(crate) fn set(&mut self, name: &str, value: Template) {
        self.0.retain(|(known, _)| known != name);
        self.0.push((name.to_owned(), value));
    }
}

impl Headers {
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Template)> {
        self.0.iter()
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.iter().any(|(known, _)| known == name)
    }

    /// Adds a header unless the operator has given it.
    pub(crate) fn add_default(&mut self, name: &str, value: Template) {
        if !self.has(name) {
            self.0.set(name, value);
        }
    }
}

impl TryFrom<Fields> for Headers {
    type Error = String;

    fn try_from(Named(mut fields): Fields) -> Result<Self, String> {
        for (name, value) in &mut fields {
            name.make_ascii_lowercase();
            let owned = HeaderName::try_from(name.clone()).is_ok_and(|name| name.is_owned_by_gateway());
            if !is_name(name) || owned || matches!(&**name, "host" | "te") {
                return Err(format!("header `{name}` cannot be given here"));
            }
            if !value.texts().all(|text| is_value(text.as_bytes())) {
                return Err(format!("the value of header `{name}` has CR, LF or NUL"));
            }
        }
        let twice = |(index, (name, _)): (usize, &(String, Template))| {
            fields.iter().skip(index + 1).any(|(other, _)| other == name)
        };
        match fields.iter().enumerate().any(twice) {
            true => Err("a header is given twice, in upper and lower case".to_owned()),
            false => Ok(Self(Named(fields))),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Named<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ByName<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for ByName<T> {
            type Value = Named<T>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a map of names and values")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Named<T>, A::Error> {
                let mut fields = Vec::new();
                while let Some(entry) = entries.next_entry()? {
                    fields.push(entry);
                }
                Ok(Named(fields))
            }
        }

        deserializer.deserialize_map(ByName(PhantomData))
    }
}
