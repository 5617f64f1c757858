//! Every module that was built, read back byte by byte: ABI marker, exports, imports, and nothing left over.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed expectation is how a test speaks"
)]

use std::collections::BTreeSet;
use std::path::PathBuf;
use wasmparser::{ExternalKind, Parser, Payload};
use xtask::Workspace;

struct Module {
    name: String,
    exports: Vec<String>,
    imports: Vec<String>,
    sections: Vec<String>,
}

const MARKERS: [&str; 2] = ["proxy_abi_version_0_2_100", "proxy_abi_version_0_2_1"];
const RUNTIME: [&str; 3] = ["memory", "_initialize", "proxy_on_memory_allocate"];
const ALWAYS: [&str; 5] =
    ["proxy_on_vm_start", "proxy_on_configure", "proxy_on_context_create", "proxy_on_request_headers", "proxy_on_tick"];
const OPTIONAL: [&str; 9] = [
    "proxy_on_delete",
    "proxy_on_request_body",
    "proxy_on_request_trailers",
    "proxy_on_response_headers",
    "proxy_on_response_body",
    "proxy_on_response_trailers",
    "proxy_on_log",
    "proxy_on_http_call_response",
    "proxy_on_redis_call_response",
];

fn modules() -> Vec<Module> {
    let root = Workspace::load().unwrap().root;
    let crates = |folder: &str, dist: &str| -> Vec<(String, PathBuf)> {
        let folders = std::fs::read_dir(root.join(folder)).unwrap();
        let names = folders.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.map(|name| (name.clone(), root.join(dist).join(format!("{name}.wasm")))).collect()
    };
    let all = crates("plugins", "dist").into_iter().chain(crates("examples", "dist/examples"));
    let read = |(name, file): (String, PathBuf)| {
        let wasm = std::fs::read(&file).unwrap_or_else(|_| {
            panic!("{} is missing; run: cargo xtask build --all --examples", file.display());
        });
        parse(name, &wasm)
    };
    all.map(read).collect()
}

fn parse(name: String, wasm: &[u8]) -> Module {
    let mut module = Module { name, exports: Vec::new(), imports: Vec::new(), sections: Vec::new() };
    for payload in Parser::new(0).parse_all(wasm) {
        match payload.unwrap() {
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import.unwrap();
                    module.imports.push(format!("{}.{}", import.module, import.name));
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export.unwrap();
                    assert!(matches!(export.kind, ExternalKind::Func | ExternalKind::Memory), "{}", export.name);
                    module.exports.push(export.name.to_owned());
                }
            }
            Payload::CustomSection(section) => module.sections.push(section.name().to_owned()),
            _ => {}
        }
    }
    module
}

/// The imports that the checked-in list allows.
fn allowed() -> BTreeSet<String> {
    let list = std::fs::read_to_string(Workspace::load().unwrap().root.join("crates/xtask/dist.allow-list")).unwrap();
    let lines = list.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    lines.map(|line| line.split_whitespace().next().unwrap().to_owned()).collect()
}

#[test]
fn each_begins_with_its_marker_and_exports_what_a_gateway_calls() {
    for module in modules() {
        let markers = module.exports.iter().take_while(|name| MARKERS.contains(&name.as_str())).count();
        assert!((1..=2).contains(&markers), "{}: {:?}", module.name, module.exports);
        assert_eq!(module.exports[..markers], MARKERS[2 - markers..], "{}", module.name);
        let rest: BTreeSet<&str> = module.exports[markers..].iter().map(String::as_str).collect();
        for name in RUNTIME.iter().chain(&ALWAYS) {
            assert!(rest.contains(name), "{} lacks {name}", module.name);
        }
        let known: BTreeSet<&str> = RUNTIME.iter().chain(&ALWAYS).chain(&OPTIONAL).copied().collect();
        assert!(rest.is_subset(&known), "{}: {rest:?}", module.name);
        assert_eq!(rest.len() + markers, module.exports.len(), "{} exports something twice", module.name);
    }
}

#[test]
fn each_imports_only_what_the_list_allows_and_the_list_allows_nothing_more() {
    let (allowed, mut used) = (allowed(), BTreeSet::new());
    for module in modules() {
        let imports: BTreeSet<String> = module.imports.into_iter().collect();
        let strange: Vec<&String> = imports.difference(&allowed).collect();
        assert!(strange.is_empty(), "{} imports {strange:?}", module.name);
        used.extend(imports);
    }
    let idle: Vec<&String> = allowed.difference(&used).collect();
    assert!(idle.is_empty(), "no module imports {idle:?}; take them off crates/xtask/dist.allow-list");
}

#[test]
fn an_import_that_a_module_does_not_need_is_not_there() {
    let all = modules();
    let hello = all.iter().find(|module| module.name == "hello-world").unwrap();
    for absent in ["env.proxy_http_call", "env.proxy_define_metric", "env.proxy_set_buffer_bytes"] {
        assert!(!hello.imports.iter().any(|import| import == absent), "hello-world imports {absent}");
    }
}

#[test]
fn only_the_smallest_do_without_the_end_of_their_streams() {
    for module in modules() {
        let lazy = ["header-injector", "mock-response"].contains(&module.name.as_str());
        let told = module.exports.iter().any(|name| name == "proxy_on_delete");
        assert_eq!(told, !lazy, "{}", module.name);
    }
}

#[test]
fn only_what_uses_redis_asks_for_it() {
    for module in modules() {
        let uses = ["redis-counter", "rate-limiter"].contains(&module.name.as_str());
        let imports = ["env.proxy_redis_init", "env.proxy_redis_call"]
            .map(|name| module.imports.iter().any(|import| import == name));
        let callback = module.exports.iter().any(|name| name == "proxy_on_redis_call_response");
        assert_eq!((imports, callback), ([uses, uses], uses), "{}", module.name);
    }
}

#[test]
fn none_carries_names_or_sections_of_the_compiler() {
    for module in modules() {
        assert_eq!(module.sections, ["plugin"], "{}", module.name);
    }
}
