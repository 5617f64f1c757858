//! The images in `dist/oci/`, read back and pushed with the tools that people use.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that panics is a test that fails"
)]

use serde_json::Value;
use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const TAR_GZIP: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn images(arguments: &[&str]) -> String {
    let mut images = Command::new(env!("CARGO_BIN_EXE_xtask"));
    output(images.current_dir(root()).env_remove("CARGO_MANIFEST_DIR").arg("images").args(arguments))
}

/// Runs a program to its end. One that is missing fails with the command that installs it.
fn output(command: &mut Command) -> String {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().unwrap_or_else(|error| panic!("{program}: {error}; `apt-get install {program}`"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Names and versions of the plugins.
fn plugins() -> Vec<(String, String)> {
    let metadata = output(Command::new(env!("CARGO")).current_dir(root()).args([
        "metadata",
        "--no-deps",
        "--format-version",
        "1",
    ]));
    let metadata: Value = serde_json::from_str(&metadata).unwrap();
    let packages = metadata["packages"].as_array().unwrap().iter();
    let plugins = packages.filter(|package| package["manifest_path"].as_str().unwrap().contains("/plugins/"));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    plugins.map(|package| (text(&package["name"]), text(&package["version"]))).collect()
}

/// The manifest of an image and the folder with its blobs, as a tool that pulls it sees them.
fn pulled(source: &str, into: &Path) -> Value {
    output(
        Command::new("skopeo")
            .args(["copy", "--quiet", "--src-tls-verify=false", source])
            .arg(format!("dir:{}", into.display())),
    );
    serde_json::from_slice(&std::fs::read(into.join("manifest.json")).unwrap()).unwrap()
}

/// What a gateway takes out of an image: the file `plugin.wasm` of the last layer.
fn module(manifest: &Value, blobs: &Path) -> Vec<u8> {
    let layer = manifest["layers"].as_array().unwrap().last().unwrap();
    assert_eq!(layer["mediaType"], TAR_GZIP);
    let blob = blobs.join(layer["digest"].as_str().unwrap().trim_start_matches("sha256:"));
    let layer = flate2::read::GzDecoder::new(std::fs::File::open(blob).unwrap());
    let mut archive = tar::Archive::new(layer);
    let mut entry = archive
        .entries()
        .unwrap()
        .map(Result::unwrap)
        .find(|entry| entry.path().unwrap().ends_with("plugin.wasm"))
        .unwrap();
    let mut bytes = Vec::new();
    entry.read_to_end(&mut bytes).unwrap();
    bytes
}

/// A registry on a free port. It ends with this value.
struct Registry {
    process: Child,
    address: String,
    _folder: tempfile::TempDir,
}

impl Registry {
    fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let address = format!("127.0.0.1:{port}");
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("registry.yaml");
        let storage = folder.path().join("blobs");
        let text = format!(
            "version: 0.1\nstorage: {{filesystem: {{rootdirectory: {}}}}}\nhttp: {{addr: '{address}'}}\n",
            storage.display()
        );
        std::fs::write(&file, text).unwrap();
        let process =
            Command::new("docker-registry").arg("serve").arg(&file).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let registry = Self {
            process: process
                .unwrap_or_else(|error| panic!("docker-registry: {error}; `apt-get install docker-registry`")),
            address,
            _folder: folder,
        };
        let limit = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(&registry.address).is_err() {
            assert!(Instant::now() < limit, "the registry does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        registry
    }
}

impl Registry {
    fn image(&self, name: &str, tag: &str) -> String {
        format!("docker://{}/plugins/{name}:{tag}", self.address)
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The file of each layer before the module's, and the media type by which Higress's market finds it.
const MARKET: [(&str, &str); 3] = [
    ("spec.yaml", "application/vnd.module.wasm.spec.v1+yaml"),
    ("README.md", "application/vnd.module.wasm.doc.v1+markdown"),
    ("README_ZH.md", "application/vnd.module.wasm.doc.v1.zh+markdown"),
];

/// One test for all: each push writes `dist/oci` anew.
#[test]
fn gateways_and_markets_find_in_a_registry_what_they_look_for() {
    let registry = Registry::start();
    images(&["--push", &format!("{}/plugins", registry.address), "--plain-http"]);
    let first = digests();
    for (name, version) in plugins() {
        a_gateway_finds_the_module(&registry, &name, &version);
        a_market_finds_form_and_documents(&registry, &name, &version);
        let inspect = ["inspect", "--tls-verify=false", &registry.image(&name, &version)];
        let inspected: Value = serde_json::from_str(&output(Command::new("skopeo").args(inspect))).unwrap();
        assert_eq!(inspected["Labels"]["org.opencontainers.image.version"], version.as_str());
    }
    images(&[]);
    assert_eq!(digests(), first, "the same files make the same images");
}

fn a_gateway_finds_the_module(registry: &Registry, name: &str, version: &str) {
    let built = std::fs::read(root().join(format!("dist/{name}.wasm"))).unwrap();
    let market = format!("{version}-market");
    for (tag, layers) in [(version, 1), ("latest", 1), (&market, 4)] {
        let folder = tempfile::tempdir().unwrap();
        let manifest = pulled(&registry.image(name, tag), folder.path());
        assert_eq!(manifest["layers"].as_array().unwrap().len(), layers, "{name}:{tag}");
        assert_eq!(module(&manifest, folder.path()), built, "{name}:{tag}");
    }
}

fn a_market_finds_form_and_documents(registry: &Registry, name: &str, version: &str) {
    let folder = tempfile::tempdir().unwrap();
    let manifest = pulled(&registry.image(name, &format!("{version}-market")), folder.path());
    let layers = manifest["layers"].as_array().unwrap();
    for (layer, (file, media_type)) in layers.iter().zip(MARKET) {
        assert_eq!(layer["mediaType"], media_type, "{name}");
        assert_eq!(layer["annotations"]["org.opencontainers.image.title"], file, "{name}");
        let blob = folder.path().join(layer["digest"].as_str().unwrap().trim_start_matches("sha256:"));
        let ours = std::fs::read(root().join("plugins").join(name).join(file)).unwrap();
        assert_eq!(std::fs::read(blob).unwrap(), ours, "{name}: {file}");
    }
    assert_eq!(layers[3]["annotations"]["org.opencontainers.image.title"], "plugin.tar.gz");
}

fn digests() -> Vec<String> {
    plugins()
        .iter()
        .map(|(name, _)| std::fs::read_to_string(root().join(format!("dist/oci/{name}/index.json"))).unwrap())
        .collect()
}
