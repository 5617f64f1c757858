//! `set_envoy_filter_state`: which values which keys take, and where they show.

use crate::caller::{BAD_ARGUMENT, Call, Caller, NOT_FOUND, OK};
use crate::message::{bytes, number};

/// Life spans.
const CHAIN: u8 = 0;
const REQUEST: u8 = 1;
const CONNECTION: u8 = 2;

fn set<'a>(key: &str, value: &str, span: u8) -> Call<'a> {
    ("set_envoy_filter_state", [bytes(1, key), bytes(2, value), number(3, span)].concat())
}

fn get<'a>(key: &str) -> Call<'a> {
    ("get", format!("filter_state\0{key}").into_bytes())
}

#[testkit::scenario]
fn what_is_set_is_shown_as_its_key_wants_it() {
    let caller = Caller::start();
    for (key, value, shown) in [
        ("envoy.string", "text", "text"),
        ("envoy.string", "", ""),
        ("envoy.hashable_string", "text", "text"),
        ("envoy.network.upstream_server_name", "shop.example", "shop.example"),
        ("envoy.network.upstream_subject_alt_names", "a,b", "a,b"),
        ("envoy.network.network_namespace", "/run/netns/a", "/run/netns/a"),
        ("envoy.tcp_proxy.cluster", "shop", "shop"),
        ("envoy.upstream.dynamic_host", "10.0.0.1", "10.0.0.1"),
        ("envoy.upstream.dynamic_port", " 080", "80"),
        ("envoy.ratelimit.hits_addend", "5", "5"),
        ("envoy.tcp_proxy.per_connection_idle_timeout_ms", "18446744073709551615", "18446744073709551615"),
        ("envoy.tcp_proxy.disable_tunneling", "true", "true"),
        ("envoy.tcp_proxy.disable_tunneling", "yes", "false"),
        ("envoy.bool", "Yes", "true"),
        ("envoy.bool", "0", "false"),
        ("envoy.ai.model.request", "model", "model"),
        ("envoy.network.ip", "127.0.0.1", "127.0.0.1:0"),
        ("envoy.network.ip", "::1", "[::1]:0"),
        ("envoy.network.transport_socket.original_dst_address", "127.0.0.1:80", "\0\0\0\0"),
        ("envoy.filters.listener.original_dst.local_ip", "[::1]:80", "\0\0\0\0"),
    ] {
        let outcomes = caller.make(&[set(key, value, CHAIN), get(key)]);
        assert_eq!(outcomes, [(OK, vec![]), (OK, shown.into())], "{key} {value}");
    }
    for key in ["envoy.network.application_protocols", "envoy.router.debug_config"] {
        assert_eq!(caller.make(&[set(key, "h2", CHAIN), get(key)]), [(OK, vec![]), (NOT_FOUND, vec![])], "{key}");
    }
}

#[testkit::scenario]
fn what_a_key_does_not_take_is_refused() {
    let caller = Caller::start();
    for (key, value) in [
        ("envoy.network.ip", "127.0.0.1:80"),
        ("envoy.network.transport_socket.original_dst_address", "localhost:80"),
        ("envoy.network.transport_socket.original_dst_address", "127.0.0.1:99999"),
        ("envoy.upstream.dynamic_port", "4294967296"),
        ("envoy.upstream.dynamic_port", "-1"),
        ("envoy.ratelimit.hits_addend", ""),
        ("envoy.bool", "maybe"),
        ("envoy.ai.model.request", ""),
    ] {
        let outcomes = caller.make(&[set(key, value, CHAIN), get(key)]);
        assert_eq!(outcomes, [(BAD_ARGUMENT, vec![]), (NOT_FOUND, vec![])], "{key} {value}");
    }
    assert_eq!(caller.make(&[set("envoy.nobody", "x", CHAIN)]), [(NOT_FOUND, vec![])]);
    for (argument, status) in [(vec![], NOT_FOUND), (b"\xff".to_vec(), BAD_ARGUMENT), (bytes(1, b"\xff"), BAD_ARGUMENT)]
    {
        assert_eq!(caller.call("set_envoy_filter_state", argument), (status, vec![]));
    }
}

#[testkit::scenario]
fn a_value_of_the_connection_outlives_its_request() {
    let caller = Caller::start();
    let first = [set("envoy.string", "kept", CONNECTION), set("envoy.hashable_string", "gone", REQUEST)];
    // Another span for what is there changes nothing.
    let second =
        [get("envoy.string"), get("envoy.hashable_string"), set("envoy.string", "no", CHAIN), get("envoy.string")];
    let third = [set("envoy.string", "new", CONNECTION), get("envoy.string")];
    let outcomes = caller.make_in_turn(&[&first, &second, &third]);
    assert_eq!(outcomes[1], [(OK, b"kept".into()), (NOT_FOUND, vec![]), (OK, vec![]), (OK, b"kept".into())]);
    assert_eq!(outcomes[2], [(OK, vec![]), (OK, b"new".into())]);
    assert_eq!(caller.make(&[get("envoy.string")]), [(NOT_FOUND, vec![])], "another connection");
    let spans = [set("envoy.string", "a", REQUEST), set("envoy.string", "b", CHAIN), get("envoy.string")];
    assert_eq!(caller.make(&spans)[2], (OK, b"a".into()));
}

#[testkit::scenario]
fn the_access_log_shows_what_was_set() {
    let caller = Caller::start();
    let note = ("set", [&[4][..], b"note", b"a property"].concat());
    caller.make(&[set("envoy.string", "a value", CHAIN), note]);
    assert_eq!(caller.gateway.wait_for_access_log(1), ["a property a value"]);
}

#[testkit::scenario]
fn outside_of_a_request_there_is_no_filter_state() {
    let caller = Caller::configured(&[set("envoy.string", "a", CHAIN), set("envoy.nobody", "a", CHAIN)]);
    assert_eq!(caller.make_at("/c", &[]), [(NOT_FOUND, vec![]), (NOT_FOUND, vec![])]);
    let outcomes = caller.make_at("/t", &[set("envoy.string", "a", CHAIN), get("envoy.string")]);
    assert_eq!(outcomes, [(OK, vec![]), (OK, b"a".into())], "a tick may act for a request");
}
