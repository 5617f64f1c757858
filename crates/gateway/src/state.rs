//! What plugins have set for each other at one exchange, by name.

use std::collections::HashMap;

use crate::abi::Status;

/// The bytes that plugins may leave at one exchange. A gateway has no bound; a plugin here must not eat its developer's
/// machine.
const MOST_BYTES: usize = 16 << 20;

#[derive(Debug, Default)]
pub(crate) struct State {
    values: HashMap<Vec<u8>, Vec<u8>>,
    bytes: usize,
}

impl State {
    pub(crate) fn get(&self, name: &[u8]) -> Option<&[u8]> {
        self.values.get(name).map(Vec::as_slice)
    }

    /// Keeps a value of a plugin in place of the one before.
    ///
    /// # Errors
    /// [`Status::InternalFailure`] when all values together are too large.
    pub(crate) fn set(&mut self, name: &[u8], value: &[u8]) -> Result<(), Status> {
        if self.bytes_with(name, value) > MOST_BYTES {
            return Err(Status::InternalFailure);
        }
        self.put(name, value);
        Ok(())
    }

    /// Keeps a value of the gateway's own, however large.
    pub(crate) fn put(&mut self, name: &[u8], value: &[u8]) {
        self.bytes = self.bytes_with(name, value);
        self.values.insert(name.to_vec(), value.to_vec());
    }

    fn bytes_with(&self, name: &[u8], value: &[u8]) -> usize {
        let freed = self.values.get(name).map_or(0, |old| name.len() + old.len());
        self.bytes - freed + name.len() + value.len()
    }
}
