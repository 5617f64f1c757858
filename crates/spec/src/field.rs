//! The fields of a configuration by path: `rules[].limits[].count`. A map with keys of one's own has `*` in their place.

use serde_json::Value;

/// A field.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) path: String,
    pub(crate) schema: Value,
    /// Whether the map it stands in must have it.
    pub(crate) is_required: bool,
}

impl Field {
    /// The last part of its path.
    pub(crate) fn name(&self) -> &str {
        let path = self.path.trim_end_matches("[]");
        path.rsplit('.').next().unwrap_or(path)
    }

    /// The doc comment.
    pub(crate) fn description(&self) -> &str {
        self.schema.get("description").and_then(Value::as_str).unwrap_or_default()
    }
}

/// All of them, in no order that means anything.
pub(crate) fn all(schema: &Value) -> Vec<Field> {
    let mut fields = Vec::new();
    collect(schema, "", &mut fields);
    fields
}

fn collect(schema: &Value, path: &str, fields: &mut Vec<Field>) {
    let required: Vec<_> = schema.get("required").and_then(Value::as_array).into_iter().flatten().collect();
    for (name, child) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let path = joined(path, name);
        let is_required = required.iter().any(|required| *required == name);
        collect(child, &path, fields);
        fields.push(Field { path, schema: child.clone(), is_required });
    }
    for (keyword, step) in [("items", "[]"), ("additionalProperties", ".*")] {
        if let Some(child) = schema.get(keyword) {
            collect(child, &format!("{path}{step}"), fields);
        }
    }
    for variant in schema.get("oneOf").and_then(Value::as_array).into_iter().flatten() {
        collect(variant, path, fields);
    }
}

/// The path of a key in the map at `path`.
pub(crate) fn joined(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// Whether `path` lies below `other`.
pub(crate) fn is_below(path: &str, other: &str) -> bool {
    other.is_empty() || path.strip_prefix(other).is_some_and(|rest| rest.starts_with('.') || rest.starts_with("[]"))
}
