//! What `cargo xtask release` writes, read as its users read it.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test that panics is a test that fails")]

use cyclonedx_bom::models::hash::{Hash, HashValue};
use cyclonedx_bom::prelude::{Bom, SpecVersion, Validate};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn release(arguments: &[&str]) -> Output {
    let mut release = Command::new(env!("CARGO_BIN_EXE_xtask"));
    release.current_dir(root()).env_remove("CARGO_MANIFEST_DIR").arg("release").args(arguments).output().unwrap()
}

#[test]
fn a_rehearsal_is_whole() {
    let output = release(&[]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let folder = root().join("dist/release");
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));

    let check = Command::new("sha256sum").args(["--check", "--strict", "SHA256SUMS"]).current_dir(&folder).output();
    let check = check.unwrap();
    assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stderr));
    let checksums = String::from_utf8(read("SHA256SUMS")).unwrap();
    let listed: BTreeSet<String> =
        checksums.lines().filter_map(|line| Some(line.split_once("  ")?.1.to_owned())).collect();
    let written = folder.read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let attached: BTreeSet<String> = written.filter(|name| name != "SHA256SUMS" && name != "NOTES.md").collect();
    assert_eq!(listed, attached);
    assert!(!String::from_utf8(read("NOTES.md")).unwrap().trim().is_empty());

    let version = env!("CARGO_PKG_VERSION");
    for plugin in ["mock-response", "header-injector", "token-fetcher", "rate-limiter"] {
        let wasm = read(&format!("{plugin}-{version}.wasm"));
        assert_eq!(wasm, std::fs::read(root().join(format!("dist/{plugin}.wasm"))).unwrap());
        let sum = checksums.lines().find_map(|line| line.strip_suffix(&format!("  {plugin}-{version}.wasm"))).unwrap();
        materials(&read(&format!("{plugin}-{version}.cdx.json")), plugin, sum);
    }

    let images = read(&format!("oci-images-{version}.tar"));
    let mut images = tar::Archive::new(images.as_slice());
    let names = images.entries().unwrap().map(|entry| entry.unwrap().path().unwrap().display().to_string());
    assert!(names.into_iter().any(|name| name == "rate-limiter/index.json"));
}

/// The bill is valid, names what the module certainly has, and nothing that only the compiler or tests run.
fn materials(bill: &[u8], plugin: &str, sum: &str) {
    let bill = Bom::parse_from_json_v1_5(bill).unwrap_or_else(|error| panic!("{plugin}: {error}"));
    let validation = bill.validate_version(SpecVersion::V1_5);
    assert!(validation.passed(), "{plugin}: {validation:?}");
    let module = bill.metadata.unwrap().component.unwrap();
    assert_eq!(module.name.to_string(), plugin);
    let [Hash { content: HashValue(content), .. }] = module.hashes.unwrap().0.try_into().unwrap();
    assert_eq!(content, sum);
    let names: BTreeSet<String> = bill.components.unwrap().0.iter().map(|one| one.name.to_string()).collect();
    let has = |name: &str| names.contains(name);
    assert!(has("plugin-core") && has("proxy-wasm") && has("serde_core"), "{plugin}: {names:?}");
    for other in ["serde_derive", "wasmtime", "testkit", "unsafe-libyaml"] {
        assert!(!has(other), "{plugin} has no {other}: {names:?}");
    }
}

/// Images that documents and manifests name, as `PAGE: NAME:VERSION`, where the version is not ours.
fn other_versions(page: &str, text: &str) -> Vec<String> {
    let images = text.split("/plugins/").skip(1).filter_map(|rest| {
        let image = rest.split(|letter: char| !(letter.is_ascii_alphanumeric() || "-.:".contains(letter))).next()?;
        let (_, version) = image.split_once(':')?;
        let is_version = version.starts_with(|letter: char| letter.is_ascii_digit());
        (is_version && version.trim_end_matches('.') != env!("CARGO_PKG_VERSION")).then_some(image)
    });
    images.map(|image| format!("{page}: {image}")).collect()
}

#[test]
fn documents_and_manifests_name_the_version_of_the_workspace() {
    assert_eq!(other_versions("a", "oci://x/plugins/mock-response:9.9.9@sha256:0 b"), ["a: mock-response:9.9.9"]);
    let files = Command::new("git").args(["ls-files", "*.md", "*.yaml"]).current_dir(root()).output().unwrap();
    let files = String::from_utf8(files.stdout).unwrap();
    assert!(files.lines().count() > 20, "{files}");
    let read = |file: &str| std::fs::read_to_string(root().join(file)).unwrap();
    let ours = files.lines().filter(|file| !file.contains("/tests/"));
    let others: Vec<String> = ours.flat_map(|file| other_versions(file, &read(file))).collect();
    assert_eq!(others, Vec::<String>::new());
}

#[test]
fn a_tag_of_another_version_is_refused() {
    let output = release(&["--tag", "v99.0.0"]);
    assert!(!output.status.success());
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("the tag is v99.0.0, but `version` in Cargo.toml is"), "{text}");
}
