//! Which modules load, and what is said about those that do not.

use gateway::{AbiVersion, Module, Refusal};

use super::{engine, guest, wat};

fn refusal(text: &str) -> String {
    match Module::new(engine(), &wat::parse_str(text).unwrap()) {
        Ok(_) => panic!("it loads: {text}"),
        Err(refusal) => refusal.to_string(),
    }
}

fn marked(markers: &[&str]) -> String {
    let markers: String =
        markers.iter().map(|version| format!(r#"(func (export "proxy_abi_version_{version}"))"#)).collect();
    format!(
        r#"(module (memory (export "memory") 1) (func (export "malloc") (param i32) (result i32) (i32.const 8)) {markers})"#
    )
}

#[test]
fn the_first_marker_tells_the_abi() {
    for (markers, version) in [
        (&["0_2_0"][..], AbiVersion::V0_2_0),
        (&["0_2_1", "0_2_100"], AbiVersion::V0_2_1),
        (&["0_2_100", "0_2_1"], AbiVersion::V0_2_100),
    ] {
        assert_eq!(wat(&marked(markers)).version(), version);
    }
}

#[test]
fn other_abis_are_refused() {
    assert!(refusal(&marked(&["0_1_0", "0_2_1"])).contains("ABI 0.1.0"));
    assert!(refusal(&marked(&["0_3_0"])).contains("missing proxy-wasm ABI version"));
}

#[test]
fn bytes_that_are_no_module_are_refused() {
    assert!(matches!(Module::new(engine(), b"<html>"), Err(Refusal::NoModule(_))));
    let component = wat::parse_str("(component)").unwrap();
    assert!(matches!(Module::new(engine(), &component), Err(Refusal::NoModule(_))));
}

#[test]
fn a_module_needs_an_allocator_and_a_memory() {
    let marker = r#"(func (export "proxy_abi_version_0_2_1"))"#;
    assert!(
        refusal(&format!(r#"(module (memory (export "memory") 1) {marker})"#)).contains("proxy_on_memory_allocate")
    );
    let malloc = r#"(func (export "malloc") (param i32) (result i32) (i32.const 8))"#;
    assert!(refusal(&format!("(module {marker} {malloc})")).contains("memory"));
}

#[test]
fn unknown_imports_are_refused_with_a_hint() {
    for (module, name, hint) in [
        ("env", "proxy_teleport", "is the name spelt right"),
        ("env", "proxy_continue_request", "belongs to ABI 0.1.0"),
        ("env", "sqlite3_open", "C symbol"),
        ("wasi_snapshot_preview1", "sock_connect", "no sockets"),
        ("__wbindgen_placeholder__", "__wbindgen_throw", "wasm-bindgen"),
        ("other", "thing", "wasi_snapshot_preview1"),
    ] {
        let text = refusal(&guest(&format!(r#"(import "{module}" "{name}" (func))"#), ""));
        assert!(text.contains(&format!("{module}.{name}")) && text.contains(hint), "{text}");
    }
}

#[test]
fn higress_calls_are_for_newer_abis() {
    let module = guest(r#"(import "env" "proxy_set_upstream_override_host" (func (param i32 i32) (result i32)))"#, "");
    wat(&module);
    assert!(refusal(&module.replace("0_2_1", "0_2_0")).contains("this one says 0.2.0"));
}

#[test]
fn an_import_of_another_type_is_refused() {
    let text = refusal(&guest(r#"(import "env" "proxy_log" (func (param i64)))"#, ""));
    assert!(text.contains("proxy_log") && text.contains("type"), "{text}");
}
