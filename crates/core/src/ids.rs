//! Things by the numbers that are counted up for them: streams, calls, tasks.

/// A list in the order of the numbers. The newest is added at its end and most often looked for there, and it is 4 KB
/// less code than hash tables, which would be in no cache when a request comes.
pub(crate) struct Ids<T>(Vec<(u32, T)>);

impl<T> Ids<T> {
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    pub(crate) fn get(&self, id: u32) -> Option<&T> {
        self.0.get(self.find(id).ok()?).map(|(_, thing)| thing)
    }

    /// Adds `thing`, and gives back the one that had the number.
    pub(crate) fn insert(&mut self, id: u32, thing: T) -> Option<T> {
        match self.find(id) {
            Ok(at) => self.0.get_mut(at).map(|entry| std::mem::replace(&mut entry.1, thing)),
            Err(at) if at == self.0.len() => {
                self.0.push((id, thing));
                None
            }
            Err(at) => self.squeeze_in(at, id, thing),
        }
    }

    // Not inlined: it is what a host that counts up never needs.
    #[inline(never)]
    fn squeeze_in(&mut self, at: usize, id: u32, thing: T) -> Option<T> {
        self.0.insert(at, (id, thing));
        None
    }

    pub(crate) fn remove(&mut self, id: u32) -> Option<T> {
        let at = self.find(id).ok()?;
        Some(self.0.remove(at).1)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = u32> {
        self.0.iter().map(|(id, _)| *id)
    }

    /// Removes those of `ids`, which are in order.
    pub(crate) fn take(&mut self, ids: &[u32]) -> Vec<T> {
        self.0.extract_if(.., |(id, _)| ids.binary_search(id).is_ok()).map(|(_, thing)| thing).collect()
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &T> {
        self.0.iter().map(|(_, thing)| thing)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        self.0.iter().map(|(id, thing)| (*id, thing))
    }

    /// Where `id` is, or else belongs.
    fn find(&self, id: u32) -> Result<usize, usize> {
        match self.0.as_slice() {
            [] => Err(0),
            [.., (last, _)] if *last < id => Err(self.0.len()),
            [before @ .., (last, _)] if *last == id => Ok(before.len()),
            _ => self.search(id),
        }
    }

    #[inline(never)]
    fn search(&self, id: u32) -> Result<usize, usize> {
        self.0.binary_search_by_key(&id, |(known, _)| *known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_added_whatever_the_order() {
        let mut ids = Ids::new();
        for id in [7, u32::MAX, 3, 9, 0] {
            ids.insert(id, id.to_string());
        }
        assert_eq!(ids.insert(9, "nine".to_owned()).unwrap(), "9");
        assert_eq!(ids.values().collect::<Vec<_>>(), ["0", "3", "7", "nine", "4294967295"]);
        assert_eq!(ids.get(9).unwrap(), "nine");
        assert_eq!(ids.remove(9).unwrap(), "nine");
        assert_eq!(ids.remove(9), None);
        assert_eq!((ids.get(9), ids.get(8)), (None, None));
        assert_eq!(ids.get(u32::MAX).unwrap(), "4294967295");
        assert_eq!(ids.take(&[3, 5, 9]), ["3"]);
        assert_eq!((ids.len(), ids.ids().collect::<Vec<_>>()), (3, vec![0, 7, u32::MAX]));
    }
}
