//! The end of exchanges: done, log and delete in this order, and contexts that wait.

use gateway::{LogView, Plugin};

use super::{Bench, get, guest, headers};

/// Logs a letter in each of its last callbacks; `done` is what it answers to the first of them.
fn bench(done: u32) -> Bench {
    let letter = |at: u32| format!("(drop (call $log (i32.const 2) (i32.const {at}) (i32.const 1)))");
    Bench::wat(&guest(
        r#"(import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
        (import "env" "proxy_done" (func $done (result i32)))
        (import "env" "proxy_set_effective_context" (func $effective (param i32) (result i32)))
        (import "env" "proxy_get_header_map_value" (func $get (param i32 i32 i32 i32 i32) (result i32)))
        (import "env" "proxy_add_header_map_value" (func $add (param i32 i32 i32 i32 i32) (result i32)))"#,
        &format!(
            r#"(data (i32.const 100) "dlx") (data (i32.const 110) ":path")
            (func (export "proxy_on_done") (param i32) (result i32) {d} (i32.const {done}))
            (func (export "proxy_on_delete") (param i32) {x})
            (func (export "proxy_on_tick") (param i32)
                (drop (call $effective (i32.const 2))) (drop (call $done)))
            (func (export "proxy_on_log") (param i32) {l}
                (if (call $get (i32.const 0) (i32.const 110) (i32.const 5) (i32.const 8) (i32.const 12)) (then unreachable))
                (if (i32.ne (call $get (i32.const 2) (i32.const 110) (i32.const 5) (i32.const 8) (i32.const 12)) (i32.const 1))
                    (then unreachable))
                (if (i32.ne (call $add (i32.const 0) (i32.const 110) (i32.const 5) (i32.const 8) (i32.const 1)) (i32.const 2))
                    (then unreachable)))"#,
            d = letter(100),
            l = letter(101),
            x = letter(102),
        ),
    ))
}

fn told(bench: &Bench) -> String {
    bench.world.log.borrow().iter().map(|(_, line)| line.as_str()).collect()
}

fn view() -> LogView {
    LogView { request_headers: Some(get()), ..LogView::default() }
}

#[test]
fn an_exchange_ends_with_done_log_and_delete() {
    let mut bench = bench(1);
    let stream = bench.open();
    bench.request(stream, get(), true);
    assert_eq!(bench.vm.finish_stream(stream, view()), []);
    assert_eq!((told(&bench).as_str(), bench.vm.crash()), ("dlx", None));
    assert_eq!(bench.vm.finish_stream(stream, view()), []);
    assert_eq!(bench.response(stream, headers([(":status", "200")]), true), []);
    assert_eq!(told(&bench), "dlx");
}

#[test]
fn a_context_that_waits_goes_when_the_plugin_says_so() {
    let mut bench = bench(0);
    let stream = bench.open();
    bench.vm.finish_stream(stream, view());
    assert_eq!(told(&bench), "dl");
    bench.vm.tick(bench.root);
    bench.vm.tick(bench.root);
    assert_eq!((told(&bench).as_str(), bench.vm.crash()), ("dlx", None));
}

#[test]
fn two_plugins_share_a_machine_and_end_alone() {
    let mut bench = bench(1);
    let second = bench.vm.start_plugin(Plugin::default()).unwrap();
    bench.vm.end_plugin(second);
    assert_eq!(told(&bench), "dx");
    let stream = bench.open();
    assert_eq!(bench.request(stream, get(), true).len(), 1);
}

/// Makes an HTTP call and a Redis call with each tick. Crashes when it gets an answer for a context that is deleted.
const CALLS: &str = r#"
    (data (i32.const 100) "up") (data (i32.const 110) "PING")
    (data (i32.const 200)
        "\03\00\00\00\07\00\00\00\03\00\00\00\05\00\00\00\01\00\00\00\0a\00\00\00\01\00\00\00"
        ":method\00GET\00:path\00/\00:authority\00h\00")
    (func (export "proxy_on_tick") (param i32)
        (if (call $http (i32.const 100) (i32.const 2) (i32.const 200) (i32.const 61) (i32.const 0) (i32.const 0)
                (i32.const 0) (i32.const 0) (i32.const 1000) (i32.const 8)) (then unreachable))
        (if (call $redis (i32.const 100) (i32.const 2) (i32.const 110) (i32.const 4) (i32.const 8)) (then unreachable)))
    (func (export "proxy_on_delete") (param i32) (i32.store (i32.const 300) (local.get 0)))
    (func $told (param i32) (if (i32.eq (local.get 0) (i32.load (i32.const 300))) (then unreachable))
        (drop (call $log (i32.const 2) (i32.const 100) (i32.const 2))))
    (func (export "proxy_on_http_call_response") (param i32 i32 i32 i32 i32) (call $told (local.get 0)))
    (func (export "proxy_on_redis_call_response") (param i32 i32 i32 i32) (call $told (local.get 0)))"#;

#[test]
fn a_plugin_that_has_ended_hears_no_answers() {
    let mut bench = Bench::wat(&guest(
        r#"(import "env" "proxy_http_call"
            (func $http (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
        (import "env" "proxy_redis_call" (func $redis (param i32 i32 i32 i32 i32) (result i32)))
        (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))"#,
        CALLS,
    ));
    let stays = bench.vm.start_plugin(Plugin::default()).unwrap();
    bench.vm.tick(bench.root);
    bench.vm.tick(stays);
    let http: Vec<u32> = bench.world.http.borrow().iter().map(|(token, _)| *token).collect();
    let redis: Vec<u32> = bench.world.redis.borrow().iter().map(|(token, ..)| *token).collect();
    assert_eq!((http.len(), redis.len()), (2, 2));

    bench.vm.end_plugin(bench.root);
    for (http, redis) in http.into_iter().zip(redis) {
        bench.vm.http_answered(http, None);
        bench.vm.redis_answered(redis, Some(b"+PONG\r\n".to_vec()));
    }
    assert_eq!(bench.vm.crash(), None);
    assert_eq!(told(&bench), "upup", "the other plugin's answers come");
}
