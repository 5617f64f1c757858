//! Crashed machines come back: with all their plugins, after a rest, and nothing of the old one reaches the new.

use std::time::Duration;

use gateway::bootstrap::FailurePolicy;
use gateway::{Module, Output, Outputs, RootId};

use super::chains::{Chains, filter};
use super::{guest, wat};

/// Crashes when a request ends with its headers; sets a tick, makes a call on each request, and logs what comes back.
fn crashing(configure: &str) -> Module {
    wat(&guest(
        r#"(import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
        (import "env" "proxy_set_tick_period_milliseconds" (func $tick (param i32) (result i32)))
        (import "env" "proxy_redis_call" (func $redis (param i32 i32 i32 i32 i32) (result i32)))
        (import "env" "proxy_set_property" (func $set (param i32 i32 i32 i32) (result i32)))"#,
        &format!(
            r#"(data (i32.const 100) "ctrwasm_need_rebuildtrue")
            (func $tell (param i32) (drop (call $log (i32.const 1) (local.get 0) (i32.const 1))))
            (func (export "proxy_on_configure") (param i32 i32) (result i32)
                (call $tell (i32.const 100)) (drop (call $tick (i32.const 100))) {configure})
            (func (export "proxy_on_tick") (param i32) (call $tell (i32.const 101)))
            (func (export "proxy_on_redis_call_response") (param i32 i32 i32 i32) (call $tell (i32.const 102)))
            (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
                (if (local.get 2) (then unreachable))
                (drop (call $redis (i32.const 100) (i32.const 1) (i32.const 100) (i32.const 1) (i32.const 8)))
                (drop (call $set (i32.const 103) (i32.const 17) (i32.const 120) (i32.const 4)))
                (i32.const 1))"#
        ),
    ))
}

fn statuses(outputs: &Outputs) -> Vec<String> {
    let answers = outputs.iter().filter_map(|(_, output)| match output {
        Output::ToClient(gateway::Message::Headers { headers, .. }) => headers.get(b":status"),
        _ => None,
    });
    answers.map(|status| String::from_utf8_lossy(status).into_owned()).collect()
}

/// Lets a request crash the machine, and ends it.
fn crash(chains: &mut Chains) -> Vec<String> {
    let id = chains.open();
    let outputs = chains.get(id, true);
    chains.worker.finish(id, &gateway::LogView::default());
    statuses(&outputs)
}

#[test]
fn a_crashed_machine_comes_back_with_all_its_plugins() {
    let module = crashing("(i32.const 1)");
    let mut chains = Chains::new(&[vec![filter(&module, "a")], vec![filter(&module, "b")]]);
    let first = chains.machines()[0];
    let paused = chains.open();
    assert_eq!(chains.get(paused, false), []);
    let fatal = chains.open();
    assert_eq!(statuses(&chains.get(fatal, true)), ["503", "503"]);
    chains.finish(fatal);
    let next = chains.open();
    assert_eq!(chains.get(next, false), []);
    let second = chains.machines()[1];
    assert_eq!(chains.told(second), "ccthe plugin was started again in a fresh virtual machine, after its crash");
    // What was asked of the old machine comes to nobody.
    let (root, token) = (RootId::from_number(1), chains.world(first).redis.borrow()[0].0);
    assert!([1, 2].iter().all(|root| chains.world(first).ticks.borrow().contains(&(*root, None))));
    assert_eq!(chains.worker.event(first, |vm| vm.tick(root)), []);
    assert_eq!(chains.worker.event(first, |vm| vm.redis_answered(token, None)), []);
    assert!(chains.told(second).ends_with("crash"), "{}", chains.told(second));
    chains.finish(paused);
    assert_eq!(chains.machines(), [second]);
    assert_eq!(chains.worker.event(first, |vm| vm.tick(root)), []);
    chains.worker.event(second, |vm| vm.tick(root));
    assert!(chains.told(second).ends_with('t'));
}

#[test]
fn it_comes_back_at_most_every_five_seconds() {
    let mut chains = Chains::new(&[vec![filter(&crashing("(i32.const 1)"), "a")]]);
    for _ in 0..2 {
        assert_eq!(crash(&mut chains), ["503"]);
    }
    let machine = chains.machines()[0];
    chains.world(machine).time.set(Duration::from_millis(4999));
    assert_eq!(crash(&mut chains), ["503"]);
    assert_eq!(chains.machines(), [machine]);
    chains.world(machine).time.set(Duration::from_secs(5));
    let id = chains.open();
    assert_eq!(chains.get(id, false), []);
    assert_ne!(chains.machines(), [machine]);
}

#[test]
fn under_fail_reload_it_comes_back_every_second() {
    let mut filter = filter(&crashing("(i32.const 1)"), "a");
    filter.plugin.failure_policy = FailurePolicy::FailReload;
    let mut chains = Chains::new(&[vec![filter]]);
    for _ in 0..2 {
        assert_eq!(crash(&mut chains), ["503"]);
    }
    let machine = chains.machines()[0];
    chains.world(machine).time.set(Duration::from_secs(1));
    let id = chains.open();
    assert_eq!(chains.get(id, false), []);
}

#[test]
fn until_then_a_filter_that_fails_open_is_left_out() {
    let mut filter = filter(&crashing("(i32.const 1)"), "a");
    filter.plugin.failure_policy = FailurePolicy::FailOpen;
    let mut chains = Chains::new(&[vec![filter]]);
    for _ in 0..3 {
        let id = chains.open();
        assert!(matches!(&chains.get(id, true)[..], [(_, Output::ToUpstream(_))]));
        chains.finish(id);
    }
    assert_eq!(chains.machines().len(), 1);
}

#[test]
fn a_plugin_that_cannot_start_again_is_tried_again_later() {
    // The second start finds what the first one left in shared data, and refuses.
    let module = wat(&guest(
        r#"(import "env" "proxy_get_shared_data" (func $get (param i32 i32 i32 i32 i32) (result i32)))
        (import "env" "proxy_set_shared_data" (func $set (param i32 i32 i32 i32 i32) (result i32)))"#,
        r#"(data (i32.const 100) "revival.rs begun")
        (func (export "proxy_on_configure") (param i32 i32) (result i32)
            (if (i32.eqz (call $get (i32.const 100) (i32.const 16) (i32.const 8) (i32.const 12) (i32.const 16)))
                (then (return (i32.const 0))))
            (i32.eqz (call $set (i32.const 100) (i32.const 16) (i32.const 100) (i32.const 1) (i32.const 0))))
        (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32) unreachable)"#,
    ));
    let mut chains = Chains::new(&[vec![filter(&module, "a")]]);
    let machine = chains.machines()[0];
    for _ in 0..3 {
        assert_eq!(crash(&mut chains), ["503"]);
    }
    assert_eq!(chains.machines(), [machine]);
    assert_eq!(chains.told(machine).matches("could not be started again").count(), 1);
    chains.world(machine).time.set(Duration::from_secs(6));
    assert_eq!(crash(&mut chains), ["503"]);
    assert_eq!(chains.told(machine).matches("could not be started again").count(), 2);
}

#[test]
fn a_plugin_may_ask_for_a_fresh_machine() {
    let mut chains = Chains::new(&[vec![filter(&crashing("(i32.const 1)"), "a")]]);
    let machine = chains.machines()[0];
    let asking = chains.open();
    assert_eq!(chains.get(asking, false), []);
    // Not while an exchange is under way.
    let second = chains.open();
    assert_eq!(chains.machines(), [machine]);
    chains.finish(asking);
    chains.finish(second);
    chains.open();
    let fresh = chains.machines()[0];
    assert_ne!(fresh, machine);
    assert!(chains.told(fresh).ends_with("as a plugin asked for"), "{}", chains.told(fresh));
}
