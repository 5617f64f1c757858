//! A map with keys of its own choice, such as headers by their names.

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;

/// The entries of a map, in the order they were written.
///
/// A list is a tenth of the code of a `BTreeMap`, and configurations are walked rather than searched. Keys that are
/// written alike are refused by [`parse`](super::parse); whether keys can mean the same otherwise is for `K` to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InOrder<K, V>(pub Vec<(K, V)>);

impl<K, V> Default for InOrder<K, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, K: Deserialize<'de>, V: Deserialize<'de>> Deserialize<'de> for InOrder<K, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(InOrderVisitor(PhantomData))
    }
}

struct InOrderVisitor<K, V>(PhantomData<(K, V)>);

impl<'de, K: Deserialize<'de>, V: Deserialize<'de>> Visitor<'de> for InOrderVisitor<K, V> {
    type Value = InOrder<K, V>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(InOrder(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::InOrder;
    use crate::config::{from_node, parse};

    #[test]
    fn entries_keep_their_order_and_their_faults_have_paths() {
        let read = |text: &str| from_node::<InOrder<String, u8>>(&parse(text.as_bytes()).unwrap());
        assert_eq!(read(r#"{"b": 1, "a": 2}"#), Ok(InOrder(vec![("b".to_owned(), 1), ("a".to_owned(), 2)])));
        let faults = read(r#"{"b": -1, "a": 2, "c": "x"}"#).unwrap_err();
        let paths: Vec<_> = faults.iter().map(|fault| fault.path.as_str()).collect();
        assert_eq!(paths, ["$.b", "$.c"]);
    }
}
