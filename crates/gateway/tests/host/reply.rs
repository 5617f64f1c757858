//! Answers of plugins: the first one wins, and when they come too late.

use gateway::{Direction, Pass};

use super::{Bench, get, guest, headers};

const IMPORT: &str = r#"(import "env" "proxy_send_local_response" (func $f (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
    (import "env" "proxy_continue_stream" (func $go (param i32) (result i32)))"#;

fn reply(status: u32) -> String {
    format!(
        "(if (call $f (i32.const {status}) (i32.const 100) (i32.const 4) (i32.const 0) (i32.const 0) \
         (i32.const 0) (i32.const 0) (i32.const -1)) (then unreachable))"
    )
}

fn bench(phase: &str, code: &str) -> Bench {
    let function = format!(
        r#"(data (i32.const 100) "w\t h") (func (export "proxy_on_{phase}") (param i32 i32 i32) (result i32) {code})"#
    );
    Bench::wat(&guest(IMPORT, &function))
}

#[test]
fn the_first_answer_wins_whatever_the_phase_returns() {
    let mut bench = bench("request_headers", &format!("{}{}(i32.const 0)", reply(201), reply(202)));
    let stream = bench.open();
    let effects = bench.request(stream, get(), false);
    let [(_, Pass::Reply(reply))] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!((reply.status, reply.details.as_str(), reply.grpc_status), (201, "w__h", None));
    // The request ends there, the reply goes through the response phases.
    assert_eq!(bench.vm.data(stream, Direction::Request, b"x", true), []);
    assert_eq!(bench.response(stream, headers([(":status", "201")]), true).len(), 1);
}

#[test]
fn an_answer_in_the_response_phase_goes_out_as_it_is() {
    let mut bench = bench("response_headers", &format!("{}(i32.const 0)", reply(500)));
    let stream = bench.open();
    bench.request(stream, get(), true);
    let effects = bench.response(stream, headers([(":status", "200")]), false);
    assert!(matches!(&effects[..], [(_, Pass::DirectReply(reply))] if reply.status == 500), "{effects:?}");
}

#[test]
fn an_answer_after_the_response_headers_resets_the_exchange() {
    let mut bench = bench("response_body", &format!("{}(i32.const 0)", reply(500)));
    let stream = bench.open();
    bench.request(stream, get(), true);
    bench.response(stream, headers([(":status", "200")]), false);
    assert_eq!(bench.vm.data(stream, Direction::Response, b"x", false), [(stream, Pass::Reset)]);
}

#[test]
fn a_resume_inside_the_callback_acts_after_it() {
    let mut bench = bench("request_headers", "(drop (call $go (i32.const 0))) (i32.const 1)");
    let stream = bench.open();
    let passed = Pass::Headers { direction: Direction::Request, headers: get(), end: true };
    assert_eq!(bench.request(stream, get(), true), [(stream, passed)]);
}

#[test]
fn bodies_beyond_the_limit_are_refused() {
    for (phase, direction, status) in [("request", Direction::Request, 413), ("response", Direction::Response, 500)] {
        let mut bench = bench(&format!("{phase}_headers"), "(i32.const 3)");
        gateway::Exchange::set_buffer_limit(&*bench.facts, direction, 8);
        let stream = bench.open();
        assert_eq!(bench.vm.headers(stream, direction, get(), false), []);
        assert_eq!(bench.vm.data(stream, direction, b"12345678", false), []);
        let effects = bench.vm.data(stream, direction, b"9", false);
        let [(_, Pass::Reply(reply) | Pass::DirectReply(reply))] = &effects[..] else { panic!("{effects:?}") };
        assert_eq!(reply.status, status);
    }
}
