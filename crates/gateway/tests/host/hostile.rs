//! Guests that do their worst: the host stops them, tells why, and goes on.

use std::time::{Duration, Instant};

use gateway::{Limits, Module, Pass, Plugin, StartError, Vm, VmSettings};

use super::{Bench, engine, get, guest, wat, world::FakeWorld};

fn limits() -> Limits {
    Limits { memory: 1 << 20, callback: Duration::from_millis(100), ..Limits::default() }
}

fn on_headers(imports: &str, code: &str) -> Bench {
    let function = format!(r#"(func $go (export "proxy_on_request_headers") (param i32 i32 i32) (result i32) {code})"#);
    Bench::of(&wat(&guest(imports, &function)), Plugin::default(), limits())
}

/// Sends a request, which must end in a 503, and gives what the crash said.
fn crash(bench: &mut Bench) -> String {
    let stream = bench.open();
    let effects = bench.request(stream, get(), true);
    assert!(matches!(&effects[..], [(_, Pass::Reply(reply))] if reply.status == 503), "{effects:?}");
    let crash = bench.vm.crash().expect("the machine has crashed").to_string();
    assert!(bench.world.logged(&crash));
    crash
}

#[test]
fn a_loop_without_end_is_stopped() {
    let began = Instant::now();
    let told = crash(&mut on_headers("", "(loop $l (br $l)) (i32.const 0)"));
    assert!(told.contains("interrupt"), "{told}");
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_loop_of_host_calls_is_stopped() {
    let imports = r#"(import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))"#;
    let code = "(loop $l (drop (call $log (i32.const 9) (i32.const 0) (i32.const 0))) (br $l)) (i32.const 0)";
    assert!(crash(&mut on_headers(imports, code)).contains("interrupt"));
}

#[test]
fn a_loop_at_the_start_is_stopped() {
    let module = wat(&guest("", r#"(func (export "_initialize") (loop $l (br $l)))"#));
    let settings = VmSettings { limits: limits(), ..VmSettings::default() };
    let error = Vm::new(&module, std::rc::Rc::new(FakeWorld::default()), settings).unwrap_err();
    assert!(matches!(&error, StartError::Crashed(crash) if crash.callback == "_initialize"), "{error}");
}

#[test]
fn recursion_without_end_is_stopped() {
    let told = crash(&mut on_headers("", "(call $go (local.get 0) (local.get 1) (local.get 2))"));
    assert!(told.contains("stack"), "{told}");
}

#[test]
fn an_allocator_that_calls_the_host_without_end_is_stopped() {
    let module = r#"(module
        (import "env" "proxy_get_header_map_pairs" (func $pairs (param i32 i32 i32) (result i32)))
        (memory (export "memory") 1)
        (func (export "proxy_abi_version_0_2_1"))
        (func $malloc (export "malloc") (param i32) (result i32) (call $pairs (i32.const 0) (i32.const 8) (i32.const 12)))
        (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32) (call $malloc (i32.const 1))))"#;
    let told = crash(&mut Bench::of(&wat(module), Plugin::default(), limits()));
    assert!(told.contains("stack"), "{told}");
}

#[test]
fn an_allocator_that_gives_addresses_outside_is_told_so() {
    for address in ["-1", "0", "65535"] {
        let module = guest(
            r#"(import "env" "proxy_get_header_map_pairs" (func $pairs (param i32 i32 i32) (result i32)))"#,
            r#"(func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
                (if (i32.ne (call $pairs (i32.const 0) (i32.const 8) (i32.const 12)) (i32.const 6)) (then unreachable))
                (i32.const 0))"#,
        )
        .replace("(i32.const 4096)", &format!("(i32.const {address})"));
        let mut bench = Bench::of(&wat(&module), Plugin::default(), limits());
        let stream = bench.open();
        bench.request(stream, get(), true);
        assert_eq!(bench.vm.crash(), None, "{address}");
    }
}

#[test]
fn memory_does_not_grow_beyond_its_limit() {
    let mut bench =
        on_headers("", "(loop $l (br_if $l (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) (i32.const 0)");
    let stream = bench.open();
    bench.request(stream, get(), true);
    assert_eq!(bench.vm.crash(), None);
    assert_eq!(bench.vm.memory(), limits().memory);
}

#[test]
fn a_module_that_begins_with_too_much_memory_is_refused() {
    let module = guest("", "").replace("(export \"memory\") 1", "(export \"memory\") 1000");
    let module = Module::new(engine(), &wat::parse_str(module).unwrap()).unwrap();
    let settings = VmSettings { limits: limits(), ..VmSettings::default() };
    let error = Vm::new(&module, std::rc::Rc::new(FakeWorld::default()), settings).unwrap_err();
    assert!(error.to_string().contains("memory"), "{error}");
}

#[test]
fn a_guest_that_ends_itself_is_a_crash() {
    let imports = r#"(import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))"#;
    let told = crash(&mut on_headers(imports, "(call $exit (i32.const 3)) (i32.const 0)"));
    assert!(told.contains("exit code 3"), "{told}");
}

#[test]
fn an_abort_is_told_with_its_callback() {
    let told = crash(&mut on_headers("", "unreachable"));
    assert!(told.starts_with("the plugin crashed in proxy_on_request_headers: wasm trap: "), "{told}");
    assert!(told.contains("`unreachable` instruction executed, in ") && !told.contains('\n'), "{told}");
}

#[test]
fn a_status_that_does_not_exist_stops_everything() {
    let mut bench = on_headers("", "(i32.const 1234567)");
    let stream = bench.open();
    assert_eq!(bench.request(stream, get(), true), []);
    assert_eq!(bench.vm.crash(), None);
}

#[test]
fn printing_goes_to_the_log_line_by_line() {
    let imports = r#"(import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))"#;
    let module = guest(
        imports,
        r#"(data (i32.const 16) "one\ntwo\nthr") (data (i32.const 32) "\10\00\00\00\0b\00\00\00")
        (func (export "proxy_on_tick") (param i32)
            (drop (call $write (i32.const 2) (i32.const 32) (i32.const 1) (i32.const 40)))
            (if (call $write (i32.const 2) (i32.const -4) (i32.const 1) (i32.const 40)) (then) (else unreachable))
            (if (i32.ne (call $write (i32.const 3) (i32.const 32) (i32.const 1) (i32.const 40)) (i32.const 8)) (then unreachable)))"#,
    );
    let mut bench = Bench::wat(&module);
    bench.vm.tick(bench.root);
    bench.vm.tick(bench.root);
    assert_eq!(bench.vm.crash(), None);
    let lines: Vec<_> = bench.world.log.borrow().iter().map(|(level, line)| (*level, line.clone())).collect();
    assert_eq!(lines, [(4, "one".into()), (4, "two".into()), (4, "throne".into()), (4, "two".into())]);
}

#[test]
fn what_is_printed_at_once_is_bounded() {
    let module = guest(
        r#"(import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))"#,
        r#"(func (export "proxy_on_tick") (param i32) (local $piece i32)
            ;; 1024 pieces, all of them the same 60000 bytes.
            (loop $more
                (i32.store (i32.add (i32.const 8) (local.get $piece)) (i32.const 0))
                (i32.store (i32.add (i32.const 12) (local.get $piece)) (i32.const 60000))
                (br_if $more (i32.lt_u (local.tee $piece (i32.add (local.get $piece) (i32.const 8))) (i32.const 8192))))
            (if (call $write (i32.const 1) (i32.const 8) (i32.const 1024) (i32.const 60000)) (then unreachable))
            (if (i32.ne (i32.load (i32.const 60000)) (i32.const 1048576)) (then unreachable)))"#,
    );
    let mut bench = Bench::wat(&module);
    bench.vm.tick(bench.root);
    assert_eq!(bench.vm.crash(), None);
}

/// A guest that repeats a call until its status is 10, and crashes on any other status but 0.
fn repeats(import: &str, call: &str, export: &str) -> Bench {
    let code = format!(
        r#"(func $next (result i32)
            (i32.store (i32.const 60100) (i32.add (i32.load (i32.const 60100)) (i32.const 1)))
            (i32.const 60100))
        (func (export "{export}") (param i32 i32 i32) (result i32) (local $status i32)
            (loop $again
                (local.set $status {call})
                (br_if $again (i32.eqz (local.get $status))))
            (if (i32.ne (local.get $status) (i32.const 10)) (then unreachable))
            (i32.const 0))"#
    );
    let limits = Limits { callback: Duration::from_secs(60), ..limits() };
    Bench::of(&wat(&guest(import, &code)), Plugin::default(), limits)
}

#[test]
fn what_the_host_keeps_for_a_guest_is_bounded() {
    let add = r#"(import "env" "proxy_add_header_map_value" (func $f (param i32 i32 i32 i32 i32) (result i32)))"#;
    let set = r#"(import "env" "proxy_set_buffer_bytes" (func $f (param i32 i32 i32 i32 i32) (result i32)))"#;
    let property = r#"(import "env" "proxy_set_property" (func $f (param i32 i32 i32 i32) (result i32)))"#;
    let resume = r#"(import "env" "proxy_continue_stream" (func $f (param i32) (result i32)))"#;
    let inject =
        r#"(import "env" "proxy_inject_encoded_data_to_filter_chain" (func $f (param i32 i32 i32) (result i32)))"#;
    let many = "(call $f (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 1))";
    let large = "(call $f (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 60000))";
    for (import, call, export) in [
        (add, many, "proxy_on_request_headers"),
        (add, large, "proxy_on_request_headers"),
        (set, large, "proxy_on_request_body"),
        (property, "(call $f (call $next) (i32.const 4) (i32.const 0) (i32.const 60000))", "proxy_on_request_headers"),
        (resume, "(call $f (i32.const 1))", "proxy_on_request_headers"),
        (inject, "(call $f (i32.const 0) (i32.const 60000) (i32.const 0))", "proxy_on_request_headers"),
    ] {
        let mut bench = repeats(import, call, export);
        let stream = bench.open();
        bench.request(stream, get(), false);
        bench.vm.data(stream, gateway::Direction::Request, b"x", true);
        assert_eq!(bench.vm.crash(), None, "{import} {call}");
    }
}

#[test]
fn a_line_that_is_too_long_is_cut_between_two_characters_and_says_so() {
    const MOST: usize = 64 << 10;
    let log = r#"(import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))"#;
    let long = format!(
        r#"(memory $more 3) (data (i32.const 0) "x{}")
        (func (export "proxy_on_tick") (param i32)
            (drop (call $log (i32.const 2) (i32.const 0) (i32.const {})))
            (drop (call $log (i32.const 2) (i32.const 0) (i32.const {MOST}))))"#,
        "\u{e9}".repeat(MOST),
        2 * MOST + 1,
    );
    let text = guest(log, "").replace("(memory (export \"memory\") 1)", "").replace(
        "(func (export \"proxy_abi_version_0_2_1\"))",
        &format!("(export \"memory\" (memory $more)) (func (export \"proxy_abi_version_0_2_1\")) {long}"),
    );
    let mut bench = Bench::wat(&text);
    bench.vm.tick(bench.root);
    let lines = bench.world.log.borrow();
    let [(2, cut), (2, whole)] = &lines[..] else { panic!("{} lines", lines.len()) };
    let kept = format!("x{}", "\u{e9}".repeat((MOST - 1) / 2));
    assert!(cut.strip_prefix(&kept).is_some_and(|rest| rest == " [65538 bytes more are left out]"), "{}", cut.len());
    assert!(!whole.contains("left out") && whole.len() >= MOST);
}

/// Names are kept on the host's side: ten thousand of them must not each be as large as the guest's memory.
#[test]
fn a_long_name_is_refused() {
    let text = guest(
        r#"(import "env" "proxy_define_metric" (func $define (param i32 i32 i32 i32) (result i32)))
        (import "env" "proxy_call_foreign_function" (func $call (param i32 i32 i32 i32 i32 i32) (result i32)))"#,
        r#"(data (i32.const 100) "declare_property") (data (i32.const 200) "\0a\04long") (data (i32.const 300) "\0a\03fit")
        (func $is (param i32 i32) (if (i32.ne (local.get 0) (local.get 1)) (then unreachable)))
        (func $declare (param i32 i32) (result i32)
            (call $call (i32.const 100) (i32.const 16) (local.get 0) (local.get 1) (i32.const 8) (i32.const 12)))
        (func (export "proxy_on_configure") (param i32 i32) (result i32)
            (call $is (i32.const 2) (call $define (i32.const 0) (i32.const 202) (i32.const 4) (i32.const 20)))
            (call $is (i32.const 0) (call $define (i32.const 0) (i32.const 302) (i32.const 3) (i32.const 20)))
            (call $is (i32.const 2) (call $declare (i32.const 200) (i32.const 6)))
            (call $is (i32.const 0) (call $declare (i32.const 300) (i32.const 5)))
            (i32.const 1))"#,
    );
    Bench::of(&wat(&text), Plugin::default(), Limits { name: 3, ..limits() });
}

/// What a guest calls a function goes into the log.
#[test]
fn of_a_long_name_of_a_function_the_log_shows_the_beginning() {
    let text = guest(
        r#"(import "env" "proxy_call_foreign_function" (func $call (param i32 i32 i32 i32 i32 i32) (result i32)))"#,
        r#"(func (export "proxy_on_configure") (param i32 i32) (result i32)
            (memory.fill (i32.const 8192) (i32.const 97) (i32.const 40000))
            (drop (call $call (i32.const 8192) (i32.const 40000) (i32.const 0) (i32.const 0) (i32.const 8) (i32.const 12)))
            (i32.const 1))"#,
    );
    let bench = Bench::of(&wat(&text), Plugin::default(), limits());
    let log = bench.world.log.borrow();
    let line = log.iter().map(|(_, line)| line).find(|line| line.contains("aaa")).expect("a line about it");
    assert!(line.len() < 1000, "{} bytes", line.len());
}
