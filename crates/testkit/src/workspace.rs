//! Where things lie in the workspace: the built plugins, our gateway, and the Python environment with Envoy
//! and httpbin.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The root of the workspace, found upwards from the crate under test.
pub(crate) fn root() -> PathBuf {
    let start = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").to_owned());
    let is_root = |folder: &&Path| {
        std::fs::read_to_string(folder.join("Cargo.toml")).is_ok_and(|manifest| manifest.contains("[workspace]"))
    };
    Path::new(&start)
        .ancestors()
        .find(is_root)
        .unwrap_or_else(|| panic!("no Cargo.toml with [workspace] above {start}"))
        .to_owned()
}

/// The built module of a plugin or an example of this workspace.
///
/// # Panics
/// When it is missing or older than the sources it is made from: a test must never judge an old build.
pub(crate) fn plugin_wasm(root: &Path, name: &str) -> PathBuf {
    let wasm = [format!("dist/{name}.wasm"), format!("dist/examples/{name}.wasm")]
        .into_iter()
        .map(|path| root.join(path))
        .find(|path| path.is_file())
        .unwrap_or_else(|| panic!("dist/{name}.wasm is not built; run: make build-plugins"));
    let folder = ["plugins", "examples"]
        .into_iter()
        .map(|kind| root.join(kind).join(name))
        .find(|folder| folder.is_dir())
        .unwrap_or_else(|| panic!("no sources of plugin {name:?} in plugins/ or examples/ of {}", root.display()));
    require_fresh(&wasm, &[folder, root.join("crates/core")], "make build-plugins");
    wasm
}

/// Fails the test when a source of `packages` is newer than what was `built` from them.
fn require_fresh(built: &Path, packages: &[PathBuf], command: &str) {
    let time = modified(built);
    for source in packages.iter().flat_map(|package| sources(package)) {
        assert!(modified(&source) <= time, "{} is older than {}; run: {command}", built.display(), source.display());
    }
}

/// The manifest, the build script and all of `src`: what ends up in the module. Tests and documents do not.
fn sources(package: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> =
        ["Cargo.toml", "build.rs"].into_iter().map(|name| package.join(name)).filter(|path| path.is_file()).collect();
    let mut folders = vec![package.join("src")];
    while let Some(folder) = folders.pop() {
        let entries =
            std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("cannot list {}: {error}", folder.display()));
        for entry in entries {
            let path = entry.expect("a directory entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found
}

fn modified(path: &Path) -> SystemTime {
    std::fs::metadata(path)
        .and_then(|metadata| metadata.modified())
        .unwrap_or_else(|error| panic!("cannot read the time of {}: {error}", path.display()))
}

/// The Envoy to test with: `ENVOY`, else the one of the Python environment.
pub(crate) fn envoy() -> PathBuf {
    match std::env::var_os("ENVOY") {
        Some(path) => existing(path.into(), "the variable ENVOY names it; unset it or run: make setup"),
        None => python_program("envoy"),
    }
}

/// Our gateway to test with: `GATEWAY`, else the one beside the test program, where cargo puts it.
///
/// # Panics
/// When it is missing or older than its sources.
pub(crate) fn gateway() -> PathBuf {
    if let Some(path) = std::env::var_os("GATEWAY") {
        return existing(path.into(), "the variable GATEWAY names it; unset it or run: cargo build --package gateway");
    }
    let test = std::env::current_exe().expect("the path of this program");
    let profile = test.ancestors().nth(2).expect("a test program lies in a folder `deps`");
    built_gateway(&profile.join("gateway"), &root())
}

fn built_gateway(program: &Path, root: &Path) -> PathBuf {
    let command = "cargo build --package gateway";
    let program = existing(program.to_owned(), &format!("run: {command}"));
    require_fresh(&program, &[root.join("crates/gateway")], command);
    program
}

/// A program of the Python environment: in the folder `PYTHON_BIN`, else `target/python/bin`.
pub(crate) fn python_program(name: &str) -> PathBuf {
    let folder = std::env::var_os("PYTHON_BIN").map_or_else(|| root().join("target/python/bin"), PathBuf::from);
    existing(folder.join(name), "run: make setup")
}

fn existing(path: PathBuf, hint: &str) -> PathBuf {
    assert!(path.is_file(), "no program {}; {hint}", path.display());
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{File, create_dir_all, write};
    use std::time::Duration;

    fn package(root: &Path, path: &str) {
        create_dir_all(root.join(path).join("src")).unwrap();
        write(root.join(path).join("Cargo.toml"), "").unwrap();
        write(root.join(path).join("src/lib.rs"), "").unwrap();
    }

    fn complaint(find: impl FnOnce() -> PathBuf + std::panic::UnwindSafe) -> String {
        let found = std::panic::catch_unwind(find);
        *found.unwrap_err().downcast::<String>().unwrap()
    }

    #[test]
    fn a_missing_or_stale_module_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        package(root, "plugins/demo");
        package(root, "crates/core");
        assert_eq!(complaint(|| plugin_wasm(root, "demo")), "dist/demo.wasm is not built; run: make build-plugins");

        create_dir_all(root.join("dist")).unwrap();
        let wasm = root.join("dist/demo.wasm");
        write(&wasm, "").unwrap();
        assert_eq!(plugin_wasm(root, "demo"), wasm);

        touch_later(&root.join("crates/core/src/lib.rs"));
        let complaint = complaint(|| plugin_wasm(root, "demo"));
        assert!(complaint.contains("is older than") && complaint.ends_with("make build-plugins"), "{complaint}");
    }

    #[test]
    fn a_missing_or_stale_gateway_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        package(root, "crates/gateway");
        let program = root.join("gateway");
        let missing = complaint(|| built_gateway(&program, root));
        assert!(missing.ends_with("gateway; run: cargo build --package gateway"), "{missing}");

        write(&program, "").unwrap();
        assert_eq!(built_gateway(&program, root), program);

        touch_later(&root.join("crates/gateway/src/lib.rs"));
        let stale = complaint(|| built_gateway(&program, root));
        assert!(stale.contains("is older than") && stale.ends_with("cargo build --package gateway"), "{stale}");
    }

    fn touch_later(path: &Path) {
        let later = SystemTime::now() + Duration::from_secs(5);
        File::options().write(true).open(path).unwrap().set_modified(later).unwrap();
    }

    #[test]
    fn the_root_is_the_folder_of_the_workspace_manifest() {
        assert!(root().join("crates/testkit/Cargo.toml").is_file());
    }
}
