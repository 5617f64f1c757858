//! What becomes of exchanges when their machine crashes.

use gateway::bootstrap::FailurePolicy;
use gateway::{Direction, Limits, Pass, Plugin};

use super::{Bench, get, guest, headers, wat};

/// Pauses requests, and crashes when a request ends with its headers.
fn bench(failure_policy: FailurePolicy) -> Bench {
    let module = wat(&guest(
        "",
        r#"(func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
            (if (local.get 2) (then unreachable)) (i32.const 1))"#,
    ));
    Bench::of(&module, Plugin { failure_policy, ..Plugin::default() }, Limits::default())
}

#[test]
fn failing_closed_answers_all_exchanges_with_503() {
    let mut bench = bench(FailurePolicy::FailClosed);
    let (paused, crashing) = (bench.open(), bench.open());
    assert_eq!(bench.request(paused, get(), false), []);
    let effects = bench.request(crashing, get(), true);
    let answered: Vec<_> = effects
        .iter()
        .map(|(stream, pass)| match pass {
            Pass::Reply(reply) => (*stream, reply.status, reply.details.as_str()),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(answered, [(paused, 503, "wasm_fail_stream"), (crashing, 503, "wasm_fail_stream")]);

    let later = bench.open();
    let effects = bench.request(later, get(), true);
    assert!(matches!(&effects[..], [(stream, Pass::Reply(_))] if *stream == later), "{effects:?}");
    // The 503 goes through the response phases, where the plugin is no more.
    let reply = headers([(":status", "503")]);
    let passed = Pass::Headers { direction: Direction::Response, headers: reply.clone(), end: true };
    assert_eq!(bench.response(later, reply, true), [(later, passed)]);
}

#[test]
fn failing_open_lets_requests_pass_untouched() {
    let mut bench = bench(FailurePolicy::FailOpen);
    let (paused, crashing) = (bench.open(), bench.open());
    assert_eq!(bench.request(paused, get(), false), []);
    let passed = |end| Pass::Headers { direction: Direction::Request, headers: get(), end };
    assert_eq!(bench.request(crashing, get(), true), [(crashing, passed(true))]);
    // What was paused goes on with its own next event.
    let data = Pass::Data { direction: Direction::Request, bytes: b"x".to_vec(), end: true };
    let effects = bench.vm.data(paused, Direction::Request, b"x", true);
    assert_eq!(effects, [(paused, passed(false)), (paused, data)]);
    let later = bench.open();
    assert_eq!(bench.request(later, get(), true), [(later, passed(true))]);
}
