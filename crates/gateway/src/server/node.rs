//! The property `node`: who this gateway is.

use serde_json::Value;

use crate::bootstrap::NodeIdentity;

/// The value at a path inside `node`, such as `id` or `metadata`, `ROLE`.
///
/// As in attributes, text is given as it is, a number as the 8 bytes of a double, a flag as one byte.
pub(super) fn find(node: &NodeIdentity, path: &[&[u8]]) -> Option<Vec<u8>> {
    match path {
        [b"id"] => Some(node.id.clone().into_bytes()),
        [b"cluster"] => Some(node.cluster.clone().into_bytes()),
        [b"metadata", first, rest @ ..] => {
            let first = node.metadata.get(std::str::from_utf8(first).ok()?)?;
            let found = rest.iter().try_fold(first, |value, key| value.get(std::str::from_utf8(key).ok()?))?;
            match found {
                Value::String(text) => Some(text.clone().into_bytes()),
                Value::Number(number) => Some(number.as_f64()?.to_le_bytes().to_vec()),
                Value::Bool(flag) => Some(vec![(*flag).into()]),
                Value::Null | Value::Array(_) | Value::Object(_) => None,
            }
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn metadata_is_found_at_any_depth() {
        let Value::Object(metadata) = json!({ "a": { "b": "text" }, "n": 2, "yes": true }) else { panic!() };
        let node = NodeIdentity { id: "gw".into(), cluster: "here".into(), metadata };
        assert_eq!(find(&node, &[b"id"]).as_deref(), Some(&b"gw"[..]));
        assert_eq!(find(&node, &[b"metadata", b"a", b"b"]).as_deref(), Some(&b"text"[..]));
        assert_eq!(find(&node, &[b"metadata", b"n"]), Some(2f64.to_le_bytes().to_vec()));
        assert_eq!(find(&node, &[b"metadata", b"yes"]), Some(vec![1]));
        assert_eq!(find(&node, &[b"metadata", b"a"]), None);
        assert_eq!(find(&node, &[]), None);
    }
}
