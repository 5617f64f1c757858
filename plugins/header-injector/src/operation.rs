//! One change to a list of headers.

use crate::name::{Name, PlainName};
use plugin_core::HeadersMut;
use plugin_core::config::quoted;
use plugin_core::prelude::*;

/// One change, in the words of the configuration. `N` is what `set` may name, which differs between the two sides.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", bound = "N: Name + Deserialize<'de>")]
pub(crate) enum Operation<N> {
    /// Makes the value the only one. The only operation that may change pseudo headers: `:authority` (the host),
    /// `:method`, `:path` and `:scheme` of requests, `:status` of responses.
    Set(Field<N>),
    /// Adds the value behind those that are there.
    Append(Field<PlainName>),
    /// Adds the value if the header is not there. An empty header is there.
    AddIfAbsent(Field<PlainName>),
    /// Removes all values of the header of this name.
    Remove(PlainName),
    /// Moves all values to another name, in place of what that name had. Without a header `from`, nothing happens.
    Rename {
        /// The header to rename.
        from: PlainName,
        /// Its new name.
        to: PlainName,
    },
}

/// A header to write.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(try_from = "Unchecked<N>", bound = "N: Name + Deserialize<'de>")]
#[schemars(with = "Unchecked<N>")]
pub(crate) struct Field<N> {
    name: N,
    value: FieldValue,
}

/// A header whose name is good, but perhaps not together with the value.
#[derive(Deserialize, JsonSchema)]
struct Unchecked<N> {
    /// The header's name.
    name: N,
    /// Its value, without CR, LF and NUL.
    value: FieldValue,
}

impl<N: Name> Operation<N> {
    /// What an empty configuration does.
    pub(crate) fn hello_world() -> Self {
        const WORLD: FieldValue = FieldValue::from_static("world");
        Self::Append(Field { name: PlainName::HELLO, value: WORLD })
    }

    pub(crate) fn apply(&self, headers: &mut HeadersMut<'_>) -> Result<()> {
        match self {
            Self::Set(Field { name, value }) => headers.set_field(name, value),
            Self::Append(Field { name, value }) => headers.append_field(name, value),
            Self::AddIfAbsent(Field { name, .. }) if headers.get(name).is_some() => Ok(()),
            Self::AddIfAbsent(Field { name, value }) => headers.append_field(name, value),
            Self::Remove(name) => headers.remove(name),
            Self::Rename { from, to } => {
                let values = headers.get_all(from);
                if values.is_empty() || from == to {
                    return Ok(());
                }
                headers.remove(to)?;
                headers.remove(from)?;
                values.iter().try_for_each(|value| headers.append(to, value))
            }
        }
    }
}

impl<N: Name> TryFrom<Unchecked<N>> for Field<N> {
    type Error = String;

    fn try_from(Unchecked { name, value }: Unchecked<N>) -> Result<Self, String> {
        let text = value.to_str().unwrap_or_default();
        match name.check(text) {
            Ok(()) => Ok(Self { name, value }),
            Err(allowed) => Err(["$.value: found ", &quoted(text), ", allowed: ", allowed].concat()),
        }
    }
}
