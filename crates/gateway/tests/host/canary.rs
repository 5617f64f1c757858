//! Configurations on trial: accepted or refused with the plugin's own lines, and nothing of them reaches others.

use gateway::{Canary, Filter, Plugin, Rejected, StartError, VmSettings};

use super::chains::filter;
use super::{built, engine, guest, wat};

fn configured(name: &str, configuration: &str) -> Filter {
    let plugin = Plugin { name: name.to_owned(), configuration: configuration.into(), ..Plugin::default() };
    Filter { module: built(name), vm: VmSettings::default(), plugin }
}

fn rejected(filter: &Filter) -> Rejected {
    match Canary::default().accepts(filter) {
        Ok(log) => panic!("it is accepted: {log:?}"),
        Err(rejected) => rejected,
    }
}

#[test]
fn a_good_configuration_is_accepted() {
    Canary::default().accepts(&configured("mock-response", r#"{"status": 201}"#)).unwrap();
}

#[test]
fn a_refused_one_is_told_with_the_plugins_own_lines() {
    let rejected = rejected(&configured("mock-response", r#"{"status": 99}"#));
    assert_eq!(rejected.reason, StartError::Configure);
    let told = rejected.to_string();
    assert!(told.starts_with("plugin \"mock-response\": the plugin refused its configuration"), "{told}");
    assert!(told.contains("\n  ") && told.contains("status"), "{told}");
}

#[test]
fn a_crash_is_told_once() {
    let module = wat(&guest("", r#"(func (export "proxy_on_configure") (param i32 i32) (result i32) unreachable)"#));
    let told = rejected(&filter(&module, "a")).to_string();
    assert_eq!(told.matches("crashed in proxy_on_configure").count(), 1, "{told}");
}

#[test]
fn what_it_does_reaches_nobody() {
    let module = wat(&guest(
        r#"(import "env" "proxy_set_shared_data" (func $set (param i32 i32 i32 i32 i32) (result i32)))
        (import "env" "proxy_define_metric" (func $define (param i32 i32 i32 i32) (result i32)))
        (import "env" "proxy_redis_call" (func $redis (param i32 i32 i32 i32 i32) (result i32)))"#,
        r#"(data (i32.const 100) "canary.rs")
        (func (export "proxy_on_configure") (param i32 i32) (result i32)
            (if (call $set (i32.const 100) (i32.const 9) (i32.const 100) (i32.const 1) (i32.const 0)) (then unreachable))
            (if (call $define (i32.const 0) (i32.const 100) (i32.const 9) (i32.const 8)) (then unreachable))
            (i32.eqz (call $redis (i32.const 100) (i32.const 9) (i32.const 100) (i32.const 1) (i32.const 8))))"#,
    ));
    let filter = filter(&module, "a");
    assert_eq!(Canary::default().accepts(&filter), Ok(vec![]));
    assert_eq!(engine().process().data.get("", b"canary.rs"), None);
    assert!(engine().process().metrics.all().iter().all(|(name, ..)| name != "canary.rs"));
    // A cluster that is not there is refused to the plugin as it will be later.
    assert!(Canary::default().clusters(["other"]).accepts(&filter).is_err());
    assert!(Canary::default().clusters(["canary.rs"]).accepts(&filter).is_ok());
}
