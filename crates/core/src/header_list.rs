//! Header lists as the ABI passes them: counts and lengths, then names and values, each closed by a NUL.

use crate::headers::HeaderValue;
use crate::host::Pairs;
use std::fmt;

/// A list in the bytes of the ABI: read where it lies, as few of its entries are ever asked for.
#[derive(Clone, Default)]
pub struct HeaderList(Vec<u8>);

impl HeaderList {
    /// The bytes of a list; the caller has checked its size.
    pub fn new(pairs: &[(String, Vec<u8>)]) -> Self {
        let bytes: usize = pairs.iter().map(|(name, value)| name.len() + value.len() + 10).sum();
        let mut out = Vec::with_capacity(bytes + 4);
        out.extend((pairs.len() as u32).to_le_bytes());
        for (name, value) in pairs {
            out.extend((name.len() as u32).to_le_bytes());
            out.extend((value.len() as u32).to_le_bytes());
        }
        for (name, value) in pairs {
            for text in [name.as_bytes(), value] {
                out.extend(text);
                out.push(0);
            }
        }
        Self(out)
    }

    /// A list that the host wrote.
    pub fn from_host(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// As the host reads it.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Names and values in order; what does not fit the form ends the list.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let whole = number(&self.0).and_then(|(count, rest)| rest.split_at_checked(count.checked_mul(8)?));
        let (mut lengths, mut texts) = whole.unwrap_or_default();
        std::iter::from_fn(move || {
            let (name, rest) = number(lengths)?;
            let (value, rest) = number(rest)?;
            lengths = rest;
            let (name, left) = text(texts, name)?;
            let (value, left) = text(left, value)?;
            texts = left;
            Some((name, value))
        })
    }

    /// The value of `:status`, which gateways put first.
    pub(crate) fn status(&self) -> Option<&[u8]> {
        match self.iter().next()? {
            (b":status", status) => Some(status),
            _ => self.get(":status"),
        }
    }

    /// The first value of `name`.
    // Not inlined: it has several callers, and is larger than all that they do with it.
    #[inline(never)]
    pub(crate) fn get(&self, name: &str) -> Option<&[u8]> {
        self.iter().find(|(key, _)| key.eq_ignore_ascii_case(name.as_bytes())).map(|(_, value)| value)
    }

    /// All values of `name`.
    pub(crate) fn get_all(&self, name: &str) -> Vec<HeaderValue> {
        let named = self.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name.as_bytes()));
        named.map(|(_, value)| value.to_vec().into()).collect()
    }

    /// As authors get it.
    pub(crate) fn to_vec(&self) -> Vec<(String, HeaderValue)> {
        self.decode().into_iter().map(|(name, value)| (name, value.into())).collect()
    }

    /// The entries, copied out.
    pub fn decode(&self) -> Pairs {
        self.iter().map(|(name, value)| (String::from_utf8_lossy(name).into_owned(), value.to_vec())).collect()
    }
}

/// Says how long it is, not what is in it: a header may be a secret.
impl fmt::Debug for HeaderList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HeaderList({} bytes)", self.0.len())
    }
}

fn number(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (number, rest) = bytes.split_first_chunk::<4>()?;
    Some((u32::from_le_bytes(*number) as usize, rest))
}

fn text(bytes: &[u8], length: usize) -> Option<(&[u8], &[u8])> {
    let (text, rest) = bytes.split_at_checked(length)?;
    Some((text, rest.get(1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_comes_back_as_it_went() {
        let pairs: Pairs =
            vec![(":status".into(), b"200".into()), ("a".into(), b"\xff\0".into()), ("A".into(), vec![])];
        let list = HeaderList::new(&pairs);
        assert_eq!(list.decode(), pairs);
        assert_eq!(list.get("A"), Some(&b"\xff\0"[..]));
        assert_eq!(list.get("b"), None);
        assert_eq!(HeaderList::default().decode(), Pairs::new());
    }

    #[test]
    fn a_status_is_found_wherever_it_stands() {
        let [status, other] = [(":status", "200"), ("a", "1")].map(|(name, value)| (name.to_owned(), value.into()));
        for pairs in [vec![status.clone()], vec![status.clone(), other.clone()], vec![other.clone(), status]] {
            assert_eq!(HeaderList::new(&pairs).status(), Some(&b"200"[..]));
        }
        assert_eq!(HeaderList::new(&[other]).status(), None);
        assert_eq!(HeaderList::default().status(), None);
    }

    #[test]
    fn a_list_that_lies_about_its_lengths_ends_there() {
        let whole = HeaderList::new(&[("a".into(), b"1".into()), ("b".into(), b"2".into())]).0;
        for end in 0..whole.len() {
            let cut = HeaderList::from_host(whole.get(..end).unwrap().to_vec());
            assert!(cut.iter().count() < 2, "cut at {end}");
        }
        for (place, lie) in [(0, u32::MAX), (4, 4), (4, u32::MAX), (8, 4), (8, u32::MAX)] {
            let mut bytes = whole.clone();
            bytes.get_mut(place..place + 4).unwrap().copy_from_slice(&u32::to_le_bytes(lie));
            assert!(HeaderList::from_host(bytes).iter().count() < 2, "{lie} at {place}");
        }
    }
}
