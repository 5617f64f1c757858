//! Texts with places that are filled in per request: `Bearer ${request.header.authorization}`.

mod encoding;
mod inputs;
mod parse;

pub(crate) use encoding::Encoding;
pub(crate) use inputs::{Inputs, Source};

use plugin_core::prelude::*;
use std::fmt;

/// A text, checked when it is configured. `${env.NAME}` is filled in then; the rest per request.
#[derive(Clone, Default, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String", extend("format" = "template"))]
pub(crate) struct Template(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Part {
    Text(String),
    Source(Source),
}

impl Template {
    /// A text without places to fill in, whatever characters it has.
    pub(crate) fn constant(text: impl Into<String>) -> Self {
        Self(vec![Part::Text(text.into())])
    }

    /// The text, if there is nothing to fill in.
    pub(crate) fn as_constant(&self) -> Option<&str> {
        match self.0.as_slice() {
            [] => Some(""),
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Its own parts.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| match part {
            Part::Text(text) => Some(text.as_str()),
            Part::Source(_) => None,
        })
    }

    /// What it needs to know of a request.
    pub(crate) fn sources(&self) -> impl Iterator<Item = &Source> {
        self.0.iter().filter_map(|part| match part {
            Part::Text(_) => None,
            Part::Source(source) => Some(source),
        })
    }

    /// Writes the text to `out`: its own parts as they are, what is filled in with `encoding`.
    pub(crate) fn fill(&self, inputs: &Inputs, encoding: Encoding, out: &mut Vec<u8>) {
        for part in &self.0 {
            match part {
                Part::Text(text) => out.extend_from_slice(text.as_bytes()),
                Part::Source(source) => encoding.write(inputs.get(source), out),
            }
        }
    }

    /// The text with `x` wherever something is filled in.
    pub(crate) fn outline(&self) -> Vec<u8> {
        let parts = self.0.iter().map(|part| match part {
            Part::Text(text) => text.as_bytes(),
            Part::Source(_) => b"x",
        });
        parts.flatten().copied().collect()
    }

    /// Writes all of it with `encoding`, its own parts too.
    pub(crate) fn encode(&self, inputs: &Inputs, encoding: Encoding, out: &mut Vec<u8>) {
        encoding.write(&self.bytes(inputs), out);
    }

    /// The text as it stands, nothing encoded.
    pub(crate) fn bytes(&self, inputs: &Inputs) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.fill(inputs, Encoding::None, &mut bytes);
        bytes
    }
}

impl TryFrom<String> for Template {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        parse::parse(&text).map(Self)
    }
}

/// Tells how many parts there are, not what they are: one may be a secret.
impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Template({} parts)", self.0.len())
    }
}

#[cfg(test)]
mod tests;
