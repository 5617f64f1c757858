//! The entries by their keys: a sorted list, because a tree's code would be larger than all that is done with it.

use super::entry::Entry;

/// What is kept, in the order of the keys.
#[derive(Debug, Default)]
#[expect(clippy::vec_box, reason = "only addresses move when one comes in between")]
pub(super) struct Entries(Vec<Box<(Vec<u8>, Entry)>>);

impl Entries {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn find(&self, key: &[u8]) -> Result<usize, usize> {
        self.0.binary_search_by(|kept| kept.0.as_slice().cmp(key))
    }

    pub(super) fn get(&self, key: &[u8]) -> Option<&Entry> {
        self.0.get(self.find(key).ok()?).map(|kept| &kept.1)
    }

    pub(super) fn get_mut(&mut self, key: &[u8]) -> Option<&mut Entry> {
        let at = self.find(key).ok()?;
        self.0.get_mut(at).map(|kept| &mut kept.1)
    }

    /// Makes sure that there is an entry of this key.
    pub(super) fn add(&mut self, key: &[u8]) {
        if let Err(at) = self.find(key) {
            self.0.insert(at, Box::new((key.to_vec(), Entry::default())));
        }
    }

    pub(super) fn remove(&mut self, key: &[u8]) {
        if let Ok(at) = self.find(key) {
            self.0.remove(at);
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&[u8], &Entry)> {
        self.0.iter().map(|kept| (kept.0.as_slice(), &kept.1))
    }

    pub(super) fn retain(&mut self, mut keep: impl FnMut(&Entry) -> bool) {
        self.0.retain(|kept| keep(&kept.1));
    }
}
