//! The finish step on small modules: what it keeps, writes and refuses.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed expectation is how a test speaks"
)]

mod fixture;

use fixture::{Fixture, HIGRESS, LAZY, PLACEHOLDER, PORTABLE};
use wasmparser::{Parser, Payload};
use xtask::finish::{Feature, Finished, Names, Source, finish};

fn source(version: &str) -> Source {
    Source { version: version.to_owned(), commit: "0123456789ab".to_owned() }
}

fn finished(fixture: &Fixture) -> Finished {
    finish(&fixture.wasm(), &source("1.2.3"), Names::Strip).unwrap()
}

fn refused(fixture: &Fixture) -> String {
    format!("{:#}", finish(&fixture.wasm(), &source("1.2.3"), Names::Strip).unwrap_err())
}

fn exports(wasm: &[u8]) -> Vec<String> {
    let mut names = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        if let Payload::ExportSection(section) = payload.unwrap() {
            names.extend(section.into_iter().map(|export| export.unwrap().name.to_owned()));
        }
    }
    names
}

fn custom_sections(wasm: &[u8]) -> Vec<(String, Vec<u8>)> {
    let payloads = Parser::new(0).parse_all(wasm).map(Result::unwrap);
    payloads
        .filter_map(|payload| match payload {
            Payload::CustomSection(section) => Some((section.name().to_owned(), section.data().to_vec())),
            _ => None,
        })
        .collect()
}

const EVERY_PLUGIN: [&str; 9] = [
    "memory",
    "_initialize",
    "proxy_on_memory_allocate",
    "proxy_on_vm_start",
    "proxy_on_configure",
    "proxy_on_context_create",
    "proxy_on_request_headers",
    "proxy_on_tick",
    "proxy_on_delete",
];

#[test]
fn a_plugin_without_markers_exports_only_what_every_plugin_has() {
    let finished = finished(&Fixture::new(PORTABLE, &[]));
    assert_eq!(exports(&finished.wasm), [["proxy_abi_version_0_2_1"].as_slice(), &EVERY_PLUGIN].concat());
    assert!(finished.features.is_empty());
}

#[test]
fn a_marker_brings_its_callbacks() {
    for (marker, callbacks) in [
        (
            "request_body",
            ["proxy_on_request_body", "proxy_on_request_trailers", "proxy_on_response_headers"].as_slice(),
        ),
        ("response_headers", &["proxy_on_response_headers"]),
        ("response_body", &["proxy_on_response_headers", "proxy_on_response_body", "proxy_on_response_trailers"]),
        ("log", &["proxy_on_log"]),
        ("timer", &[]),
        ("http_call", &["proxy_on_http_call_response"]),
    ] {
        let exports = exports(&finished(&Fixture::new(PORTABLE, &[marker])).wasm);
        assert_eq!(&exports[1 + EVERY_PLUGIN.len()..], callbacks, "{marker}");
    }
}

#[test]
fn a_lazy_plugin_is_not_told_of_the_end_of_its_streams() {
    let finished = finished(&Fixture::new(LAZY, &["response_headers"]));
    let exports = exports(&finished.wasm);
    assert!(!exports.contains(&"proxy_on_delete".to_owned()), "{exports:?}");
    assert!(exports.contains(&"proxy_on_response_headers".to_owned()), "{exports:?}");
}

#[test]
fn a_lazy_plugin_that_calls_is_refused() {
    let error = refused(&Fixture::new(LAZY, &["http_call", "timer"]));
    assert!(error.contains("Cleanup::Lazy") && error.contains("HttpCall") && error.contains("fixture"), "{error}");
}

#[test]
fn a_marker_in_an_optional_callback_of_core_does_not_count() {
    let finished = finished(&Fixture::new(PORTABLE, &["log"]));
    assert_eq!(finished.features.into_iter().collect::<Vec<_>>(), [Feature::Log]);
}

#[test]
fn start_and_callbacks_are_cores_and_not_those_of_the_unfinished_module() {
    let wasm = finished(&Fixture::new(PORTABLE, &[])).wasm;
    assert!(has_constant(&wasm, 97), "core's start is gone");
    for other in [98, 99] {
        assert!(!has_constant(&wasm, other), "{other}: a function of proxy-wasm is still in the module");
    }
}

/// Whether a function of the module pushes the constant.
fn has_constant(wasm: &[u8], constant: i32) -> bool {
    Parser::new(0).parse_all(wasm).map(Result::unwrap).any(|payload| match payload {
        Payload::CodeSectionEntry(body) => {
            body.get_operators_reader().unwrap().into_iter().any(
                |operator| matches!(operator.unwrap(), wasmparser::Operator::I32Const { value } if value == constant),
            )
        }
        _ => false,
    })
}

#[test]
fn methods_that_only_proxy_wasms_dispatcher_calls_go_and_others_stay() {
    let finished = finished(&Fixture::new(PORTABLE, &[]));
    assert!(finished.imports.iter().all(|import| import.name != "env.proxy_grpc_call"));
    assert!(has_constant(&finished.wasm, 77), "a method of our own is gone");
}

#[test]
fn abi_0_2_100_comes_before_the_marker_that_stock_envoy_knows() {
    let finished = finished(&Fixture::new(HIGRESS, &["body_before_headers", "request_body"]));
    assert_eq!(exports(&finished.wasm)[..2], ["proxy_abi_version_0_2_100", "proxy_abi_version_0_2_1"]);
}

#[test]
fn a_body_before_headers_needs_abi_0_2_100() {
    let error = refused(&Fixture::new(PORTABLE, &["body_before_headers"]));
    assert!(error.contains("plugin `fixture`") && error.contains("const ABI: Abi = Abi::V0_2_100"), "{error}");
}

#[test]
fn what_stays_besides_code_is_the_build_facts() {
    let sections = custom_sections(&finished(&Fixture::new(HIGRESS, &[])).wasm);
    let [(name, facts)] = sections.as_slice() else { panic!("{sections:?}") };
    assert_eq!(name, "plugin");
    let facts: serde_json::Value = serde_json::from_slice(facts).unwrap();
    assert_eq!(
        facts,
        serde_json::json!({"name": "fixture", "version": "1.2.3", "commit": "0123456789ab", "abi": "0.2.100"})
    );
}

#[test]
fn the_build_facts_are_where_the_plugin_reads_them() {
    let wasm = finished(&Fixture::new(HIGRESS, &[])).wasm;
    let facts = "version 1.2.3, commit 0123456789ab, ABI 0.2.100";
    let expected = format!("before{facts:width$}after", width = PLACEHOLDER.len());
    assert!(wasm.windows(expected.len()).any(|window| window == expected.as_bytes()), "{}", wasm.escape_ascii());
}

#[test]
fn a_module_without_a_place_for_the_build_facts_is_refused() {
    let mut wasm = Fixture::new(HIGRESS, &[]).wasm();
    let at = wasm.windows(17).position(|window| window == b"plugin-core build".as_slice()).unwrap();
    wasm[at] = b'P';
    let error = format!("{:#}", finish(&wasm, &source("1.2.3"), Names::Strip).unwrap_err());
    assert!(error.contains("no place for the build facts"), "{error}");
}

#[test]
fn names_stay_when_asked_for() {
    let finished = finish(&Fixture::new(PORTABLE, &["log"]).wasm(), &source("1"), Names::Keep).unwrap();
    let names = custom_sections(&finished.wasm).into_iter().find(|(name, _)| name == "name").unwrap().1;
    assert!(String::from_utf8_lossy(&names).contains("plugin_core::uses::log"));
}

#[test]
fn imports_in_use_are_listed_with_their_callers() {
    let imports = finished(&Fixture::new(PORTABLE, &[])).imports;
    assert_eq!(imports.len(), 1);
    assert_eq!(imports[0].name, "env.proxy_log");
    assert_eq!(imports[0].callers[0], "say");
}

#[test]
fn finishing_twice_is_refused() {
    let once = finished(&Fixture::new(PORTABLE, &[])).wasm;
    let error = finish(&once, &source("1.2.3"), Names::Strip).unwrap_err().to_string();
    assert!(error.contains("finished already") && error.contains("\"name\":\"fixture\""), "{error}");
}

#[test]
fn the_same_module_gives_the_same_bytes() {
    let fixture = Fixture::new(HIGRESS, &["log", "timer", "http_call"]);
    assert_eq!(finished(&fixture).wasm, finished(&fixture).wasm);
}

#[test]
fn refusals_say_what_to_do() {
    let fixture = || Fixture::new(PORTABLE, &[]);
    let no_declaration = Fixture { declaration: None, ..fixture() };
    let no_names = Fixture { names: false, ..fixture() };
    let unknown = Fixture::new(PORTABLE, &["websocket"]);
    let no_callback = Fixture::new(PORTABLE, &["redis_call"]);
    for (fixture, expected) in [
        (no_declaration, "register!(ThePlugin, \"the-plugin\")"),
        (no_names, "strip = \"none\""),
        (unknown, "`plugin_core::uses::websocket`"),
        (no_callback, "`plugin_core_proxy_on_redis_call_response`"),
    ] {
        let error = refused(&fixture);
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn bytes_that_are_no_module_are_refused() {
    let error = finish(b"not wasm", &source("1"), Names::Strip).unwrap_err().to_string();
    assert!(error.contains("cannot read the module"), "{error}");
}
