//! Whatever comes: reading never panics, and what is valid is read as serde_json reads it.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a failed expectation is a test's way to speak"
)]

use std::collections::BTreeMap;

use plugin_core::config::{Node, Number, from_node, parse};
use plugin_core::rules::RuleSet;
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};

/// Every shape that serde's derive can ask for.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "only what is read matters here")]
struct Shapes {
    a: Option<Box<Shapes>>,
    b: (u8, String, f32),
    c: Vec<Tree>,
    d: Tagged,
    e: Untagged,
    f: BTreeMap<String, Adjacent>,
    #[serde(default)]
    g: char,
    #[serde(flatten)]
    h: Flat,
}

#[derive(Clone, Debug, Deserialize)]
#[expect(dead_code, reason = "only what is read matters here")]
struct Flat {
    i: u8,
    j: Option<bool>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(dead_code, reason = "only what is read matters here")]
enum Tree {
    A(Box<Tree>, Box<Tree>),
    B { a: Box<Tree> },
    C(i64),
    D,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "a", rename_all = "lowercase")]
#[expect(dead_code, reason = "only what is read matters here")]
enum Tagged {
    A { b: u8 },
    B(Box<Flat>),
    C,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "a", content = "b", rename_all = "lowercase")]
#[expect(dead_code, reason = "only what is read matters here")]
enum Adjacent {
    A(u8),
    B { c: String },
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
#[expect(dead_code, reason = "only what is read matters here")]
enum Untagged {
    Number(u16),
    List(Vec<Untagged>),
    Map { a: Box<Untagged> },
}

/// Required recursion, which no value satisfies: stand-ins must not try to.
#[derive(Clone, Debug, Deserialize)]
#[expect(dead_code, reason = "only what is read matters here")]
struct Endless {
    a: Box<Endless>,
    b: Box<Endless>,
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Plain {
    a: u8,
    b: Option<String>,
    #[serde(default)]
    c: Vec<(i32, bool)>,
    #[serde(default)]
    d: BTreeMap<String, Plain>,
    #[serde(default)]
    e: f64,
}

fn any_json() -> impl Strategy<Value = Value> {
    let key = prop_oneof!["[a-j]", "_rules_", "_match_(route|domain|service)_", ".{0,3}"];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3_i64..300).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-d]|.{0,4}".prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(key.clone(), inner, 0..8)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn plain_json() -> impl Strategy<Value = Value> {
    let leaf = (0_u16..300, prop::option::of("[a-z]{0,3}"), prop::collection::vec((any::<i32>(), any::<bool>()), 0..3))
        .prop_map(|(a, b, c)| json!({"a": a, "b": b, "c": c}));
    leaf.prop_recursive(3, 16, 3, |inner| {
        (inner.clone(), prop::collection::btree_map("[a-f]{1,2}", inner, 0..3), any::<i16>()).prop_map(
            |(mut base, d, e)| {
                base["d"] = json!(d);
                base["e"] = json!(f64::from(e) / 8.0);
                base
            },
        )
    })
}

/// The same value, as serde_json reads it.
fn same(node: &Node, value: &Value) -> bool {
    match (node, value) {
        (Node::Null, Value::Null) => true,
        (Node::Number(Number::Negative(node)), value) => value.as_i64() == Some(*node),
        (Node::Number(Number::Positive(node)), value) => value.as_u64() == Some(*node),
        (Node::Number(Number::Float(node)), Value::Number(value)) => value.as_f64() == Some(*node),
        (Node::Bool(node), Value::Bool(value)) => node == value,
        (Node::String(node), Value::String(value)) => node == value,
        (Node::List(items), Value::Array(values)) => {
            items.len() == values.len() && items.iter().zip(values).all(|(item, value)| same(item, value))
        }
        (Node::Map(entries), Value::Object(values)) => {
            entries.len() == values.len()
                && entries.iter().all(|(key, node)| values.get(key).is_some_and(|value| same(node, value)))
        }
        _ => false,
    }
}

#[test]
fn depth_is_bounded_everywhere() {
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only what is read matters here")]
    struct Nest(Vec<Nest>);

    let nested = |depth: usize| (1..depth).fold(Node::List(Vec::new()), |inner, _| Node::List(vec![inner]));
    assert!(from_node::<Nest>(&nested(60)).is_ok());
    let faults = from_node::<Nest>(&nested(1000)).unwrap_err();
    assert_eq!(faults.len(), 1);
    assert!(faults.to_string().ends_with("nested too deeply: more than 64 levels"), "{faults}");
    for depth in [65, 1000, 100_000] {
        let text = ["[".repeat(depth), "]".repeat(depth)].concat();
        assert!(parse(text.as_bytes()).unwrap_err().to_string().contains("nested too deeply"));
    }
    assert!(parse(["[".repeat(64), "]".repeat(64)].concat().as_bytes()).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse(&bytes);
    }

    #[test]
    fn text_never_panics(text in "[\\[\\]{}:,\"a-c0-9 .&*!#|>\n-]{0,80}") {
        let _ = parse(text.as_bytes());
    }

    #[test]
    fn trees_never_panic(value in any_json()) {
        let text = value.to_string();
        if let Ok(node) = parse(text.as_bytes()) {
            // Read back, because serde_json may read a number a trifle different from what it wrote.
            let value: Value = serde_json::from_str(&text).unwrap();
            prop_assert!(value.is_null() || same(&node, &value));
            for faults in [
                from_node::<Shapes>(&node).err(),
                from_node::<Vec<Tree>>(&node).err(),
                from_node::<Endless>(&node).err(),
                from_node::<BTreeMap<u8, Untagged>>(&node).err(),
                from_node::<Plain>(&node).err(),
            ].into_iter().flatten() {
                prop_assert!(!faults.is_empty());
                prop_assert_eq!(faults.to_string().lines().count(), faults.len());
            }
            let _ = RuleSet::<Shapes>::compile(node.clone(), &from_node, None);
            let _ = RuleSet::<Plain>::compile(node, &from_node, None);
        }
    }

    #[test]
    fn serde_json_agrees(value in plain_json()) {
        let theirs = serde_json::from_value::<Plain>(value.clone());
        let ours = from_node::<Plain>(&parse(value.to_string().as_bytes()).unwrap());
        prop_assert_eq!(theirs.ok(), ours.ok());
    }
}
