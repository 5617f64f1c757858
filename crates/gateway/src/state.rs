//! The filter state: what plugins have set at an exchange or a connection, by key.

use std::collections::HashMap;

use crate::abi::Status;
use crate::attribute::Attribute;

/// The bytes that plugins may leave at one exchange. A gateway has no bound; a plugin here must not eat its developer's
/// machine.
const MOST_BYTES: usize = 16 << 20;
/// What an entry of the table takes beside its bytes, about.
const EACH: usize = 128;
/// The keys of what plugins set as properties begin with this.
pub(crate) const PROPERTY: &[u8] = b"wasm.";

/// How long a value lives, by Envoy's numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Span {
    /// For the filter chain.
    #[default]
    FilterChain,
    /// For the exchange; the same here, where an exchange has one filter chain.
    Request,
    /// For the client's connection: later exchanges find it too.
    Connection,
}

impl Span {
    pub(crate) fn numbered(number: u64) -> Self {
        match number {
            1 => Self::Request,
            2 => Self::Connection,
            _ => Self::FilterChain,
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct State {
    values: HashMap<Vec<u8>, (Attribute, Span)>,
    bytes: usize,
}

impl State {
    pub(crate) fn get(&self, key: &[u8]) -> Option<&Attribute> {
        self.values.get(key).map(|(value, _)| value)
    }

    /// Keeps a value in place of the one before. One that lived for another span stays instead: so Envoy does it,
    /// with a good status.
    ///
    /// # Errors
    /// [`Status::InternalFailure`] when all values together are too large.
    pub(crate) fn set(&mut self, key: &[u8], value: Attribute, span: Span) -> Result<(), Status> {
        let freed = match self.values.get(key) {
            Some((_, known)) if *known != span => return Ok(()),
            Some((old, _)) => key.len() + old.size() + EACH,
            None => 0,
        };
        let bytes = self.bytes - freed + key.len() + value.size() + EACH;
        if bytes > MOST_BYTES {
            return Err(Status::InternalFailure);
        }
        self.bytes = bytes;
        self.values.insert(key.to_vec(), (value, span));
        Ok(())
    }
}

/// The key of a property that plugins set.
pub(crate) fn key_of_property(name: &[u8]) -> Vec<u8> {
    [PROPERTY, name].concat()
}
