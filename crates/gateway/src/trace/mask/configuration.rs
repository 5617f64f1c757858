//! Secrets in the configurations of plugins: the values under names of secrets, and the headers that carry some.

use serde_json::{Map, Value};

use super::name::{is_secret, parts};
use super::{Masks, hidden};

/// Deeper than any configuration is meant to be.
const DEEPEST: usize = 32;
/// Words of a key whose value is the name of a header or parameter and not a secret itself.
const NAMES: &[&str] = &["header", "headers", "name", "names", "param", "params", "query"];
/// The fields by which a list of headers gives a name and its value.
const NAME_FIELDS: &[&str] = &["name", "header", "key"];
const VALUE_FIELDS: &[&str] = &["value", "values"];

/// What is shown of a configuration.
pub(super) fn shown(configuration: &[u8], masks: &Masks) -> Value {
    match read(configuration) {
        Some(value) => masked(&value, masks),
        None if configuration.is_empty() => Value::Null,
        None => Value::String(format!("{} bytes that are neither a JSON nor a YAML object", configuration.len())),
    }
}

/// The headers and parameters, in lower case, that a configuration says to carry secrets.
pub(super) fn secret_names(configuration: &[u8]) -> Vec<String> {
    let mut names = Vec::new();
    if let Some(value) = read(configuration) {
        collect(&value, false, DEEPEST, &mut names);
    }
    names
}

/// The configuration without its secrets.
pub(super) fn masked(value: &Value, masks: &Masks) -> Value {
    mask(value, masks, DEEPEST)
}

/// A text alone is no configuration whose parts could be told apart, so it counts as unreadable.
fn read(configuration: &[u8]) -> Option<Value> {
    let json = serde_json::from_slice(configuration).ok();
    let value: Value = json.or_else(|| serde_yaml::from_slice(configuration).ok())?;
    (value.is_object() || value.is_array()).then_some(value)
}

/// `tokenHeader: x-t`, `header: [x-t]` under a key of secrets, and `keys: [x-t]` as key-auth has it.
fn collect(value: &Value, carries: bool, depth: usize, names: &mut Vec<String>) {
    if depth == 0 {
        return;
    }
    match value {
        Value::String(name) if carries && is_header_name(name) => names.push(name.to_ascii_lowercase()),
        Value::Array(items) => items.iter().for_each(|item| collect(item, carries, depth - 1, names)),
        Value::Object(fields) => {
            for (key, value) in fields {
                let carries = names_a_carrier(key) || (key == "keys" && value.is_array());
                collect(value, carries && !value.is_object(), depth - 1, names);
            }
        }
        _ => {}
    }
}

fn names_a_carrier(key: &str) -> bool {
    let parts = parts(key);
    parts.iter().any(|part| NAMES.contains(&part.as_str()))
        && (is_secret(key) || parts.iter().any(|part| part == "key"))
}

fn is_header_name(name: &str) -> bool {
    (1..=64).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

fn mask(value: &Value, masks: &Masks, depth: usize) -> Value {
    let Some(depth) = depth.checked_sub(1) else { return Value::String("too deep to be shown".to_owned()) };
    match value {
        Value::String(text) => Value::String(text_masked(text, masks, depth)),
        Value::Array(items) => match items.as_slice() {
            [Value::String(name), secret] if masks.knows(name) => {
                Value::Array(vec![Value::String(name.clone()), hide(secret)])
            }
            _ => items.iter().map(|item| mask(item, masks, depth)).collect(),
        },
        Value::Object(fields) => fields_masked(fields, masks, depth),
        other => other.clone(),
    }
}

/// A configuration may stand inside of another one as text, as that of a plugin does in a bootstrap file.
fn text_masked(text: &str, masks: &Masks, depth: usize) -> String {
    let structured = text.trim_start().starts_with(['{', '[']) || text.contains('\n');
    match structured.then(|| read(text.as_bytes())).flatten() {
        Some(value) => format!("{:#}", mask(&value, masks, depth)),
        None => masks.text(text),
    }
}

fn fields_masked(fields: &Map<String, Value>, masks: &Masks, depth: usize) -> Value {
    let named = |field: &&str| fields.get(*field).and_then(Value::as_str).is_some_and(|name| masks.knows(name));
    let value_is_secret = NAME_FIELDS.iter().any(named);
    let shown = fields.iter().map(|(key, value)| {
        let secret = match key.as_str() {
            field if VALUE_FIELDS.contains(&field) && value_is_secret => true,
            // A bare key is what a consumer is known by, unless it stands for the name of a header.
            "key" => !value_is_secret && !fields.keys().any(|field| VALUE_FIELDS.contains(&field.as_str())),
            _ => masks.knows(key) && !names_a_carrier(key),
        };
        (key.clone(), if secret { hide(value) } else { mask(value, masks, depth) })
    });
    Value::Object(shown.collect())
}

/// Flags, nothing and what is inside of objects tell no secret; their own fields are hidden one by one.
fn hide(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(hidden(text.as_bytes())),
        Value::Number(_) => Value::String("***".to_owned()),
        Value::Array(items) => items.iter().map(hide).collect(),
        Value::Object(fields) => Value::Object(fields.iter().map(|(key, value)| (key.clone(), hide(value))).collect()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn shows(configuration: &Value, expected: &Value) {
        assert_eq!(&masked(configuration, &Masks::default()), expected);
    }

    #[test]
    fn values_under_names_of_secrets_are_hidden_at_any_depth() {
        shows(
            &json!({"redis": {"username": "u", "password": "pw", "port": 6379}, "enabled": true}),
            &json!({"redis": {"username": "u", "password": "*** (2 bytes)", "port": 6379}, "enabled": true}),
        );
        shows(
            &json!({"_rules_": [{"_match_domain_": ["a.com"], "clientSecret": "s", "tokens": ["x", 7, true]}]}),
            &json!({"_rules_": [{"_match_domain_": ["a.com"], "clientSecret": "*** (1 bytes)",
                "tokens": ["*** (1 bytes)", "***", true]}]}),
        );
    }

    #[test]
    fn names_of_headers_are_shown_and_the_values_given_for_them_are_not() {
        shows(&json!({"tokenHeader": "x-t"}), &json!({"tokenHeader": "x-t"}));
        shows(
            &json!({"set": [{"name": "authorization", "value": "Bearer abc"}, {"name": "x-env", "value": "prod"}]}),
            &json!({"set": [{"name": "authorization", "value": "Bearer *** (10 bytes)"}, {"name": "x-env", "value": "prod"}]}),
        );
        shows(
            &json!({"headers": [["x-api-key", "abc"], ["x-env", "prod"]], "set-cookie": ["a=1"]}),
            &json!({"headers": [["x-api-key", "*** (3 bytes)"], ["x-env", "prod"]], "set-cookie": ["*** (3 bytes)"]}),
        );
        shows(&json!({"headers": {"Cookie": "a=1"}}), &json!({"headers": {"Cookie": "*** (3 bytes)"}}));
        shows(&json!({"line": "x-api-key: abc"}), &json!({"line": "x-api-key: ***"}));
    }

    #[test]
    fn a_configuration_inside_of_another_one_is_read_too() {
        let inside = r#"{"set": [{"name": "x-api-key", "value": "abc"}], "x": 1}"#;
        let shown = masked(&json!({"value": inside, "yaml": "password: abc\nport: 1\n"}), &Masks::default());
        let text = shown.to_string();
        assert!(!text.contains("abc") && text.contains("x-api-key") && text.contains("port"), "{text}");
    }

    #[test]
    fn the_key_of_a_consumer_is_hidden() {
        shows(
            &json!({"limit_keys": [{"key": "abc", "qps": 1}]}),
            &json!({"limit_keys": [{"key": "*** (3 bytes)", "qps": 1}]}),
        );
        shows(&json!({"set": {"key": "x-env", "value": "prod"}}), &json!({"set": {"key": "x-env", "value": "prod"}}));
    }

    #[test]
    fn names_that_carry_secrets_are_learned() {
        let mut names = secret_names(
            br#"{"tokenHeader": "X-A", "a": {"api_key_names": ["x-b"]}, "keys": ["x-c"], "header": "x-d", "password": "x-e"}"#,
        );
        names.sort();
        assert_eq!(names, ["x-a", "x-b", "x-c"]);
        assert_eq!(secret_names(b"tokenHeader: x-y\n"), ["x-y"]);
        assert_eq!(secret_names(b"plain text"), [""; 0]);
    }

    #[test]
    fn what_cannot_be_read_is_not_shown() {
        let masks = Masks::default();
        assert_eq!(shown(b"s3cret", &masks), json!("6 bytes that are neither a JSON nor a YAML object"));
        assert_eq!(shown(b"", &masks), Value::Null);
        let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
        assert!(shown(deep.as_bytes(), &masks).to_string().contains("too deep"));
    }
}
