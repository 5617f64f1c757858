//! What the runtimes of other languages ask of a host when they start.

use std::rc::Rc;

use gateway::{StartError, Vm, VmSettings};

use super::{Bench, guest, wat, world::FakeWorld};

/// All that a plugin of Go 1.24 for Higress imports from WASI, with its types.
const GO: &str = r#"
    (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
    (import "wasi_snapshot_preview1" "environ_get" (func $environ (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_fdstat_get" (func $fdstat (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_fdstat_set_flags" (func $flags (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_filestat_get" (func $filestat (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_seek" (func $seek (param i32 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_readdir" (func $readdir (param i32 i32 i32 i64 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_prestat_get" (func $prestat (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_prestat_dir_name" (func $prestat_name (param i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "path_open" (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "path_filestat_get" (func $stat (param i32 i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "path_rename" (func $rename (param i32 i32 i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "path_unlink_file" (func $unlink (param i32 i32 i32) (result i32)))"#;

/// The runtime of Go, as far as a host can tell: it reads arguments, environment, time and randomness, looks for open
/// directories until a descriptor is bad, and gives up when it cannot sleep.
#[test]
fn what_the_runtime_of_go_does_at_its_start_succeeds() {
    let bench = Bench::wat(&guest(
        GO,
        r#"(func $is (param i32 i32) (if (i32.ne (local.get 0) (local.get 1)) (then unreachable)))
        (func (export "_initialize")
            (call $is (i32.const 0) (call $args_sizes (i32.const 8) (i32.const 12)))
            (call $is (i32.const 0) (call $args (i32.const 16) (i32.const 16)))
            (call $is (i32.const 0) (call $environ_sizes (i32.const 8) (i32.const 12)))
            (call $is (i32.const 0) (call $environ (i32.const 16) (i32.const 64)))
            (call $is (i32.const 0) (call $clock (i32.const 0) (i64.const 1) (i32.const 16)))
            (call $is (i32.const 0) (call $random (i32.const 16) (i32.const 32)))
            (call $is (i32.const 0) (call $fdstat (i32.const 1) (i32.const 16)))
            (call $is (i32.const 8) (call $prestat (i32.const 3) (i32.const 16)))
            (i32.store (i32.const 40) (i32.const 7))
            (call $is (i32.const 0) (call $poll (i32.const 16) (i32.const 16) (i32.const 1) (i32.const 40)))
            (call $is (i32.const 0) (i32.load (i32.const 40))))
        (func (export "proxy_on_configure") (param i32 i32) (result i32)
            (call $is (i32.const 0) (call $yield))
            (call $is (i32.const 44) (call $open (i32.const 3) (i32.const 0) (i32.const 16) (i32.const 1) (i32.const 0)
                (i64.const 0) (i64.const 0) (i32.const 0) (i32.const 16)))
            (call $is (i32.const 52) (call $read (i32.const 0) (i32.const 16) (i32.const 1) (i32.const 16)))
            (i32.const 1))"#,
    ));
    assert_eq!(bench.vm.crash(), None);
}

#[test]
fn a_main_runs_after_initialize() {
    for main in [
        r#"(export "main") (param i32 i32) (result i32) (call $log) (i32.const 0)"#,
        r#"(export "__main_void") (result i32) (call $log) (i32.const 0)"#,
        r#"(export "main") (call $log)"#,
    ] {
        let bench = Bench::wat(&guest(
            r#"(import "env" "proxy_log" (func $write (param i32 i32 i32) (result i32)))"#,
            &format!(
                r#"(func $log (drop (call $write (i32.const 2) (i32.const 0) (i32.const 0))))
                (func (export "_initialize") (call $log)) (func {main})"#
            ),
        ));
        assert_eq!(bench.world.log.borrow().len(), 2, "{main}");
    }
}

#[test]
fn few_calls_are_given_before_the_machine_has_started() {
    let module = wat(&guest(
        r#"(import "env" "proxy_set_tick_period_milliseconds" (func $tick (param i32) (result i32)))"#,
        r#"(func (export "_initialize") (drop (call $tick (i32.const 5))))"#,
    ));
    let error = Vm::new(&module, Rc::new(FakeWorld::default()), VmSettings::default()).unwrap_err();
    let StartError::Crashed(crash) = &error else { panic!("{error}") };
    assert!(crash.reason.contains("proxy_set_tick_period_milliseconds was called in _initialize"), "{error}");
}

#[test]
fn what_emscripten_asks_for_is_there() {
    let text = guest(
        r#"(import "env" "emscripten_notify_memory_growth" (func $grew (param i32)))
        (import "env" "pthread_equal" (func $equal (param i32 i32) (result i32)))"#,
        r#"(func (export "_initialize") (call $grew (i32.const 0))
            (if (call $equal (i32.const 1) (i32.const 2)) (then unreachable))
            (if (i32.eqz (call $equal (i32.const 2) (i32.const 2))) (then unreachable)))"#,
    );
    assert_eq!(Bench::wat(&text).vm.crash(), None);
}
