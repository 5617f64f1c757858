//! The property `node`: who this gateway is.

use serde_json::Value;

use crate::attribute::Attribute;
use crate::bootstrap::NodeIdentity;

/// The value at a path inside `node`, such as `id` or `metadata`, `ROLE`.
///
/// Objects are groups; lists are not given.
pub(super) fn find(node: &NodeIdentity, path: &[&[u8]]) -> Option<Attribute> {
    match path {
        [] | [b"metadata"] => Some(Attribute::Group),
        [b"id"] => Some(node.id.clone().into()),
        [b"cluster"] => Some(node.cluster.clone().into()),
        [b"metadata", first, rest @ ..] => {
            let first = node.metadata.get(std::str::from_utf8(first).ok()?)?;
            let found = rest.iter().try_fold(first, |value, key| value.get(std::str::from_utf8(key).ok()?))?;
            match found {
                Value::String(text) => Some(text.clone().into()),
                Value::Number(number) => Some(Attribute::Double(number.as_f64()?)),
                Value::Bool(flag) => Some(Attribute::Flag(*flag)),
                Value::Object(_) => Some(Attribute::Group),
                Value::Null | Value::Array(_) => None,
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
        assert_eq!(find(&node, &[b"id"]), Some("gw".into()));
        assert_eq!(find(&node, &[b"metadata", b"a", b"b"]), Some("text".into()));
        assert_eq!(find(&node, &[b"metadata", b"n"]), Some(Attribute::Double(2.)));
        assert_eq!(find(&node, &[b"metadata", b"yes"]), Some(Attribute::Flag(true)));
        assert_eq!(find(&node, &[b"metadata", b"a"]), Some(Attribute::Group));
        assert_eq!(find(&node, &[b"metadata", b"b"]), None);
    }
}
