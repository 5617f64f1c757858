//! How the gateway starts, and how it refuses to.

use std::process::Command;

use testkit::{Answer, Upstream};

use super::running::Config;

#[test]
fn a_faulty_configuration_is_refused_with_file_and_path() {
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let config = Config::to(&upstream).route("{ prefix: /x }", "route: { cluster: upp }");
    let (status, log) = config.refusal();
    assert_eq!(status.code(), Some(1), "{log}");
    assert!(log.contains("[critical][main] envoy.yaml: static_resources.listeners[0]"), "{log}");
    assert!(log.contains("found \"upp\", which is no cluster of this file; clusters: `up`"), "{log}");
}

#[test]
fn a_port_that_is_taken_is_told() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let folder = tempfile::tempdir().unwrap();
    let yaml = Config::to(&upstream).yaml().replacen(
        "- name: front\n    address: { socket_address: { address: 127.0.0.1, port_value: 0 } }",
        &format!("- name: front\n    address: {{ socket_address: {{ address: 127.0.0.1, port_value: {port} }} }}"),
        1,
    );
    std::fs::write(folder.path().join("envoy.yaml"), yaml).unwrap();
    let ran = gateway(folder.path(), &["-c", "envoy.yaml"]);
    assert_eq!(ran.0, Some(1), "{}", ran.1);
    assert!(ran.1.contains(&format!("127.0.0.1:{port} cannot be bound: Address already in use")), "{}", ran.1);
}

#[test]
fn files_are_checked_without_serving() {
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("good.yaml"), Config::to(&upstream).yaml()).unwrap();
    std::fs::write(folder.path().join("bad.yaml"), Config::to(&upstream).yaml().replace("stat_prefix", "stat_prefx"))
        .unwrap();
    let (code, text) = gateway(folder.path(), &["-c", "good.yaml", "--mode", "validate"]);
    assert_eq!((code, text.contains("configuration 'good.yaml' OK")), (Some(0), true), "{text}");
    let (code, text) = gateway(folder.path(), &["check", "good.yaml", "bad.yaml"]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("good.yaml: OK") && text.contains("did you mean `stat_prefix`?"), "{text}");
}

#[test]
fn help_teaches_with_examples() {
    let (code, text) = gateway(std::path::Path::new("."), &["--help"]);
    assert_eq!(code, Some(0));
    for part in ["gateway -c envoy.yaml", "--resolve httpbin:80=127.0.0.1:8080", "--wasm-plugin", "check"] {
        assert!(text.contains(part), "{part} is missing:\n{text}");
    }
}

fn gateway(folder: &std::path::Path, arguments: &[&str]) -> (Option<i32>, String) {
    let ran = Command::new(env!("CARGO_BIN_EXE_gateway")).args(arguments).current_dir(folder).output().unwrap();
    let text = [ran.stdout, ran.stderr].concat();
    (ran.status.code(), String::from_utf8(text).unwrap())
}
