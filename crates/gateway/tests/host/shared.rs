//! What plugins share: queues, data and metrics, and what they find in their environment.

use std::rc::Rc;

use gateway::{MetricKind, Plugin, Vm, VmSettings};

use super::{Bench, engine, guest, wat, world::FakeWorld};

const LOG: &str = r#"(import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))"#;
/// Logs what a call has handed over at 8 and 12.
const TELL: &str = "(drop (call $log (i32.const 2) (i32.load (i32.const 8)) (i32.load (i32.const 12))))";

fn told(world: &FakeWorld) -> Vec<String> {
    world.log.borrow().iter().map(|(_, line)| line.clone()).collect()
}

/// A machine with its own vm_id, so that tests do not see each other's data.
fn machine(vm_id: &str, text: &str) -> Bench {
    let (world, module) = (Rc::new(FakeWorld::default()), wat(text));
    let environment = vec![("MODE".to_owned(), "test".to_owned()), ("EMPTY".to_owned(), String::new())];
    let settings = VmSettings { vm_id: vm_id.to_owned(), environment, ..VmSettings::default() };
    let mut vm = Vm::new(&module, world.clone(), settings).unwrap();
    let root = vm.start_plugin(Plugin::default()).unwrap();
    Bench { world, facts: Rc::default(), vm, root }
}

#[test]
fn queues_lead_from_one_machine_to_the_plugin_that_registered() {
    let text = guest(
        &format!(
            r#"{LOG}
            (import "env" "proxy_register_shared_queue" (func $register (param i32 i32 i32) (result i32)))
            (import "env" "proxy_resolve_shared_queue" (func $resolve (param i32 i32 i32 i32 i32) (result i32)))
            (import "env" "proxy_enqueue_shared_queue" (func $enqueue (param i32 i32 i32) (result i32)))
            (import "env" "proxy_dequeue_shared_queue" (func $dequeue (param i32 i32 i32) (result i32)))"#
        ),
        &format!(
            r#"(data (i32.const 100) "namequeues")
            (func (export "proxy_on_configure") (param i32 i32) (result i32)
                (i32.eqz (call $register (i32.const 100) (i32.const 4) (i32.const 20))))
            (func (export "proxy_on_tick") (param i32)
                (if (call $resolve (i32.const 104) (i32.const 6) (i32.const 100) (i32.const 4) (i32.const 24)) (then unreachable))
                ;; Without an identity it is the machine's own.
                (if (call $resolve (i32.const 104) (i32.const 0) (i32.const 100) (i32.const 4) (i32.const 28)) (then unreachable))
                (if (i32.ne (i32.load (i32.const 24)) (i32.load (i32.const 28))) (then unreachable))
                (if (call $enqueue (i32.load (i32.const 24)) (i32.const 100) (i32.const 4)) (then unreachable)))
            (func (export "proxy_on_queue_ready") (param i32 i32)
                (if (call $dequeue (local.get 1) (i32.const 8) (i32.const 12)) (then unreachable)) {TELL}
                (if (i32.ne (call $dequeue (local.get 1) (i32.const 8) (i32.const 12)) (i32.const 7)) (then unreachable)))"#
        ),
    );
    let (mut sender, mut receiver) = (machine("queues", &text), machine("queues", &text));
    sender.vm.tick(sender.root);
    let token = sender.world.filled.borrow()[0];
    receiver.vm.queue_ready(token);
    receiver.vm.queue_ready(token + 1);
    assert_eq!(receiver.vm.crash(), None);
    assert_eq!(told(&receiver.world), ["name"]);
}

#[test]
fn data_is_seen_by_machines_with_the_same_id() {
    let text = guest(
        &format!(
            r#"{LOG}
            (import "env" "proxy_get_shared_data" (func $get (param i32 i32 i32 i32 i32) (result i32)))
            (import "env" "proxy_set_shared_data" (func $set (param i32 i32 i32 i32 i32) (result i32)))"#
        ),
        &format!(
            r#"(data (i32.const 100) "keyvalue")
            (func (export "proxy_on_tick") (param i32)
                (if (call $get (i32.const 100) (i32.const 3) (i32.const 8) (i32.const 12) (i32.const 16))
                    (then (drop (call $set (i32.const 100) (i32.const 3) (i32.const 103) (i32.const 5) (i32.const 0))))
                    (else {TELL}
                        (if (i32.ne (i32.const 8) (call $set (i32.const 100) (i32.const 3) (i32.const 103) (i32.const 5)
                            (i32.add (i32.load (i32.const 16)) (i32.const 1)))) (then unreachable)))))"#
        ),
    );
    let (mut writer, mut reader, mut other) = (machine("data", &text), machine("data", &text), machine("other", &text));
    for bench in [&mut writer, &mut reader, &mut other] {
        bench.vm.tick(bench.root);
        assert_eq!(bench.vm.crash(), None);
    }
    assert_eq!((told(&writer.world).len(), told(&other.world).len()), (0, 0));
    assert_eq!(told(&reader.world), ["value"]);
}

#[test]
fn metrics_are_numbered_by_machine_and_added_up_by_name() {
    let text = guest(
        r#"(import "env" "proxy_define_metric" (func $define (param i32 i32 i32 i32) (result i32)))
        (import "env" "proxy_increment_metric" (func $add (param i32 i64) (result i32)))
        (import "env" "proxy_record_metric" (func $record (param i32 i64) (result i32)))
        (import "env" "proxy_get_metric" (func $get (param i32 i32) (result i32)))"#,
        r#"(data (i32.const 100) "shared.rs.hits")
        (func $is (param i32 i32) (if (i32.ne (local.get 0) (local.get 1)) (then unreachable)))
        (func (export "proxy_on_tick") (param i32)
            (call $is (i32.const 0) (call $define (i32.const 0) (i32.const 100) (i32.const 14) (i32.const 20)))
            (call $is (i32.const 0) (call $define (i32.const 2) (i32.const 100) (i32.const 14) (i32.const 24)))
            (call $is (i32.const 2) (call $define (i32.const 3) (i32.const 100) (i32.const 14) (i32.const 24)))
            (call $is (i32.const 0) (call $add (i32.load (i32.const 20)) (i64.const 3)))
            (call $is (i32.const 2) (call $add (i32.load (i32.const 20)) (i64.const 0)))
            (call $is (i32.const 2) (call $add (i32.load (i32.const 20)) (i64.const -9223372036854775808)))
            (call $is (i32.const 2) (call $add (i32.load (i32.const 24)) (i64.const 1)))
            (call $is (i32.const 0) (call $record (i32.load (i32.const 24)) (i64.const 50)))
            (call $is (i32.const 2) (call $get (i32.load (i32.const 24)) (i32.const 32)))
            (call $is (i32.const 0) (call $get (i32.load (i32.const 20)) (i32.const 32))))"#,
    );
    let (mut one, mut two) = (machine("", &text), machine("", &text));
    for bench in [&mut one, &mut two] {
        bench.vm.tick(bench.root);
        assert_eq!(bench.vm.crash(), None);
    }
    let metrics = &engine().process().metrics;
    assert_eq!(metrics.get("shared.rs.hits", MetricKind::Counter), Some(6));
    assert_eq!(metrics.get("shared.rs.hits", MetricKind::Histogram), Some(100));
}

#[test]
fn the_environment_is_the_configured_one() {
    let text = guest(
        &format!(
            r#"{LOG}
            (import "wasi_snapshot_preview1" "environ_sizes_get" (func $sizes (param i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "environ_get" (func $get (param i32 i32) (result i32)))
            (import "wasi_unstable" "random_get" (func $random (param i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))"#
        ),
        r#"(func (export "proxy_on_tick") (param i32)
            (drop (call $sizes (i32.const 8) (i32.const 12)))
            (if (i32.ne (i32.load (i32.const 8)) (i32.const 2)) (then unreachable))
            (drop (call $get (i32.const 16) (i32.const 64)))
            (drop (call $log (i32.const 2) (i32.load (i32.const 16)) (i32.load (i32.const 12))))
            (if (call $random (i32.const 16) (i32.const 65536)) (then) (else unreachable))
            (if (call $random (i32.const 16) (i32.const 4)) (then unreachable))
            (if (i32.ne (i32.load (i32.const 16)) (i32.const 0x07070707)) (then unreachable))
            (if (i32.ne (call $clock (i32.const 2) (i64.const 0) (i32.const 16)) (i32.const 58)) (then unreachable))
            (if (call $clock (i32.const 1) (i64.const 0) (i32.const 16)) (then unreachable)))"#,
    );
    let mut bench = machine("", &text);
    bench.vm.tick(bench.root);
    assert_eq!(bench.vm.crash(), None);
    assert_eq!(told(&bench.world), ["MODE=test\0EMPTY=\0"]);
}
