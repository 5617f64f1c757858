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
