//! What Higress adds for exchanges: injected bytes, chosen hosts, limits, and routes that stay.

use gateway::{Direction, Exchange, Held, Limits, Pass, Plugin};

use super::{Bench, get, guest, headers};

#[test]
fn injected_bytes_go_to_the_client_past_what_was_dropped() {
    let mut bench = Bench::wat(&guest(
        r#"(import "env" "proxy_inject_encoded_data_to_filter_chain" (func $inject (param i32 i32 i32) (result i32)))
        (import "env" "proxy_set_effective_context" (func $effective (param i32) (result i32)))"#,
        r#"(data (i32.const 100) "later")
        (func (export "proxy_on_response_body") (param i32 i32 i32) (result i32) (i32.const 3))
        (func (export "proxy_on_tick") (param i32)
            (drop (call $inject (i32.const 100) (i32.const 5) (i32.const 0)))
            (drop (call $effective (i32.const 2)))
            (drop (call $inject (i32.const 100) (i32.const 5) (i32.const 1))))"#,
    ));
    let stream = bench.open();
    bench.request(stream, get(), true);
    bench.response(stream, headers([(":status", "200")]), false);
    assert_eq!(bench.vm.data(stream, Direction::Response, b"dropped", true), []);
    let injected = Pass::Data { direction: Direction::Response, bytes: b"later".to_vec(), end: true };
    assert_eq!(bench.vm.tick(bench.root), [(stream, injected)]);
    // The body has ended: nothing more leaves.
    assert_eq!(bench.vm.tick(bench.root), []);
}

#[test]
fn hosts_of_the_route_are_listed_and_chosen() {
    let mut bench = Bench::wat(&guest(
        r#"(import "env" "proxy_get_upstream_hosts" (func $hosts (param i32 i32) (result i32)))
        (import "env" "proxy_set_upstream_override_host" (func $choose (param i32 i32) (result i32)))"#,
        r#"(func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
            (if (call $hosts (i32.const 8) (i32.const 12)) (then (return (i32.const 0))))
            ;; One pair: the name begins behind a count and two lengths.
            (drop (call $choose (i32.add (i32.load (i32.const 8)) (i32.const 12)) (i32.const 13)))
            (i32.const 0))"#,
    ));
    let stream = bench.open();
    bench.request(stream, get(), true);
    assert_eq!(bench.facts.override_host(), None);
    bench.facts.set_upstream_hosts(headers([("10.0.0.1:8080", "")]));
    let stream = bench.open();
    bench.request(stream, get(), true);
    assert_eq!(bench.facts.override_host().as_deref(), Some(&b"10.0.0.1:8080"[..]));
}

/// Sets a property to a value, then writes a request header.
fn setting(name: &str, value: &str) -> Bench {
    Bench::wat(&guest(
        r#"(import "env" "proxy_set_property" (func $set (param i32 i32 i32 i32) (result i32)))
        (import "env" "proxy_replace_header_map_value" (func $header (param i32 i32 i32 i32 i32) (result i32)))"#,
        &format!(
            r#"(data (i32.const 100) "{name}") (data (i32.const 200) "{value}")
            (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
                (if (call $set (i32.const 100) (i32.const {}) (i32.const 200) (i32.const {})) (then unreachable))
                (drop (call $header (i32.const 0) (i32.const 100) (i32.const 1) (i32.const 200) (i32.const 1)))
                (i32.const 0))"#,
            name.len(),
            value.len(),
        ),
    ))
}

fn run(mut bench: Bench) -> Bench {
    let stream = bench.open();
    assert_eq!(bench.request(stream, get(), true).len(), 1);
    bench
}

#[test]
fn header_writes_choose_a_new_route_unless_the_plugin_says_off() {
    assert_eq!(run(setting("clear_route_cache", "off")).facts.route_cleared(), 0);
    assert_eq!(run(setting("clear_route_cache", "on")).facts.route_cleared(), 1);
    assert_eq!(run(setting("anything", "else")).facts.route_cleared(), 1);
}

#[test]
fn buffer_limits_are_set_by_property_and_nonsense_is_told() {
    let bench = run(setting("set_decoder_buffer_limit", "77"));
    assert_eq!(bench.facts.buffer_limit(Direction::Request), 77);
    let bench = run(setting("set_encoder_buffer_limit", "88"));
    assert_eq!(bench.facts.buffer_limit(Direction::Response), 88);
    let bench = run(setting("set_encoder_buffer_limit", "1 MB"));
    assert_eq!(bench.facts.buffer_limit(Direction::Response), 1024 * 1024);
    assert!(bench.world.logged("1 MB"));
}

#[test]
fn other_properties_are_kept_for_the_other_plugins() {
    let bench = run(setting("custom_log", "text"));
    assert_eq!(bench.facts.property(&[b"custom_log"], Held::default()), Some(b"text".to_vec().into()));
    let bench = run(setting("trace_span_tag.user", "ada"));
    assert_eq!(bench.facts.property(&[b"trace_span_tag", b"user"], Held::default()), None);
}

#[test]
fn state_one_holds_the_headers_alone_where_the_abi_or_the_filter_says_so() {
    let text =
        guest("", r#"(func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32) (i32.const 1))"#);
    for (version, allowed, shown) in
        [("0_2_0", false, false), ("0_2_1", false, false), ("0_2_1", true, true), ("0_2_100", false, true)]
    {
        let module = super::wat(&text.replace("0_2_1", version));
        let plugin = Plugin { allow_on_headers_stop_iteration: allowed, ..Plugin::default() };
        let mut bench = Bench::of(&module, plugin, Limits::default());
        let stream = bench.open();
        assert_eq!(bench.request(stream, get(), false), []);
        // The body is shown, and as nothing is said about it, headers and body go on.
        let passed = bench.vm.data(stream, Direction::Request, b"x", true);
        assert_eq!(!passed.is_empty(), shown, "{version} {allowed}");
    }
}
