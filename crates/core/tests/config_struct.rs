//! Configurations that arrive as the bytes of a `google.protobuf.Struct`.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a failed expectation is a test's way to speak")]

use plugin_core::config::{Node, Number, parse};
use proptest::prelude::*;
use serde_json::{Value, json};

/// A field with its length in front. Short lengths are padded to `width` bytes, which is allowed.
fn field(tag: u8, content: &[u8], width: usize) -> Vec<u8> {
    let mut bytes = vec![tag];
    let mut length = content.len();
    while length > 127 || bytes.len() < width {
        bytes.push((length % 128) as u8 | 128);
        length /= 128;
    }
    bytes.push(length as u8);
    bytes.extend_from_slice(content);
    bytes
}

fn encode_map(value: &Value, width: usize) -> Vec<u8> {
    let Value::Object(entries) = value else { panic!("{value} is no map") };
    let entry = |(key, value): (&String, &Value)| {
        let parts = [field(0x0a, key.as_bytes(), width), field(0x12, &encode(value, width), width)];
        field(0x0a, &parts.concat(), width)
    };
    entries.iter().flat_map(entry).collect()
}

fn encode(value: &Value, width: usize) -> Vec<u8> {
    match value {
        Value::Null => vec![0x08, 0],
        Value::Number(number) => [&[0x11][..], &number.as_f64().unwrap().to_le_bytes()].concat(),
        Value::String(text) => field(0x1a, text.as_bytes(), width),
        Value::Bool(value) => vec![0x20, u8::from(*value)],
        Value::Object(_) => field(0x2a, &encode_map(value, width), width),
        Value::Array(items) => {
            let items: Vec<u8> = items.iter().flat_map(|item| field(0x0a, &encode(item, width), width)).collect();
            field(0x32, &items, width)
        }
    }
}

/// What the same configuration gives as JSON, but for its numbers, which are doubles here.
fn expected(value: &Value) -> Node {
    match value {
        Value::Null => Node::Null,
        Value::Bool(value) => Node::Bool(*value),
        Value::Number(number) => Node::Number(Number::Float(number.as_f64().unwrap())),
        Value::String(text) => Node::String(text.clone()),
        Value::Array(items) => Node::List(items.iter().map(expected).collect()),
        Value::Object(entries) => {
            Node::Map(entries.iter().map(|(key, value)| (key.clone(), expected(value))).collect())
        }
    }
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_filter("finite", |number| number.is_finite()).prop_map(Value::from),
        ".{0,200}".prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(".{0,3}", inner, 0..8).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

fn any_struct() -> impl Strategy<Value = Value> {
    prop::collection::btree_map(".{0,3}", any_value(), 0..6).prop_map(|map| map.into_iter().collect())
}

#[test]
fn the_bytes_that_envoy_sends_are_read() {
    let bytes = b"\n\x0e\n\x01a\x12\t\x11\0\0\0\0\0\0\x14@";
    assert_eq!(parse(bytes), Ok(expected(&json!({"a": 5}))));
    assert_eq!(encode_map(&json!({"a": 5}), 0), bytes);
}

#[test]
fn json_behind_a_line_feed_stays_json() {
    assert_eq!(parse(b"\n{\"a\": null}"), Ok(expected(&json!({"a": null}))));
}

#[test]
fn what_is_neither_gets_the_fault_of_json() {
    for bytes in [
        &b"\n\x0e\n\x01a\x12\t\x11\0\0\0\0\0\0\x14"[..],
        b"\n\x0e\n\x01a\x12\t\x11\0\0\0\0\0\0\x14@ ",
        b"\n\x0e\n\x01a\x12\t\x11\0\0\0\0\0\0\xf0\x7f",
        b"\n\x07\n\x01\xff\x12\x02\x08\0",
        b"\n\x07\n\x01a\x12\x02\x08\x01",
        b"\n\x07\n\x01a\x12\x02\x20\x02",
        b"\n\x05\n\x01a\x12\0",
        b"\n\x03\n\x01a",
        b"\n\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\n\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
    ] {
        let faults = parse(bytes).unwrap_err();
        assert_eq!(faults.len(), 1, "{}", bytes.escape_ascii());
        assert!(faults.to_string().starts_with("$: cannot be read as "), "{faults}");
    }
}

#[test]
fn keys_given_twice_are_faults() {
    let twice = encode_map(&json!({"a": 5}), 0).repeat(2);
    assert_eq!(parse(&twice).unwrap_err().to_string(), "$.a: the key is given more than once; keep one");
}

#[test]
fn depth_is_bounded() {
    let nested = |levels: usize| {
        let lists = (2..levels).fold(json!([]), |inner, _| json!([inner]));
        encode_map(&json!({ "a": lists }), 0)
    };
    assert!(parse(&nested(64)).is_ok());
    for levels in [65, 66, 300] {
        assert!(parse(&nested(levels)).is_err(), "{levels}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_struct_is_read(value in any_struct(), width in 0_usize..5) {
        prop_assert_eq!(parse(&encode_map(&value, width)), Ok(expected(&value)));
    }

    #[test]
    fn hostile_bytes_never_panic(
        value in any_struct(),
        keep in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
    ) {
        let mut bytes = encode_map(&value, 0);
        for (at, byte) in changes {
            let at = at.index(bytes.len() + 1);
            bytes.splice(at..bytes.len().min(at + 1), [byte]);
        }
        bytes.truncate(keep.index(bytes.len() + 1));
        let _ = parse(&bytes);
    }

    #[test]
    fn fields_in_disorder_never_panic(bytes in prop::collection::vec(
        prop_oneof![Just(0x0a_u8), Just(0x12), Just(0x1a), Just(0x2a), Just(0x32), 0_u8..12], 0..60,
    )) {
        let _ = parse(&bytes);
    }
}
