//! Foreign functions: those that Envoy has and this host gives, and what is said about the others.

use gateway::{Exchange, Held, Pass};

use super::{Bench, get, guest};

/// Calls foreign functions in the request headers: `$foreign` with the addresses and sizes of a name and an argument,
/// which answers its status and leaves the result at 8 and 12.
fn bench(data: &str, code: &str) -> Bench {
    Bench::wat(&guest(
        r#"(import "env" "proxy_call_foreign_function" (func $call (param i32 i32 i32 i32 i32 i32) (result i32)))
        (import "env" "proxy_set_property" (func $set (param i32 i32 i32 i32) (result i32)))
        (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))"#,
        &format!(
            r#"{data}
            (func $foreign (param i32 i32 i32 i32) (result i32)
                (call $call (local.get 0) (local.get 1) (local.get 2) (local.get 3) (i32.const 8) (i32.const 12)))
            (func $is (param i32 i32) (if (i32.ne (local.get 0) (local.get 1)) (then unreachable)))
            (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32) {code} (i32.const 0))"#
        ),
    ))
}

fn run(mut bench: Bench) -> Bench {
    let stream = bench.open();
    let effects = bench.request(stream, get(), true);
    assert!(matches!(&effects[..], [(_, Pass::Headers { .. })]), "{effects:?} {:?}", bench.vm.crash());
    bench
}

#[test]
fn what_is_compressed_comes_back_uncompressed() {
    // The allocator always gives 4096, so the compressed bytes are moved out of the way.
    let bench = run(bench(
        r#"(data (i32.const 100) "compressuncompress") (data (i32.const 200) "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")"#,
        "(call $is (i32.const 0) (call $foreign (i32.const 100) (i32.const 8) (i32.const 200) (i32.const 56)))
        (if (i32.ge_u (i32.load (i32.const 12)) (i32.const 40)) (then unreachable))
        (memory.copy (i32.const 8192) (i32.load (i32.const 8)) (i32.load (i32.const 12)))
        (call $is (i32.const 0) (call $foreign (i32.const 108) (i32.const 10) (i32.const 8192) (i32.load (i32.const 12))))
        (drop (call $log (i32.const 2) (i32.load (i32.const 8)) (i32.load (i32.const 12))))
        (call $is (i32.const 3) (call $foreign (i32.const 108) (i32.const 10) (i32.const 200) (i32.const 56)))",
    ));
    assert_eq!(bench.world.log.borrow()[0].1, "a".repeat(56));
}

#[test]
fn the_route_is_chosen_again_on_demand() {
    let bench = run(bench(
        r#"(data (i32.const 100) "clear_route_cache")"#,
        "(call $is (i32.const 0) (call $foreign (i32.const 100) (i32.const 17) (i32.const 0) (i32.const 0)))",
    ));
    assert_eq!(bench.facts.route_cleared(), 1);
}

#[test]
fn a_property_that_its_plugin_declared_read_only_is_set_once() {
    let bench = run(bench(
        r#"(data (i32.const 100) "declare_property") (data (i32.const 200) "\0a\04once\10\01\18\01")
        (data (i32.const 300) "once") (data (i32.const 400) "12")
        (func (export "proxy_on_configure") (param i32 i32) (result i32)
            (call $is (i32.const 0) (call $foreign (i32.const 100) (i32.const 16) (i32.const 200) (i32.const 10)))
            (call $is (i32.const 2) (call $foreign (i32.const 100) (i32.const 16) (i32.const 200) (i32.const 10)))
            (call $is (i32.const 2) (call $foreign (i32.const 100) (i32.const 16) (i32.const 200) (i32.const 3)))
            (i32.const 1))"#,
        "(call $is (i32.const 0) (call $set (i32.const 300) (i32.const 4) (i32.const 400) (i32.const 1)))
        (call $is (i32.const 2) (call $set (i32.const 300) (i32.const 4) (i32.const 401) (i32.const 1)))",
    ));
    assert_eq!(bench.facts.property(&[b"once"], Held::default()), Some("1".into()));
}

#[test]
fn a_function_that_is_not_given_is_told_once() {
    let bench = run(bench(
        r#"(data (i32.const 100) "misspelt")"#,
        "(call $is (i32.const 1) (call $foreign (i32.const 100) (i32.const 8) (i32.const 0) (i32.const 0)))
        (call $is (i32.const 1) (call $foreign (i32.const 100) (i32.const 8) (i32.const 0) (i32.const 0)))",
    ));
    let log = bench.world.log.borrow();
    let [(3, line)] = &log[..] else { panic!("one warning: {log:?}") };
    assert!(line.contains("misspelt") && line.contains("spelling"), "{line}");
}

#[test]
fn expressions_of_a_machine_are_bounded() {
    // Each is a number with spaces up to the most bytes that one may have.
    let bench = run(bench(
        r#"(data (i32.const 100) "expr_createexpr_delete") (data (i32.const 200) "\00\00\00\00")"#,
        "(local $left i32)
        (memory.fill (i32.const 16384) (i32.const 32) (i32.const 16385))
        (i32.store8 (i32.const 16384) (i32.const 49))
        (call $is (i32.const 2) (call $foreign (i32.const 100) (i32.const 11) (i32.const 16384) (i32.const 16385)))
        (local.set $left (i32.const 64))
        (loop $more
            (call $is (i32.const 0) (call $foreign (i32.const 100) (i32.const 11) (i32.const 16384) (i32.const 16384)))
            (local.set $left (i32.sub (local.get $left) (i32.const 1)))
            (br_if $more (local.get $left)))
        (call $is (i32.const 10) (call $foreign (i32.const 100) (i32.const 11) (i32.const 16384) (i32.const 16384)))
        (call $is (i32.const 0) (call $foreign (i32.const 111) (i32.const 11) (i32.const 200) (i32.const 4)))
        (call $is (i32.const 0) (call $foreign (i32.const 100) (i32.const 11) (i32.const 16384) (i32.const 16384)))",
    ));
    assert!(bench.world.logged("16384 are allowed") && bench.world.logged("expr_delete"));
}
