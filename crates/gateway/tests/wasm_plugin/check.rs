//! `gateway check` on whole folders, with modules in place of images.

use std::path::Path;
use std::process::Command;

const MANIFEST: &str = "apiVersion: extensions.higress.io/v1alpha1\nkind: WasmPlugin\nmetadata: { name: a }\nspec: { url: 'oci://registry.example.com/plugins/a:1.2.0' }\n";

/// The exit code and what was printed.
fn check(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let mut gateway = Command::new(env!("CARGO_BIN_EXE_gateway"));
    let output = gateway.arg("check").args(arguments).current_dir(folder).output().unwrap();
    (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

/// A folder `deploy` with these files, and the module of the image.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("dist")).unwrap();
    let module = wat::parse_str(
        r#"(module (func (export "proxy_abi_version_0_2_1")) (memory (export "memory") 1)
        (func (export "malloc") (param i32) (result i32) (i32.const 0)))"#,
    );
    std::fs::write(folder.path().join("dist/a.wasm"), module.unwrap()).unwrap();
    for (name, text) in files {
        let file = folder.path().join("deploy").join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
    folder
}

#[test]
fn a_folder_is_checked_with_all_below_it() {
    let folder = folder(&[
        ("base/kustomization.yaml", "kind: Kustomization\n"),
        ("base/a.yaml", MANIFEST),
        ("b.yml", &MANIFEST.replace("name: a", "name: b")),
        ("README.md", "kind: WasmPlugin\n"),
        (".hidden/a.yaml", "kind: WasmPlugin\n"),
        ("values.json", "{}"),
    ]);
    let (code, text) = check(folder.path(), &["deploy"]);
    let expected = "deploy/b.yml: OK\ndeploy/base/a.yaml: OK\n\
                    deploy/base/kustomization.yaml: passed over, kind Kustomization\n\
                    deploy/values.json: passed over, neither a manifest nor a bootstrap file\n";
    assert_eq!((code, text.as_str()), (Some(0), expected));
}

#[test]
fn variables_of_the_real_gateway_have_stand_ins() {
    let variables = "vmConfig: { env: [{ name: NOT_SET_ANYWHERE, valueFrom: HOST }, { name: PATH, valueFrom: HOST }] }";
    let folder = folder(&[("a.yaml", &MANIFEST.replace("spec: { ", &format!("spec: {{ {variables}, ")))]);
    let (code, text) = check(folder.path(), &["deploy"]);
    let expected = "deploy/a.yaml: OK, if the environment of the gateway has NOT_SET_ANYWHERE, which is not set here\n";
    assert_eq!((code, text.as_str()), (Some(0), expected));
}

#[test]
fn a_fault_in_a_folder_is_told_with_its_file() {
    let folder = folder(&[("a.yaml", &MANIFEST.replace("WasmPlugin", "WasmPlugins")), ("b.yaml", MANIFEST)]);
    let (code, text) = check(folder.path(), &["deploy"]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("deploy/a.yaml: kind: found \"WasmPlugins\""), "{text}");
    assert!(text.contains("deploy/b.yaml: OK"), "{text}");
}

#[test]
fn a_file_that_was_named_is_never_passed_over() {
    let folder = folder(&[("a.yaml", "kind: Kustomization\n"), ("b.json", "{\"kind\": \"Ingress\"}")]);
    let (code, text) = check(folder.path(), &["deploy/a.yaml", "deploy/b.json"]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("deploy/a.yaml: kind: found \"Kustomization\", supported: `WasmPlugin`"), "{text}");
    assert!(text.contains("deploy/b.json: kind: found \"Ingress\""), "{text}");
}

#[test]
fn an_image_without_a_module_says_where_one_was_looked_for() {
    let folder = folder(&[("a.yaml", MANIFEST)]);
    let (code, text) = check(folder.path(), &["deploy", "--modules", "elsewhere"]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("there is no elsewhere/a.wasm in its place"), "{text}");
    assert!(text.contains("--modules"), "{text}");
}

#[test]
fn a_folder_without_files_is_a_mistake() {
    let folder = folder(&[("README.md", "")]);
    let (code, text) = check(folder.path(), &["deploy"]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("deploy: nothing to check"), "{text}");
}
