//! What the doctor finds on a machine that is made ill on purpose, and what it tells to do.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed expectation is how a test speaks")]

use std::fs::{File, create_dir_all, write};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::time::{Duration, SystemTime};

use gateway::doctor::{Finding, examine};
use serde_json::json;
use testkit::{Redis, Target};

/// The findings about a gateway with these modules, this listener and these clusters.
fn findings(modules: &[&Path], listener: SocketAddr, clusters: &[(&str, SocketAddr)]) -> Vec<Finding> {
    let socket = |address: SocketAddr| json!({"socket_address": {"address": address.ip().to_string(), "port_value": address.port()}});
    let types = "type.googleapis.com/envoy.extensions.filters";
    let mut filters: Vec<_> = modules
        .iter()
        .map(|module| {
            json!({"name": "wasm", "typed_config": {
                "@type": format!("{types}.http.wasm.v3.Wasm"),
                "config": {"name": "a", "vm_config": {"runtime": "envoy.wasm.runtime.v8", "code": {"local": {"filename": module}}}},
            }})
        })
        .collect();
    filters.push(json!({"name": "router", "typed_config": {"@type": format!("{types}.http.router.v3.Router")}}));
    let manager = json!({
        "@type": format!("{types}.network.http_connection_manager.v3.HttpConnectionManager"),
        "stat_prefix": "a",
        "route_config": {"virtual_hosts": [{"name": "a", "domains": ["*"], "routes": []}]},
        "http_filters": filters,
    });
    let clusters: Vec<_> = clusters
        .iter()
        .map(|(name, address)| {
            let endpoint = json!({"endpoint": {"address": socket(*address)}});
            json!({"name": name, "type": "STATIC", "load_assignment": {
                "cluster_name": name, "endpoints": [{"lb_endpoints": [endpoint]}],
            }})
        })
        .collect();
    let bootstrap = json!({"static_resources": {
        "listeners": [{"name": "front", "address": socket(listener), "filter_chains": [{"filters": [
            {"name": "envoy.filters.network.http_connection_manager", "typed_config": manager},
        ]}]}],
        "clusters": clusters,
    }});
    examine(&gateway::bootstrap::parse("test", &bootstrap.to_string()).unwrap().value)
}

/// The one finding whose text has `about` in it.
fn about<'a>(findings: &'a [Finding], about: &str) -> &'a Finding {
    findings.iter().find(|it| it.text.contains(about)).unwrap_or_else(|| panic!("no {about} in {findings:#?}"))
}

fn any_port() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

fn refused() -> (Target, SocketAddr) {
    let target = Target::refused();
    let (address, _) = target.endpoint().unwrap();
    (target, address)
}

#[test]
fn modules_that_are_missing_or_stale() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    for package in ["plugins/demo", "examples/fresh", "crates/core"] {
        create_dir_all(root.join(package).join("src/deep")).unwrap();
        write(root.join(package).join("Cargo.toml"), "").unwrap();
        write(root.join(package).join("src/deep/lib.rs"), "").unwrap();
    }
    create_dir_all(root.join("dist/examples")).unwrap();
    let (demo, fresh) = (root.join("dist/demo.wasm"), root.join("dist/examples/fresh.wasm"));
    let elsewhere = root.join("elsewhere.wasm");
    let missing = findings(&[&demo, &elsewhere], any_port(), &[]);
    let build = format!("cd {} && cargo xtask build demo", root.display());
    assert_eq!(about(&missing, "demo.wasm cannot be read").mend.as_ref(), Some(&build));
    assert!(about(&missing, "elsewhere.wasm").mend.as_ref().unwrap().contains("`filename`"));

    for module in [&demo, &fresh, &elsewhere] {
        write(module, "").unwrap();
    }
    let well = findings(&[&demo, &fresh, &elsewhere], any_port(), &[]);
    assert!(well.iter().filter(|it| it.text.contains(".wasm")).all(|it| it.mend.is_none()), "{well:#?}");

    let later = SystemTime::now() + Duration::from_secs(5);
    let source = root.join("plugins/demo/src/deep/lib.rs");
    File::options().write(true).open(&source).unwrap().set_modified(later).unwrap();
    let stale = findings(&[&demo, &fresh], any_port(), &[]);
    assert_eq!(about(&stale, &format!("is older than its source {}", source.display())).mend.as_ref(), Some(&build));
    assert_eq!(about(&stale, "fresh.wasm").mend, None);
}

#[test]
fn a_port_that_is_taken_and_by_whom() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let found = findings(&[], address, &[]);
    let finding = about(&found, &format!("listener \"front\": {address} is taken"));
    let mend = finding.mend.as_ref().unwrap();
    if cfg!(target_os = "linux") {
        assert!(mend.starts_with(&format!("kill {}", std::process::id())), "{finding}");
    }
    assert!(mend.contains("`port_value`"), "{finding}");
    drop(taken);
    assert_eq!(about(&findings(&[], address, &[]), "is free").mend, None);
}

#[test]
fn services_that_do_not_answer() {
    let redis = Redis::options().password("secret").start();
    let (_port, nobody) = refused();
    let impostor = TcpListener::bind("127.0.0.1:0").unwrap();
    let other = impostor.local_addr().unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = impostor.accept().unwrap();
        let _ = stream.read(&mut [0; 64]);
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    });
    let found = findings(
        &[],
        any_port(),
        &[
            ("outbound|6379||redis.static", redis.address()),
            ("redis-gone", nobody),
            ("redis-other", other),
            ("web", redis.address()),
            ("web-gone", nobody),
        ],
    );
    assert_eq!(about(&found, "redis.static").mend, None, "Redis that wants a password is well");
    let start = format!("redis-server --port {} --save '' &", nobody.port());
    assert!(about(&found, "redis-gone").mend.as_ref().unwrap().ends_with(&start), "{found:#?}");
    assert!(about(&found, "redis-other").text.contains("does not speak Redis"), "{found:#?}");
    assert_eq!(about(&found, "\"web\"").mend, None);
    let upstream = format!("gateway httpbin --port {} &", nobody.port());
    assert_eq!(about(&found, "web-gone").mend.as_ref(), Some(&upstream));
}
