//! Shared data: values that all plugins with the same vm_id see, in every worker.

use std::collections::HashMap;
use std::sync::Mutex;

use super::locked;
use crate::abi::Status;

/// The bytes that one vm_id may keep. A gateway has no bound; a plugin here must not eat its developer's machine.
const MOST_BYTES: usize = 256 << 20;

/// Values by vm_id and key, each with a number that changes with every write.
#[derive(Debug, Default)]
pub struct SharedData(Mutex<HashMap<String, Space>>);

#[derive(Debug, Default)]
struct Space {
    values: HashMap<Vec<u8>, (Vec<u8>, u32)>,
    bytes: usize,
    last_cas: u32,
}

impl SharedData {
    /// The value of a key and its compare-and-swap number.
    pub fn get(&self, vm_id: &str, key: &[u8]) -> Option<(Vec<u8>, u32)> {
        locked(&self.0).get(vm_id)?.values.get(key).cloned()
    }

    /// Writes a value. `cas` 0 writes always, any other number only over the version it belongs to.
    ///
    /// # Errors
    /// [`Status::CasMismatch`] when someone else wrote in between, [`Status::InternalFailure`] when the space is full.
    pub fn set(&self, vm_id: &str, key: &[u8], value: &[u8], cas: u32) -> Result<(), Status> {
        let mut spaces = locked(&self.0);
        let space = spaces.entry(vm_id.to_owned()).or_default();
        let old = space.values.get(key);
        if cas != 0 && old.is_some_and(|(_, known)| *known != cas) {
            return Err(Status::CasMismatch);
        }
        let freed = old.map_or(0, |(value, _)| key.len() + value.len());
        let bytes = space.bytes - freed + key.len() + value.len();
        if bytes > MOST_BYTES {
            return Err(Status::InternalFailure);
        }
        space.bytes = bytes;
        // 0 means "no check" to a guest, so no version may have it.
        space.last_cas = space.last_cas.checked_add(1).unwrap_or(1);
        space.values.insert(key.to_vec(), (value.to_vec(), space.last_cas));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_with_an_old_number_is_refused() {
        let data = SharedData::default();
        data.set("", b"k", b"1", 0).unwrap();
        let (value, cas) = data.get("", b"k").unwrap();
        assert_eq!(value, b"1");
        data.set("", b"k", b"2", cas).unwrap();
        assert_eq!(data.set("", b"k", b"3", cas), Err(Status::CasMismatch));
        data.set("", b"k", b"4", 0).unwrap();
        assert_eq!(data.get("", b"k").unwrap().0, b"4");
    }

    #[test]
    fn each_vm_id_has_its_own_keys() {
        let data = SharedData::default();
        data.set("a", b"k", b"1", 0).unwrap();
        assert_eq!(data.get("b", b"k"), None);
    }

    #[test]
    fn a_full_space_refuses_and_keeps_what_it_has() {
        let data = SharedData::default();
        let large = vec![0; MOST_BYTES - 1];
        data.set("", b"k", &large, 0).unwrap();
        assert_eq!(data.set("", b"l", b"", 0), Err(Status::InternalFailure));
        data.set("", b"k", b"", 0).unwrap();
        data.set("", b"l", b"", 0).unwrap();
    }
}
