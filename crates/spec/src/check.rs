//! Checks a value against a schema: the keywords that the schemas of plugins have, and no others.

use crate::field::joined;
use regex::Regex;
use serde_json::Value;
use std::cell::RefCell;
use std::collections::HashMap;

/// Each fault of `value`, with its path.
///
/// # Panics
/// When the schema has a keyword that this does not know: it would pass unseen.
pub fn faults(schema: &Value, value: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    check(schema, value, "", &mut faults);
    faults
}

fn check(schema: &Value, value: &Value, path: &str, faults: &mut Vec<String>) {
    for (keyword, wanted) in schema.as_object().into_iter().flatten() {
        let holds = match keyword.as_str() {
            "$schema" | "title" | "description" | "default" | "format" => true,
            "type" => match wanted {
                Value::Array(types) => types.iter().any(|one| is(one, value)),
                one => is(one, value),
            },
            "enum" => wanted.as_array().is_some_and(|options| options.contains(value)),
            "minimum" => number(value).zip(number(wanted)).is_none_or(|(found, least)| found >= least),
            "maximum" => number(value).zip(number(wanted)).is_none_or(|(found, most)| found <= most),
            "minLength" => value.as_str().zip(count(wanted)).is_none_or(|(text, least)| text.chars().count() >= least),
            "pattern" => value.as_str().zip(wanted.as_str()).is_none_or(|(text, wanted)| fits(wanted, text)),
            "minItems" => value.as_array().zip(count(wanted)).is_none_or(|(list, least)| list.len() >= least),
            "minProperties" => value.as_object().zip(count(wanted)).is_none_or(|(map, least)| map.len() >= least),
            "maxProperties" => value.as_object().zip(count(wanted)).is_none_or(|(map, most)| map.len() <= most),
            "required" => {
                let names: Vec<_> = wanted.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
                value.as_object().is_none_or(|map| names.iter().all(|name| map.contains_key(*name)))
            }
            "oneOf" | "anyOf" => {
                let options: Vec<_> = wanted.as_array().into_iter().flatten().collect();
                let fitting = options.iter().filter(|option| self::faults(option, value).is_empty()).count();
                if keyword == "oneOf" { fitting == 1 } else { fitting > 0 }
            }
            "items" => {
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    check(wanted, item, &format!("{path}[{index}]"), faults);
                }
                true
            }
            "properties" | "additionalProperties" | "patternProperties" => true,
            other => crate::fail(&format!("the schema's keyword `{other}` at `{path}` is not known here")),
        };
        if !holds {
            faults.push(format!("${path}: `{keyword}` is {wanted}, found {value}"));
        }
    }
    for (name, value) in value.as_object().into_iter().flatten() {
        match child(schema, name) {
            Some(Value::Bool(false)) => faults.push(format!("${path}: `{name}` is no key of it")),
            Some(schema) => check(schema, value, &joined(path, name), faults),
            None => {}
        }
    }
}

/// What a map says of the value under `name`.
fn child<'a>(schema: &'a Value, name: &str) -> Option<&'a Value> {
    let own = schema.get("properties").and_then(|properties| properties.get(name));
    let mut patterns = schema.get("patternProperties").and_then(Value::as_object).into_iter().flatten();
    own.or_else(|| patterns.find_map(|(pattern, schema)| fits(pattern, name).then_some(schema)))
        .or_else(|| schema.get("additionalProperties"))
}

fn is(kind: &Value, value: &Value) -> bool {
    match kind.as_str() {
        Some("string") => value.is_string(),
        Some("boolean") => value.is_boolean(),
        Some("number") => value.is_number(),
        Some("integer") => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        _ => false,
    }
}

fn number(value: &Value) -> Option<f64> {
    value.as_f64()
}

fn count(value: &Value) -> Option<usize> {
    value.as_u64().and_then(|count| usize::try_from(count).ok())
}

fn fits(pattern: &str, text: &str) -> bool {
    // Made once each: to make one takes longer than all else here.
    thread_local!(static MADE: RefCell<HashMap<String, Regex>> = RefCell::default());
    let make = || Regex::new(pattern).unwrap_or_else(|error| crate::fail(&format!("the pattern `{pattern}`: {error}")));
    MADE.with_borrow_mut(|made| made.entry(pattern.to_owned()).or_insert_with(make).is_match(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_keyword_finds_its_fault() {
        for (schema, good, bad) in [
            (json!({"type": "integer"}), json!(2.0), json!(2.5)),
            (json!({"type": ["string", "integer"]}), json!("a"), json!([])),
            (json!({"enum": ["a", "b"]}), json!("b"), json!("c")),
            (json!({"minimum": 1}), json!(1), json!(0)),
            (json!({"maximum": 9}), json!(9), json!(10)),
            (json!({"minLength": 1}), json!("ä"), json!("")),
            (json!({"pattern": "^a+$"}), json!("aa"), json!("ab")),
            (json!({"minItems": 1}), json!([0]), json!([])),
            (json!({"minProperties": 1}), json!({"a": 0}), json!({})),
            (json!({"maxProperties": 1}), json!({"a": 0}), json!({"a": 0, "b": 0})),
            (json!({"required": ["a"]}), json!({"a": 0}), json!({"b": 0})),
            (json!({"oneOf": [{"type": "string"}, {"type": "array"}]}), json!([]), json!(1)),
            (json!({"anyOf": [{"required": ["a"]}, {"required": ["b"]}]}), json!({"b": 1}), json!({})),
            (json!({"items": {"type": "string"}}), json!(["a"]), json!(["a", 1])),
            (json!({"properties": {"a": {"type": "string"}}}), json!({"a": "", "b": 1}), json!({"a": 1})),
            (json!({"properties": {"a": {}}, "additionalProperties": false}), json!({"a": 1}), json!({"b": 1})),
            (
                json!({"patternProperties": {"^a": {}}, "additionalProperties": false}),
                json!({"ab": 1}),
                json!({"b": 1}),
            ),
            (json!({"additionalProperties": {"type": "string"}}), json!({"a": "b"}), json!({"a": 1})),
        ] {
            assert_eq!(faults(&schema, &good), [""; 0], "{schema}");
            assert_eq!(faults(&schema, &bad).len(), 1, "{schema} takes {bad}");
        }
    }

    #[test]
    #[should_panic(expected = "`multipleOf` at `` is not known")]
    fn an_unknown_keyword_is_no_silent_pass() {
        faults(&json!({"multipleOf": 2}), &json!(4));
    }
}
