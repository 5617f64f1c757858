//! A list of headers as it is shown: masked, cut, with a count of what was left out.

use serde::Serialize;

use super::limits::{HEADERS, VALUE, cut};
use super::mask::Masks;
use crate::headers::Headers;

/// One header: its name, and its value without secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// In lower case.
    pub name: String,
    /// Bytes that are no UTF-8 are replaced.
    pub value: String,
}

/// Headers or trailers of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ShownHeaders {
    /// In their order.
    pub headers: Vec<Shown>,
    /// How many more there were.
    pub left_out: usize,
}

impl ShownHeaders {
    pub(super) fn of(headers: &Headers, masks: &Masks) -> Self {
        let shown = headers.iter().take(HEADERS).map(|(name, value)| Shown::of(name, value, masks));
        Self { headers: shown.collect(), left_out: headers.len().saturating_sub(HEADERS) }
    }

    pub(super) fn bytes(&self) -> usize {
        self.headers.iter().map(Shown::bytes).sum()
    }
}

impl Shown {
    pub(super) fn of(name: &[u8], value: &[u8], masks: &Masks) -> Self {
        let name = String::from_utf8_lossy(name);
        // Masked before it is cut, so that no part of a secret is left.
        let value = cut(masks.header(&name, value), VALUE);
        Self { name: cut(name.into_owned(), VALUE), value }
    }

    pub(super) fn bytes(&self) -> usize {
        self.name.len() + self.value.len()
    }
}
