//! Schemas as people would write them: what schemars makes of Rust's types, without what only Rust means by it.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

/// The schema of one configuration, everything in its place and nothing referred to.
///
/// Core takes null for absent and no key that a struct does not have, so neither stands in the types; here it is said.
pub(crate) fn schema_of<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let mut schema = settings.into_generator().into_root_schema_for::<T>().to_value();
    if let Value::Object(map) = &mut schema {
        for keyword in ["$schema", "title", "description"] {
            map.remove(keyword);
        }
    }
    plain(schema)
}

fn plain(schema: Value) -> Value {
    let Value::Object(mut map) = schema else { return json!({}) };
    if map.get("default").is_some_and(Value::is_null) {
        map.remove("default");
    }
    one_line(&mut map);
    without_null(&mut map);
    // Of the sizes of Rust's numbers only their limits matter to others.
    if map.get("type").is_some_and(|kind| kind != "string") {
        map.remove("format");
    }
    for (_, child) in map.iter_mut().filter(|(key, _)| matches!(key.as_str(), "items" | "additionalProperties")) {
        if child.is_object() {
            *child = without_text(plain(child.take()));
        }
    }
    if let Some(Value::Object(properties)) = map.get_mut("properties") {
        for (_, child) in properties.iter_mut() {
            *child = plain(child.take());
        }
        if !map.contains_key("additionalProperties") {
            map.insert("additionalProperties".to_owned(), json!(false));
        }
    }
    for keyword in ["oneOf", "anyOf"] {
        if let Some(Value::Array(variants)) = map.remove(keyword) {
            let variants: Vec<Value> = variants.into_iter().map(plain).collect();
            match Variants::of(&variants) {
                Some(known) => known.write_into(&mut map),
                None => drop(map.insert(keyword.to_owned(), Value::Array(variants))),
            }
        }
    }
    Value::Object(map)
}

/// A doc comment is wrapped; a text is not.
fn one_line(map: &mut Map<String, Value>) {
    if let Some(Value::String(text)) = map.get_mut("description") {
        *text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    }
}

/// What a type says of itself is for those who read its code; of items and values, the field that has them tells.
fn without_text(mut schema: Value) -> Value {
    if let Value::Object(map) = &mut schema {
        map.remove("description");
    }
    schema
}

fn without_null(map: &mut Map<String, Value>) {
    for keyword in ["type", "enum"] {
        if let Some(Value::Array(options)) = map.get_mut(keyword) {
            options.retain(|option| !option.is_null() && option != "null");
            if let ("type", [only]) = (keyword, options.as_slice()) {
                let only = only.clone();
                map.insert(keyword.to_owned(), only);
            }
        }
    }
    let Some(Value::Array(mut options)) = map.remove("anyOf") else { return };
    options.retain(|option| option.get("type").is_none_or(|of| of != "null"));
    match (options.len(), options.pop()) {
        (1, Some(Value::Object(only))) => {
            for (keyword, value) in only {
                map.entry(keyword).or_insert(value);
            }
            without_null(map);
        }
        (_, last) => {
            options.extend(last);
            map.insert("anyOf".to_owned(), Value::Array(options));
        }
    }
}

/// The variants of an enum in Rust: words, and maps with one key each.
#[derive(Default)]
struct Variants {
    words: Vec<Value>,
    keys: Map<String, Value>,
}

impl Variants {
    fn of(variants: &[Value]) -> Option<Self> {
        let mut known = Self::default();
        for variant in variants {
            let properties = variant.get("properties").and_then(Value::as_object);
            match (variant.get("const"), variant.get("enum"), properties) {
                (Some(word), None, None) => known.words.push(word.clone()),
                (None, Some(Value::Array(words)), None) => known.words.extend(words.iter().cloned()),
                (None, None, Some(properties)) if properties.len() == 1 => {
                    let text = variant.get("description");
                    known.keys.extend(properties.iter().map(|(key, value)| (key.clone(), told(value.clone(), text))));
                }
                _ => return None,
            }
        }
        Some(known)
    }

    fn write_into(self, map: &mut Map<String, Value>) {
        let words = (!self.words.is_empty()).then(|| json!({ "type": "string", "enum": self.words }));
        let keys = (!self.keys.is_empty()).then(|| {
            json!({
                "type": "object",
                "properties": self.keys,
                "additionalProperties": false,
                "minProperties": 1,
                "maxProperties": 1,
            })
        });
        match (words, keys) {
            (Some(words), Some(keys)) => drop(map.insert("oneOf".to_owned(), json!([words, keys]))),
            (Some(Value::Object(only)), None) | (None, Some(Value::Object(only))) => map.extend(only),
            _ => {}
        }
    }
}

/// With what the variant says of itself, which is for those who write configurations.
fn told(mut schema: Value, text: Option<&Value>) -> Value {
    if let (Value::Object(map), Some(text)) = (&mut schema, text) {
        map.insert("description".to_owned(), text.clone());
    }
    schema
}
