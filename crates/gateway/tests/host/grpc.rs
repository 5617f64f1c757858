//! gRPC calls and streams: what the guest asks for, what it is shown, and which status each call has.

use std::time::Duration;

use gateway::{GrpcAsked, GrpcNews, Limits, Plugin, Refused};

use super::world::GrpcSent;
use super::{Bench, guest, headers, wat};

/// The first token of a call, and of a stream.
const CALL: u32 = 5;
const STREAM: u32 = 6;

/// A guest whose tick runs `code`. `$say` logs a status as a letter, `A` for 0. The token of a call is left at 16, that
/// of a stream at 20. What comes back is logged, and `closing` runs when a stream is closed.
fn bench(code: &str, closing: &str) -> Bench {
    Bench::wat(&guest(
        r#"(import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
        (import "env" "proxy_grpc_call" (func $grpc_call (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
        (import "env" "proxy_grpc_stream" (func $grpc_stream (param i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
        (import "env" "proxy_grpc_send" (func $send (param i32 i32 i32 i32) (result i32)))
        (import "env" "proxy_grpc_close" (func $close (param i32) (result i32)))
        (import "env" "proxy_grpc_cancel" (func $cancel (param i32) (result i32)))
        (import "env" "proxy_get_status" (func $get_status (param i32 i32 i32) (result i32)))
        (import "env" "proxy_get_buffer_bytes" (func $buffer (param i32 i32 i32 i32 i32) (result i32)))
        (import "env" "proxy_get_header_map_value" (func $header (param i32 i32 i32 i32 i32) (result i32)))"#,
        &format!(
            r#"(data (i32.const 100) "pricesshop.PricesGetask")
            (data (i32.const 200) "\01\00\00\00\05\00\00\00\03\00\00\00x-key\00abc\00")
            (func $say (param i32)
                (i32.store8 (i32.const 50) (i32.add (i32.const 65) (local.get 0)))
                (drop (call $log (i32.const 2) (i32.const 50) (i32.const 1))))
            (func $tell (drop (call $log (i32.const 2) (i32.load (i32.const 8)) (i32.load (i32.const 12)))))
            (func $call (param $target i32) (param $size i32) (param $timeout i32) (result i32)
                (call $grpc_call (local.get $target) (local.get $size) (i32.const 106) (i32.const 11) (i32.const 117)
                    (i32.const 3) (i32.const 200) (i32.const 22) (i32.const 120) (i32.const 3) (local.get $timeout)
                    (i32.const 16)))
            (func $stream (result i32)
                (call $grpc_stream (i32.const 100) (i32.const 6) (i32.const 106) (i32.const 11) (i32.const 117)
                    (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 20)))
            (func $ask (param $end i32) (result i32)
                (call $send (i32.load (i32.const 20)) (i32.const 120) (i32.const 3) (local.get $end)))
            (func (export "proxy_on_tick") (param i32) {code})
            (func (export "proxy_on_grpc_receive_initial_metadata") (param i32 i32 i32)
                (call $say (local.get 2))
                (call $say (call $header (i32.const 4) (i32.const 212) (i32.const 5) (i32.const 8) (i32.const 12)))
                (call $say (call $header (i32.const 5) (i32.const 212) (i32.const 5) (i32.const 8) (i32.const 12))))
            (func (export "proxy_on_grpc_receive") (param i32 i32 i32)
                (call $say (local.get 2))
                (call $say (call $buffer (i32.const 5) (i32.const 0) (i32.const -1) (i32.const 8) (i32.const 12)))
                (call $tell))
            (func (export "proxy_on_grpc_receive_trailing_metadata") (param i32 i32 i32)
                (call $say (local.get 2))
                (call $say (call $header (i32.const 5) (i32.const 212) (i32.const 5) (i32.const 8) (i32.const 12))))
            (func (export "proxy_on_grpc_close") (param i32 i32 i32)
                (call $say (local.get 2))
                (call $say (call $get_status (i32.const 24) (i32.const 8) (i32.const 12)))
                (call $say (i32.load (i32.const 24)))
                (call $tell)
                {closing})"#
        ),
    ))
}

impl Bench {
    /// What the guest logs during one tick.
    fn grpc_tick(&mut self) -> String {
        let before = self.world.log.borrow().len();
        assert_eq!(self.vm.tick(self.root), []);
        self.since(before)
    }

    /// What the guest logs when something came.
    fn grpc_told(&mut self, token: u32, news: GrpcNews) -> String {
        let before = self.world.log.borrow().len();
        assert_eq!(self.vm.grpc_news(token, news), []);
        assert_eq!(self.vm.crash(), None);
        self.since(before)
    }

    fn since(&self, before: usize) -> String {
        self.world.log.borrow()[before..].iter().map(|(_, line)| line.as_str()).collect()
    }
}

fn closed(status: u32, message: &str) -> GrpcNews {
    GrpcNews::Closed { status, message: message.into() }
}

#[test]
fn a_call_that_goes_well_gives_its_message_alone() {
    let mut bench = bench("(call $say (call $call (i32.const 100) (i32.const 6) (i32.const 250)))", "");
    assert_eq!(bench.grpc_tick(), "A");
    let calls = bench.world.grpc.borrow().clone();
    let [(CALL, call)] = &calls[..] else { panic!("{calls:?}") };
    assert_eq!((call.cluster.as_str(), call.service.as_str(), call.method.as_str()), ("prices", "shop.Prices", "Get"));
    assert_eq!((call.metadata.get(b"x-key"), call.authority.as_ref()), (Some(&b"abc"[..]), None));
    let GrpcAsked::Call { message, timeout } = &call.asked else { panic!("{call:?}") };
    assert_eq!((message.as_slice(), *timeout), (&b"ask"[..], Duration::from_millis(250)));
    assert_eq!(bench.grpc_told(CALL, GrpcNews::Message(b"yes".to_vec())), "DAyes");
    assert_eq!(bench.grpc_told(CALL, closed(0, "")), "", "it is over");
}

#[test]
fn a_call_that_fails_gives_its_end_alone() {
    let mut bench = bench("(call $say (call $call (i32.const 100) (i32.const 6) (i32.const 0)))", "");
    assert_eq!(bench.grpc_tick() + &bench.grpc_tick(), "AA");
    assert_eq!(bench.grpc_told(CALL + 4, closed(14, "nobody is there")), "OAOnobody is there");
    assert_eq!(bench.grpc_told(CALL, closed(3, "")), "DAD");
    assert_eq!(bench.grpc_told(CALL, GrpcNews::Message(b"late".to_vec())), "");
}

#[test]
fn a_stream_shows_all_that_comes_until_both_sides_are_closed() {
    let code = "(if (i32.eqz (i32.load (i32.const 20)))
            (then (call $say (call $stream)) (call $say (call $ask (i32.const 0))))
            (else (call $say (call $close (i32.load (i32.const 20))))))";
    let mut bench = bench(code, "");
    assert_eq!(bench.grpc_tick(), "AA");
    assert!(matches!(&bench.world.grpc.borrow()[..], [(STREAM, call)] if matches!(call.asked, GrpcAsked::Stream)));
    let response = headers([(":status", "200"), ("x-key", "1")]);
    assert_eq!(bench.grpc_told(STREAM, GrpcNews::Headers(response)), "CAC", "headers are no trailers");
    assert_eq!(bench.grpc_told(STREAM, GrpcNews::Message(b"one".to_vec())), "DAone");
    assert_eq!(bench.grpc_told(STREAM, GrpcNews::Message(Vec::new())), "AA");
    assert_eq!(bench.grpc_tick(), "A", "its side is closed, the other is not");
    assert_eq!(bench.grpc_told(STREAM, GrpcNews::Trailers(headers([("x-key", "2")]))), "BA");
    assert_eq!(bench.grpc_told(STREAM, closed(0, "")), "AAA");
    assert_eq!(bench.grpc_tick(), "B", "both sides are closed");
    let sent = [GrpcSent::Message(STREAM, Some(b"ask".to_vec()), false), GrpcSent::Message(STREAM, None, true)];
    assert_eq!(*bench.world.grpc_sent.borrow(), sent);
}

#[test]
fn a_stream_that_the_service_closes_first_waits_for_the_guest() {
    let code = "(if (i32.eqz (i32.load (i32.const 20))) (then (call $say (call $stream)))
            (else (call $say (call $ask (i32.const 1))) (call $say (call $close (i32.load (i32.const 20))))))";
    let mut bench = bench(code, "");
    assert_eq!(bench.grpc_tick(), "A");
    assert_eq!(bench.grpc_told(STREAM, closed(1, "gone")), "BABgone");
    assert_eq!(bench.grpc_tick(), "AA", "nobody hears it any more");
    assert_eq!(bench.grpc_tick(), "BB");
    assert_eq!(*bench.world.grpc_sent.borrow(), []);
}

#[test]
fn a_guest_may_close_or_cancel_while_it_is_told_of_the_end() {
    for end in ["$close", "$cancel"] {
        let mut bench = bench("(call $say (call $stream))", &format!("(call $say (call {end} (i32.const 6)))"));
        assert_eq!(bench.grpc_tick(), "A");
        assert_eq!(bench.grpc_told(STREAM, closed(0, "")), "AAAA", "{end}");
    }
}

#[test]
fn what_is_cancelled_is_heard_of_no_more() {
    let code = "(call $say (call $call (i32.const 100) (i32.const 6) (i32.const 9))) (call $say (call $stream))
        (call $say (call $cancel (i32.load (i32.const 16)))) (call $say (call $cancel (i32.load (i32.const 20))))
        (call $say (call $cancel (i32.load (i32.const 16)))) (call $say (call $ask (i32.const 0)))
        (call $say (call $close (i32.const 4))) (call $say (call $cancel (i32.const 7)))
        (call $say (call $send (i32.load (i32.const 16)) (i32.const 0) (i32.const 0) (i32.const 0)))";
    let mut bench = bench(code, "");
    assert_eq!(bench.grpc_tick(), "AAAABBCCC");
    assert_eq!(bench.grpc_told(CALL, closed(0, "")) + &bench.grpc_told(STREAM, closed(0, "")), "");
    assert_eq!(*bench.world.grpc_sent.borrow(), [GrpcSent::Cancel(CALL), GrpcSent::Cancel(STREAM)]);
}

#[test]
fn what_cannot_be_started_has_envoys_words() {
    let plain = "(call $say (call $call (i32.const 100) (i32.const 6) (i32.const 9)))";
    // `envoy_grpc` with the cluster's name `x`, then `google_grpc`.
    let message = "(i32.store (i32.const 300) (i32.const 0x010a030a)) (i32.store8 (i32.const 304) (i32.const 120))
        (call $say (call $call (i32.const 300) (i32.const 5) (i32.const 9)))";
    let google = "(i32.store16 (i32.const 300) (i32.const 0x0012)) (call $say (call $call (i32.const 300) (i32.const 2) (i32.const 9)))";
    for (refused, plainly, by_message) in [(Refused::UnknownCluster, "E", "K"), (Refused::NoHost, "K", "K")] {
        for (code, status) in [(plain, plainly), (message, by_message)] {
            let mut bench = bench(code, "");
            bench.world.refuse.set(Some(refused));
            assert_eq!(bench.grpc_tick(), status, "{refused:?}");
        }
    }
    let told = bench(google, "").grpc_tick();
    assert!(told.ends_with('C') && told.contains("google_grpc"), "{told}");
}

#[test]
fn calls_and_streams_end_with_their_plugin() {
    let mut bench = bench("(call $say (call $stream))", "");
    assert_eq!(bench.grpc_tick(), "A");
    assert_eq!(bench.vm.end_plugin(bench.root), []);
    assert_eq!(*bench.world.grpc_sent.borrow(), [GrpcSent::Cancel(STREAM)]);
    assert_eq!(bench.grpc_told(STREAM, closed(0, "")), "");
}

#[test]
fn a_guest_without_the_callbacks_is_told_nothing() {
    let module = wat(&guest(
        r#"(import "env" "proxy_grpc_stream" (func $stream (param i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))"#,
        r#"(func (export "proxy_on_tick") (param i32)
            (drop (call $stream (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
                (i32.const 0) (i32.const 0) (i32.const 20))))"#,
    ));
    let mut bench = Bench::of(&module, Plugin::default(), Limits::default());
    assert_eq!(bench.grpc_tick(), "");
    for news in [GrpcNews::Message(b"x".to_vec()), closed(0, "")] {
        assert_eq!(bench.grpc_told(STREAM, news), "");
    }
}
