//! The manifests in `deploy/`: they name what is built here, a gateway accepts them, and images can be filled in.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that panics is a test that fails"
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_yaml::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn yaml(file: &Path) -> Value {
    let text = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn base(plugin: &str) -> Value {
    yaml(&root().join(format!("deploy/base/{plugin}.yaml")))
}

/// The plugins of this workspace.
fn plugins() -> BTreeSet<String> {
    let folders = root().join("plugins").read_dir().unwrap().map(Result::unwrap);
    let plugins = folders.filter(|it| it.path().join("Cargo.toml").is_file());
    plugins.map(|it| it.file_name().to_string_lossy().into_owned()).collect()
}

/// Of the whole workspace.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The files that a kustomization names, without their ending.
fn resources(folder: &str) -> BTreeSet<String> {
    let kustomization = yaml(&root().join(folder).join("kustomization.yaml"));
    let files = kustomization["resources"].as_sequence().unwrap();
    files.iter().map(|file| file.as_str().unwrap().trim_end_matches(".yaml").to_owned()).collect()
}

/// Exit code and output of `gateway check`, with the modules in `dist/`.
fn check(paths: &[&Path]) -> (bool, String) {
    let program = Path::new(env!("CARGO_BIN_EXE_xtask")).with_file_name("gateway");
    assert!(program.is_file(), "no {}; run: cargo build --package gateway", program.display());
    let output = Command::new(program).arg("check").args(paths).current_dir(root()).output().unwrap();
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    (output.status.success(), text)
}

#[test]
fn every_plugin_has_a_manifest_that_agrees_with_its_form_in_the_console() {
    for plugin in plugins() {
        let (manifest, form) = (base(&plugin), yaml(&root().join(format!("plugins/{plugin}/spec.yaml"))));
        let (metadata, spec, info) = (&manifest["metadata"], &manifest["spec"], &form["info"]);
        assert_eq!(metadata["name"], plugin.as_str());
        let url = format!("oci://registry.example.com/plugins/{plugin}:{}", VERSION);
        assert_eq!(spec["url"], url.as_str());
        assert_eq!(metadata["labels"]["higress.io/wasm-plugin-name"], info["name"]);
        assert_eq!(metadata["labels"]["higress.io/wasm-plugin-version"], info["version"]);
        assert_eq!(metadata["labels"]["higress.io/wasm-plugin-category"], info["category"], "{plugin}");
        assert_eq!(metadata["annotations"]["higress.io/wasm-plugin-title"], info["title"], "{plugin}");
        assert_eq!(spec["phase"], form["spec"]["phase"], "{plugin}");
        assert_eq!(spec["priority"], form["spec"]["priority"], "{plugin}");
    }
    assert_eq!(resources("deploy/base"), plugins());
}

#[test]
fn every_manifest_shows_a_rule_of_each_kind() {
    for plugin in ["header-injector", "mock-response", "rate-limiter", "token-fetcher"] {
        let manifest = base(plugin);
        let rules = manifest["spec"]["matchRules"].as_sequence().unwrap();
        for kind in ["ingress", "domain", "service"] {
            assert!(rules.iter().any(|rule| rule.get(kind).is_some()), "{plugin} has no rule for `{kind}`");
        }
    }
}

#[test]
fn the_gateway_accepts_the_folder() {
    let (good, text) = check(&[Path::new("deploy")]);
    assert!(good, "{text}");
    for plugin in plugins() {
        assert!(text.contains(&format!("deploy/base/{plugin}.yaml: OK")), "{text}");
    }
}

/// `kubectl kustomize` merges patches of kinds that it does not know as RFC 7396 says.
fn merge(onto: &mut Value, patch: &Value) {
    let Value::Mapping(patch) = patch else {
        *onto = patch.clone();
        return;
    };
    if !onto.is_mapping() {
        *onto = Value::Mapping(serde_yaml::Mapping::new());
    }
    let onto = onto.as_mapping_mut().unwrap();
    for (key, value) in patch {
        if value.is_null() {
            onto.remove(key);
        } else {
            merge(onto.entry(key.clone()).or_insert(Value::Null), value);
        }
    }
}

#[test]
fn the_gateway_accepts_what_the_overlays_make_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let overlays = root().join("deploy/overlays").read_dir().unwrap().map(|it| it.unwrap().path());
    let mut patched = 0;
    for overlay in overlays {
        let kustomization = yaml(&overlay.join("kustomization.yaml"));
        for patch in kustomization["patches"].as_sequence().unwrap() {
            let patch: Value = serde_yaml::from_str(patch["patch"].as_str().unwrap()).unwrap();
            let name = patch["metadata"]["name"].as_str().unwrap();
            let mut manifest = base(name);
            assert_eq!(
                patch["metadata"]["namespace"], manifest["metadata"]["namespace"],
                "kustomize would not find it"
            );
            merge(&mut manifest, &patch);
            let file = folder.path().join(format!("{name}.yaml"));
            std::fs::write(&file, serde_yaml::to_string(&manifest).unwrap()).unwrap();
            let (good, text) = check(&[&file]);
            assert!(good, "{text}");
            patched += 1;
        }
    }
    assert!(patched > 0);
}

#[test]
fn the_envoy_filters_are_whole() {
    let names = resources("deploy/istio");
    assert!(names.contains("header-injector") && !names.contains("rate-limiter"), "{names:?}");
    for name in names {
        let filter = yaml(&root().join(format!("deploy/istio/{name}.yaml")));
        assert_eq!(filter["metadata"]["name"], name.as_str());
        let [place, settings] = filter["spec"]["configPatches"].as_sequence().unwrap().as_slice() else {
            panic!("{name}: not two patches")
        };
        assert_eq!((&place["applyTo"], &settings["applyTo"]), (&"HTTP_FILTER".into(), &"EXTENSION_CONFIG".into()));
        let (place, settings) = (&place["patch"], &settings["patch"]);
        assert_eq!((&place["operation"], &settings["operation"]), (&"INSERT_BEFORE".into(), &"ADD".into()));
        // A listener whose filter finds no settings serves nobody.
        assert_eq!(place["value"]["name"], settings["value"]["name"], "{name}");
        let typed = &settings["value"]["typed_config"];
        assert_eq!(place["value"]["config_discovery"]["type_urls"][0], typed["type_url"], "{name}");
        let remote = &typed["value"]["config"]["vm_config"]["code"]["remote"];
        let url = format!("oci://registry.example.com/plugins/{name}:{}", VERSION);
        assert_eq!(remote["http_uri"]["uri"], url.as_str());
    }
}

fn xtask(arguments: &[&str]) -> (bool, String) {
    let mut xtask = Command::new(env!("CARGO_BIN_EXE_xtask"));
    let output = xtask.current_dir(root()).env_remove("CARGO_MANIFEST_DIR").args(arguments).output().unwrap();
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    (output.status.success(), text)
}

#[test]
fn registry_and_digests_are_filled_in() {
    for arguments in [["images"].as_slice(), &["manifests", "registry.example.org/team/"]] {
        let (good, text) = xtask(arguments);
        assert!(good, "{text}");
    }
    let (good, text) = check(&[Path::new("dist/deploy")]);
    assert!(good, "{text}");
    for plugin in plugins() {
        let spec = yaml(&root().join(format!("dist/deploy/base/{plugin}.yaml")))["spec"].clone();
        assert_eq!(spec["url"], format!("oci://registry.example.org/team/{plugin}:{}", VERSION).as_str());
        // As tools for images see it.
        let layout = format!("oci:dist/oci/{plugin}:{}", VERSION);
        let mut skopeo = Command::new("skopeo");
        skopeo.args(["inspect", "--format", "{{.Digest}}", &layout]).current_dir(root());
        let output = skopeo.output().unwrap_or_else(|error| panic!("skopeo: {error}; `apt-get install skopeo`"));
        let digest = String::from_utf8(output.stdout).unwrap();
        assert_eq!(Some(spec["sha256"].as_str().unwrap()), digest.trim().strip_prefix("sha256:"), "{plugin}");
    }
    assert!(root().join("dist/deploy/overlays/example/kustomization.yaml").is_file());

    let (good, text) = xtask(&["manifests", ""]);
    assert!(!good && text.contains("name the registry"), "{text}");
}
