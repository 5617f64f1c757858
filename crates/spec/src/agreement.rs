//! Whether schema and plugin agree: what the schema refuses, the plugin refuses. The plugin may refuse more, because some
//! of what it checks, such as fields that exclude one another, no schema says.

use crate::check::faults;
use plugin_core::Plugin;
use plugin_core::testing::Bench;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Asks the plugin itself.
pub(crate) struct Agreement {
    /// The log of a refusal.
    configure: fn(&str) -> Result<(), String>,
}

impl Agreement {
    pub(crate) fn of<P: Plugin + DeserializeOwned>() -> Self {
        Self { configure: |text| Bench::<P>::new(text).map(drop) }
    }

    pub(crate) fn check(&self, schema: &Value, configurations: &[&str]) -> Result<(), String> {
        let mut refused = 0;
        for text in configurations {
            let value: Value = serde_yaml::from_str(text).map_err(|error| format!("{error}: {text}"))?;
            self.takes(&value).map_err(|log| format!("the plugin does not take {value}: {log}"))?;
            for changed in [vec![value.clone()], changes(&value)].concat() {
                let found = faults(schema, &changed);
                if found.is_empty() {
                    continue;
                }
                refused += 1;
                if self.takes(&changed).is_ok() {
                    return Err(format!("the plugin takes what the schema refuses: {changed}: {}", found.join("; ")));
                }
            }
        }
        match refused {
            0 => Err("the schema refuses nothing of all that was tried; is it empty?".to_owned()),
            _ => Ok(()),
        }
    }

    fn takes(&self, value: &Value) -> Result<(), String> {
        (self.configure)(&value.to_string())
    }
}

/// `value` with one thing changed: each part of it replaced, left out, or with something beside it. Null is not tried:
/// core takes it for absent wherever a field may be.
fn changes(value: &Value) -> Vec<Value> {
    let mut out = vec![
        json!(true),
        json!("text"),
        json!(""),
        json!("a b\r\n"),
        json!(-1),
        json!(0),
        json!(1.5),
        json!(7.0),
        json!(70_000),
        json!(9_000_000_000_u64),
        json!([]),
        json!(["text"]),
        json!([7]),
        json!({}),
        json!({"text": "text"}),
    ];
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let without: serde_json::Map<_, _> =
                    map.clone().into_iter().filter(|(other, _)| other != key).collect();
                out.push(Value::Object(without));
                for changed in changes(value) {
                    let mut map = map.clone();
                    map.insert(key.clone(), changed);
                    out.push(Value::Object(map));
                }
            }
            let mut map = map.clone();
            map.insert("surplus".to_owned(), json!("text"));
            out.push(Value::Object(map));
        }
        Value::Array(list) => {
            for index in 0..list.len() {
                let at = |value: &Value| changes(value);
                for changed in list.get(index).map(at).unwrap_or_default() {
                    let mut list = list.clone();
                    if let Some(item) = list.get_mut(index) {
                        *item = changed;
                    }
                    out.push(Value::Array(list));
                }
            }
        }
        _ => {}
    }
    out
}
