//! `deploy/Dockerfile`: what it makes is an image in which a gateway finds the module.

use crate::engine::Engine;
use serde_json::Value;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::process::Command;

const PLUGIN: &str = "mock-response";
const IMAGE: &str = "example.com/plugins/mock-response:1";

pub(crate) fn is_loadable(engine: &Engine) {
    // The engine's own builder: it is there wherever the engine is.
    let mut build = engine.command("docker");
    build.env("DOCKER_BUILDKIT", "0").args(["build", "--file", "deploy/Dockerfile", "--tag", IMAGE]);
    let output = build.args(["--build-arg", &format!("PLUGIN={PLUGIN}"), "dist"]).output().unwrap();
    assert!(output.status.success(), "{}", crate::engine::said(&output));

    let folder = engine.folder().join("plugin-image");
    std::fs::create_dir(&folder).unwrap();
    let archive = folder.join("image.tar");
    engine.docker(&["save", "--output", &archive.display().to_string(), IMAGE]);
    let unpacked = Command::new("tar").arg("-xf").arg(&archive).arg("-C").arg(&folder).status().unwrap();
    assert!(unpacked.success());

    let manifest = std::fs::read(folder.join("manifest.json")).unwrap();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    let layers = manifest[0]["Layers"].as_array().unwrap();
    assert_eq!(layers.len(), 1, "{manifest}");
    let built = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../dist").join(format!("{PLUGIN}.wasm")));
    assert_eq!(module(&folder.join(layers[0].as_str().unwrap())), built.unwrap());
}

/// The file that gateways look for, of a layer.
fn module(layer: &Path) -> Vec<u8> {
    let mut archive = tar::Archive::new(File::open(layer).unwrap());
    let mut entries = archive.entries().unwrap().map(Result::unwrap);
    let mut module = entries.find(|entry| entry.path().unwrap().ends_with("plugin.wasm")).unwrap();
    let mut bytes = Vec::new();
    module.read_to_end(&mut bytes).unwrap();
    bytes
}
