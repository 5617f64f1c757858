//! An ordered list of headers or trailers, names in lower case, names and values as bytes.

use std::fmt;

/// Headers or trailers of a message. Pseudo headers such as `:path` are in it like all others.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Headers(Vec<(Vec<u8>, Vec<u8>)>);

impl Headers {
    /// The first value of `name`. Gateways show a guest only this one, even when a header is repeated.
    pub fn get(&self, name: &[u8]) -> Option<&[u8]> {
        self.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// All values of `name`, joined by commas.
    pub(crate) fn joined(&self, name: &[u8]) -> Option<Vec<u8>> {
        let values: Vec<_> = self.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|it| it.1).collect();
        (!values.is_empty()).then(|| values.join(&b','))
    }

    /// Adds one more header; those of the same name stay.
    pub fn add(&mut self, name: &[u8], value: &[u8]) {
        self.0.push((name.to_ascii_lowercase(), value.to_vec()));
    }

    /// Sets `name` to this one value, in the place of its first value if there was one.
    pub fn set(&mut self, name: &[u8], value: &[u8]) {
        let mut first = true;
        self.0.retain_mut(|(known, old)| {
            if !known.eq_ignore_ascii_case(name) {
                return true;
            }
            if first {
                *old = value.to_vec();
            }
            std::mem::take(&mut first)
        });
        if first {
            self.add(name, value);
        }
    }

    /// Takes all values of `name` away.
    pub fn remove(&mut self, name: &[u8]) {
        self.0.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
    }

    /// Names and values in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&[u8], &[u8])> + Clone {
        self.0.iter().map(|(name, value)| (name.as_slice(), value.as_slice()))
    }

    /// How many headers there are, repeated ones counted each.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Bytes of all names and values.
    pub fn bytes(&self) -> usize {
        self.0.iter().map(|(name, value)| name.len() + value.len()).sum()
    }
}

impl<N: AsRef<[u8]>, V: AsRef<[u8]>> FromIterator<(N, V)> for Headers {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        let mut headers = Self::default();
        for (name, value) in pairs {
            headers.add(name.as_ref(), value.as_ref());
        }
        headers
    }
}

/// Names and the lengths of values: a value may be a secret.
impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.iter().map(|(name, value)| (String::from_utf8_lossy(name), format!("{} bytes", value.len())));
        f.debug_map().entries(shown).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_lower_case_and_found_in_any_case() {
        let headers: Headers = [("X-Name", "1")].into_iter().collect();
        assert_eq!(headers.iter().next(), Some((&b"x-name"[..], &b"1"[..])));
        assert_eq!(headers.get(b"X-NAME"), Some(&b"1"[..]));
    }

    #[test]
    fn setting_replaces_all_values_in_the_place_of_the_first() {
        let mut headers: Headers = [("a", "1"), ("b", "2"), ("A", "3")].into_iter().collect();
        headers.set(b"A", b"4");
        assert_eq!(headers, [("a", "4"), ("b", "2")].into_iter().collect());
        headers.set(b"c", b"5");
        assert_eq!(headers.get(b"c"), Some(&b"5"[..]));
    }

    #[test]
    fn removing_takes_every_value() {
        let mut headers: Headers = [("a", "1"), ("b", "2"), ("a", "3")].into_iter().collect();
        headers.remove(b"A");
        assert_eq!((headers.len(), headers.bytes()), (1, 2));
    }

    #[test]
    fn debug_shows_no_value() {
        let headers: Headers = [("authorization", "secret")].into_iter().collect();
        assert_eq!(format!("{headers:?}"), r#"{"authorization": "6 bytes"}"#);
    }
}
