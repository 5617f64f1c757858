//! Data shared by all workers of a gateway process, with compare-and-swap.
//!
//! The host never forgets a key, and every plugin with the same `vm_id` sees every key. So a store has a name of its
//! own and a fixed number of slots: a key takes the slot that its hash names, and drives out another key there. It is a
//! cache, not a database.

use crate::host::{Host, HostError, host};
use std::fmt;

/// The largest value taken, in bytes.
pub const MAX_VALUE: usize = 64 << 10;

/// A bounded store of values that all workers see.
#[derive(Clone, Debug)]
pub struct SharedStore {
    name: String,
    slots: u32,
}

/// Version of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version(u32);

/// Why a value was not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SharedError {
    /// Another worker changed the slot first: read again.
    Changed,
    /// The value is larger than [`MAX_VALUE`], or the key longer than 65,535 bytes.
    TooLarge,
    /// The host refused.
    Host(HostError),
}

impl fmt::Display for SharedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed => f.write_str("shared data was changed by another worker"),
            Self::TooLarge => write!(f, "shared data is limited to {MAX_VALUE} bytes a value"),
            Self::Host(status) => write!(f, "shared data: {status}"),
        }
    }
}

impl std::error::Error for SharedError {}

impl SharedStore {
    /// A store of `slots` slots (at least one) that all VMs with the same `name` share.
    pub fn new(name: impl Into<String>, slots: u32) -> Self {
        Self { name: name.into(), slots: slots.max(1) }
    }

    /// The value of `key`, unless another key has driven it out.
    pub fn get(&self, key: &str) -> Option<Vec<u8>> {
        self.read(key).0
    }

    /// The value of `key` and the version of its slot; the version is there even when the value is not.
    pub fn get_versioned(&self, key: &str) -> (Option<Vec<u8>>, Option<Version>) {
        self.read(key)
    }

    /// Stores a value, whatever is there.
    pub fn set(&self, key: &str, value: &[u8]) -> Result<(), SharedError> {
        self.write(key, value, 0)
    }

    /// Stores a value if the slot still has `version`; `None` stores it only into a slot nobody has used.
    pub fn compare_and_swap(&self, key: &str, value: &[u8], version: Option<Version>) -> Result<(), SharedError> {
        match version {
            Some(Version(cas)) => self.write(key, value, cas),
            // The host cannot check for absence: 0 means "do not check". Look first; a race loses one of two firsts.
            None if self.read(key).1.is_some() => Err(SharedError::Changed),
            None => self.write(key, value, 0),
        }
    }

    /// Empties the slot of `key` if `key` is in it. The host cannot delete; the slot stays, empty.
    pub fn remove(&self, key: &str) -> Result<(), SharedError> {
        match self.read(key) {
            (Some(_), Some(Version(cas))) => self.put(&self.slot(key), &[], cas),
            _ => Ok(()),
        }
    }

    fn slot(&self, key: &str) -> String {
        // FNV-1a: short, and the same in every worker.
        let hash = key
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        format!("{}#{}", self.name, hash.checked_rem(u64::from(self.slots)).unwrap_or(0))
    }

    fn read(&self, key: &str) -> (Option<Vec<u8>>, Option<Version>) {
        let Ok(Some((stored, cas))) = host().shared_data(&self.slot(key)) else { return (None, None) };
        (unpack(&stored, key), Some(Version(cas)))
    }

    fn write(&self, key: &str, value: &[u8], cas: u32) -> Result<(), SharedError> {
        let length = u16::try_from(key.len()).map_err(|_| SharedError::TooLarge)?;
        if value.len() > MAX_VALUE {
            return Err(SharedError::TooLarge);
        }
        let mut stored = Vec::with_capacity(2 + key.len() + value.len());
        stored.extend(length.to_le_bytes());
        stored.extend(key.as_bytes());
        stored.extend(value);
        self.put(&self.slot(key), &stored, cas)
    }

    fn put(&self, slot: &str, stored: &[u8], cas: u32) -> Result<(), SharedError> {
        host().set_shared_data(slot, stored, cas).map_err(|status| match status {
            HostError::CAS_MISMATCH => SharedError::Changed,
            status => SharedError::Host(status),
        })
    }
}

/// A slot holds the length of its key (two bytes), the key, and the value: another key of the same slot is not a hit.
fn unpack(stored: &[u8], key: &str) -> Option<Vec<u8>> {
    let (length, rest) = stored.split_first_chunk::<2>()?;
    let (found, value) = rest.split_at_checked(usize::from(u16::from_le_bytes(*length)))?;
    (found == key.as_bytes()).then(|| value.to_vec())
}
