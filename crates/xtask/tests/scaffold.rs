//! A plugin made by `cargo xtask new` builds and passes its tests, in a copy of this workspace.

#![allow(clippy::unwrap_used, reason = "a test that panics is a test that fails")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// The files of the workspace that git knows or would add, without what was built.
fn copy(to: &Path) {
    let list = Command::new("git")
        .current_dir(root())
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .output()
        .unwrap();
    for file in String::from_utf8(list.stdout).unwrap().split_terminator('\0') {
        let (from, to) = (root().join(file), to.join(file));
        if from.is_file() {
            std::fs::create_dir_all(to.parent().unwrap()).unwrap();
            std::fs::copy(from, to).unwrap();
        }
    }
}

/// Runs cargo in the copy, with what was installed here at hand. Its target folder is its own: cargo takes the crates of
/// two copies of a workspace for the same, and would put those of the copy in place of ours under the tests that follow.
fn cargo(workspace: &Path, arguments: &[&str]) -> Output {
    let built = Path::new(env!("CARGO_TARGET_TMPDIR")).join("scaffold");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(workspace).args(arguments).env("CARGO_TARGET_DIR", built).env_remove("CARGO_MANIFEST_DIR");
    if std::env::var_os("GATEWAY").is_none() {
        cargo.env("GATEWAY", Path::new(env!("CARGO_BIN_EXE_xtask")).with_file_name("gateway"));
    }
    if std::env::var_os("ENVOY").is_none() {
        cargo.env("ENVOY", root().join("target/python/bin/envoy"));
    }
    cargo.output().unwrap()
}

#[track_caller]
fn succeeds(workspace: &Path, arguments: &[&str]) -> String {
    let output = cargo(workspace, arguments);
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{arguments:?}: {text}");
    text
}

#[test]
fn a_new_plugin_builds_and_passes_its_tests() {
    let workspace = tempfile::tempdir().unwrap();
    copy(workspace.path());

    let told = succeeds(workspace.path(), &["xtask", "new", "my-marker"]);
    assert!(told.contains("cargo xtask build my-marker"), "{told}");
    succeeds(workspace.path(), &["fmt", "--check", "--package", "my-marker"]);
    succeeds(workspace.path(), &["xtask", "build", "my-marker"]);
    let tests = succeeds(workspace.path(), &["test", "--package", "my-marker"]);
    assert_eq!(tests.matches("test result: ok. ").count(), 6, "{tests}");
    assert!(tests.contains("the_upstream_gets_the_header_of_the_example::on_gateway ... ok"), "{tests}");

    let listed = std::fs::read_to_string(workspace.path().join("deploy/base/kustomization.yaml")).unwrap();
    assert!(listed.ends_with("\n- my-marker.yaml\n"), "{listed}");

    let again = cargo(workspace.path(), &["xtask", "new", "my-marker"]);
    assert!(!again.status.success());
    let error = String::from_utf8_lossy(&again.stderr);
    assert!(error.contains("there is a package `my-marker` in this workspace"), "{error}");
}
