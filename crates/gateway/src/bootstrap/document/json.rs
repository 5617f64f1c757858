//! Free-form parts of a file as JSON, the way `google.protobuf.Struct` carries them.

use serde_json::{Map, Value as Json};
use serde_yaml::Value;

use super::Node;

impl Node<'_> {
    /// This map as a JSON object. Every number is a double, as in a protobuf Struct: whole numbers lose precision above
    /// 2^53, and `5.0` becomes `5`.
    pub(crate) fn json_object(&self) -> Map<String, Json> {
        match self.value {
            Value::Mapping(_) | Value::Null => {
                self.entries().iter().map(|(key, node)| (key.clone(), node.json())).collect()
            }
            _ => {
                self.unsupported("a map");
                Map::new()
            }
        }
    }

    fn json(&self) -> Json {
        match self.value {
            Value::Null => Json::Null,
            Value::Bool(flag) => Json::Bool(*flag),
            Value::Number(it) => it.as_f64().and_then(number).unwrap_or_else(|| {
                self.unsupported("a finite number");
                Json::Null
            }),
            Value::String(text) => Json::String(text.clone()),
            Value::Sequence(_) => self.items().iter().map(Self::json).collect(),
            Value::Mapping(_) => Json::Object(self.json_object()),
            Value::Tagged(_) => {
                self.unsupported("plain values without a tag");
                Json::Null
            }
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a number without a fraction up to 2^53 fits")]
fn number(value: f64) -> Option<Json> {
    if value.fract() == 0.0 && value.abs() <= 2f64.powi(53) {
        return Some(Json::from(value as i64));
    }
    serde_json::Number::from_f64(value).map(Json::Number)
}

/// A key as text; YAML reads `404:` as a number, which JSON does not have as a key.
pub(super) fn key(key: &Value) -> Option<String> {
    match key {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}
