//! The plugin over a gateway made of plain data: no Envoy, microseconds.

#![allow(clippy::unwrap_used, reason = "a test that panics is a test that fails")]

use plugin_core::testing::Bench;

use {{crate}}::{{Name}};

#[test]
fn sets_the_header() {
    let bench = Bench::<{{Name}}>::new(r#"{"header": "x-marked"}"#).unwrap();
    let exchange = bench.get("/");
    assert_eq!(exchange.request_header("x-marked").as_deref(), Some("yes"));
    assert!(exchange.is_forwarded());
}

#[test]
fn the_header_has_to_be_named() {
    let refused = Bench::<{{Name}}>::new("{}").err().unwrap();
    assert!(refused.contains("missing key `header`"), "{refused}");
}
