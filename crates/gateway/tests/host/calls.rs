//! The status of each call in and outside its window, told by a guest that logs what it gets.

use std::time::Duration;

use gateway::{Direction, HttpAnswer, Pass, Refused};

use super::{Bench, get, guest, headers};

/// A guest that logs the status of `call` as one letter, `A` for 0, in the phases that `exports` name.
fn asking(import: &str, call: &str, exports: &str) -> String {
    guest(
        &format!(
            r#"(import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
            (import "env" {import})"#
        ),
        &format!(
            r#"(data (i32.const 100) ":pathnamecluster")
            (func $ask
                (i32.store8 (i32.const 50) (i32.add (i32.const 65) {call}))
                (drop (call $log (i32.const 2) (i32.const 50) (i32.const 1))))
            {exports}"#
        ),
    )
}

const ON_TICK: &str = r#"(func (export "proxy_on_tick") (param i32) (call $ask))"#;
const ON_HEADERS: &str =
    r#"(func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32) (call $ask) (i32.const 0))"#;
const ON_BODY: &str =
    r#"(func (export "proxy_on_request_body") (param i32 i32 i32) (result i32) (call $ask) (i32.const 0))"#;

/// The statuses of `call` on a tick, in the request headers and in the request body.
fn statuses(import: &str, call: &str) -> String {
    let mut bench = Bench::wat(&asking(import, call, &format!("{ON_TICK}{ON_HEADERS}{ON_BODY}")));
    assert_eq!(bench.vm.tick(bench.root), []);
    let stream = bench.open();
    bench.request(stream, get(), false);
    bench.vm.data(stream, Direction::Request, b"body", true);
    assert_eq!(bench.vm.crash(), None);
    let log = bench.world.log.borrow();
    log.iter().map(|(_, line)| line.as_str()).collect()
}

#[test]
fn headers_are_there_only_while_the_plugin_holds_them() {
    let get = r#""proxy_get_header_map_value" (func $f (param i32 i32 i32 i32 i32) (result i32))"#;
    let value =
        |map: u32| format!("(call $f (i32.const {map}) (i32.const 100) (i32.const 5) (i32.const 8) (i32.const 12))");
    assert_eq!(statuses(get, &value(0)), "CAC");
    assert_eq!(statuses(get, &value(2)), "CCC");
    assert_eq!(statuses(get, &value(6)), "CCC");
    assert_eq!(statuses(get, &value(99)), "CCC");
    let missing = "(call $f (i32.const 0) (i32.const 105) (i32.const 4) (i32.const 8) (i32.const 12))";
    assert_eq!(statuses(get, missing), "CBC");
}

#[test]
fn lists_of_headers_are_empty_outside_their_window() {
    let pairs = r#""proxy_get_header_map_pairs" (func $f (param i32 i32 i32) (result i32))"#;
    assert_eq!(statuses(pairs, "(call $f (i32.const 0) (i32.const 8) (i32.const 12))"), "AAA");
    assert_eq!(statuses(pairs, "(call $f (i32.const 99) (i32.const 8) (i32.const 12))"), "CCC");
}

#[test]
fn buffers_are_not_found_outside_their_window() {
    let bytes = r#""proxy_get_buffer_bytes" (func $f (param i32 i32 i32 i32 i32) (result i32))"#;
    let read = |buffer: u32, start: i32| {
        format!("(call $f (i32.const {buffer}) (i32.const {start}) (i32.const -1) (i32.const 8) (i32.const 12))")
    };
    assert_eq!(statuses(bytes, &read(0, 0)), "BBA");
    assert_eq!(statuses(bytes, &read(0, -1)), "BBA");
    assert_eq!(statuses(bytes, &read(6, 0)), "AAA");
    assert_eq!(statuses(bytes, &read(7, 0)), "BBB");
    assert_eq!(statuses(bytes, &read(9, 0)), "BBB");
    assert_eq!(statuses(bytes, &read(77, 0)), "CCC");
}

#[test]
fn a_configuration_can_be_read_while_its_plugin_is_created_and_configured() {
    let bytes = r#""proxy_get_buffer_bytes" (func $f (param i32 i32 i32 i32 i32) (result i32))"#;
    for (buffer, told) in [(7, "ABA"), (6, "AAA")] {
        let read = format!("(call $f (i32.const {buffer}) (i32.const 0) (i32.const -1) (i32.const 8) (i32.const 12))");
        let starting = r#"(func (export "proxy_on_context_create") (param i32 i32) (call $ask))
            (func (export "proxy_on_vm_start") (param i32 i32) (result i32) (call $ask) (i32.const 1))
            (func (export "proxy_on_configure") (param i32 i32) (result i32) (call $ask) (i32.const 1))"#;
        let bench = Bench::wat(&asking(bytes, &read, starting));
        assert_eq!(bench.world.log.borrow().iter().map(|(_, line)| line.as_str()).collect::<String>(), told);
    }
}

#[test]
fn a_body_is_written_at_its_start_or_its_end() {
    let set = r#""proxy_set_buffer_bytes" (func $f (param i32 i32 i32 i32 i32) (result i32))"#;
    let write = |buffer: u32, start: i32, length: i32| {
        format!("(call $f (i32.const {buffer}) (i32.const {start}) (i32.const {length}) (i32.const 100) (i32.const 5))")
    };
    for (start, length, status, body) in [
        (0, -1, "BBA", ":path"),
        (0, 0, "BBA", ":pathbody"),
        (4, 0, "BBA", "body:path"),
        (i32::MAX, 0, "BBA", "body:path"),
        (2, 1, "BBC", "body"),
    ] {
        let call = write(0, start, length);
        assert_eq!(statuses(set, &call), status);
        let mut bench = Bench::wat(&asking(set, &call, ON_BODY));
        let stream = bench.open();
        bench.request(stream, get(), false);
        let passed = bench.vm.data(stream, Direction::Request, b"body", true);
        let expected = Pass::Data { direction: Direction::Request, bytes: body.into(), end: true };
        assert_eq!(passed, [(stream, expected)]);
    }
    assert_eq!(statuses(set, &write(6, 0, 0)), "CCC");
    assert_eq!(statuses(set, &write(7, 0, 0)), "BBB");
    assert_eq!(statuses(set, &write(4, 0, 0)), "BBB");
}

#[test]
fn addresses_outside_the_memory_are_told_as_such() {
    let get = r#""proxy_get_header_map_value" (func $f (param i32 i32 i32 i32 i32) (result i32))"#;
    for call in [
        "(call $f (i32.const 0) (i32.const -1) (i32.const 5) (i32.const 8) (i32.const 12))",
        "(call $f (i32.const 0) (i32.const 100) (i32.const -1) (i32.const 8) (i32.const 12))",
        "(call $f (i32.const 0) (i32.const 65532) (i32.const 5) (i32.const 8) (i32.const 12))",
    ] {
        assert_eq!(statuses(get, call), "GGG");
    }
    let out = "(call $f (i32.const 0) (i32.const 100) (i32.const 5) (i32.const 65534) (i32.const 12))";
    assert_eq!(statuses(get, out), "CGC");
}

#[test]
fn unknown_numbers_are_bad_arguments() {
    for (import, call, status) in [
        (r#""proxy_set_effective_context" (func $f (param i32) (result i32))"#, "(call $f (i32.const 77))", "CCC"),
        (r#""proxy_continue_stream" (func $f (param i32) (result i32))"#, "(call $f (i32.const 7))", "CCC"),
        (r#""proxy_continue_stream" (func $f (param i32) (result i32))"#, "(call $f (i32.const 1))", "AAA"),
        (
            r#""proxy_record_metric" (func $f (param i32 i64) (result i32))"#,
            "(call $f (i32.const 7) (i64.const 1))",
            "BBB",
        ),
        (r#""proxy_done" (func $f (result i32))"#, "(call $f)", "BBB"),
        (
            r#""proxy_get_property" (func $f (param i32 i32 i32 i32) (result i32))"#,
            "(call $f (i32.const 100) (i32.const 5) (i32.const 8) (i32.const 12))",
            "BBB",
        ),
        (
            r#""proxy_set_property" (func $f (param i32 i32 i32 i32) (result i32))"#,
            "(call $f (i32.const 100) (i32.const 5) (i32.const 100) (i32.const 5))",
            "BAA",
        ),
    ] {
        assert_eq!(statuses(import, call), status, "{import}");
    }
}

#[test]
fn an_http_call_needs_a_method_a_path_and_an_authority() {
    let call = r#""proxy_http_call" (func $f (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32))"#;
    let without = "(call $f (i32.const 109) (i32.const 7) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) \
                   (i32.const 0) (i32.const 0) (i32.const 100) (i32.const 8))";
    assert_eq!(statuses(call, without), "CCC");
}

#[test]
fn redis_calls_carry_what_the_guest_wrote() {
    let call = r#""proxy_redis_call" (func $f (param i32 i32 i32 i32 i32) (result i32))"#;
    let ask = "(call $f (i32.const 109) (i32.const 7) (i32.const 100) (i32.const 5) (i32.const 8))";
    let answered = r#"(func (export "proxy_on_redis_call_response") (param i32 i32 i32 i32)
        (i32.store8 (i32.const 50) (i32.add (i32.const 65) (local.get 3)))
        (drop (call $log (i32.const 2) (i32.const 50) (i32.const 1))))"#;
    let mut bench = Bench::wat(&asking(call, ask, &format!("{ON_TICK}{answered}")));
    bench.vm.tick(bench.root);
    bench.vm.tick(bench.root);
    let calls = bench.world.redis.borrow().clone();
    assert_eq!(calls, [(7, "cluster".into(), b":path".to_vec()), (11, "cluster".into(), b":path".to_vec())]);
    bench.vm.redis_answered(7, Some(b"+OK\r\n".to_vec()));
    bench.vm.redis_answered(11, None);
    bench.vm.redis_answered(11, Some(b"+again\r\n".to_vec()));
    assert_eq!(bench.world.log.borrow().iter().map(|(_, line)| line.as_str()).collect::<String>(), "AAFA");
    for (refused, status) in [(Refused::UnknownCluster, "C"), (Refused::NoHost, "K")] {
        bench.world.refuse.set(Some(refused));
        bench.vm.tick(bench.root);
        assert_eq!(bench.world.log.borrow().last().unwrap().1, status);
    }
}

#[test]
fn parameters_of_a_redis_cluster_are_split_from_its_name() {
    let imports = r#"(import "env" "proxy_redis_init" (func $f (param i32 i32 i32 i32 i32 i32 i32) (result i32)))"#;
    let bench = Bench::wat(&guest(
        imports,
        r#"(data (i32.const 100) "redis.static?db=2&flag&buffer_flush_timeout=0")
        (func (export "proxy_on_configure") (param i32 i32) (result i32)
            (call $f (i32.const 100) (i32.const 45) (i32.const 100) (i32.const 5) (i32.const 0) (i32.const 0) (i32.const 250))
            (i32.eqz))"#,
    ));
    let settings = bench.world.settings.borrow();
    assert_eq!((settings[0].cluster.as_str(), settings[0].username.as_str()), ("redis.static", "redis"));
    assert_eq!(settings[0].timeout, Duration::from_millis(250));
    let parameters: Vec<_> = settings[0].parameters.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    assert_eq!(parameters, [("db", "2"), ("flag", ""), ("buffer_flush_timeout", "0")]);
}

#[test]
fn an_answer_nobody_waits_for_is_ignored() {
    let mut bench = Bench::wat(&guest("", ""));
    let answer = HttpAnswer { headers: headers([(":status", "200")]), ..HttpAnswer::default() };
    assert_eq!(bench.vm.http_answered(4, Some(answer)), []);
}
