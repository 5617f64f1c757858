//! The layout of Higress's plugin market: beside the module, what a console shows of a plugin.
//!
//! One file for each layer and the module's last, as Higress's image specification wants it
//! (<https://higress.cn/en/docs/latest/user/wasm-image-spec/>) and `oras push` makes it. A gateway takes the last layer and
//! loads this image as it loads the plain one.

use super::layer::Layer;
use super::layout::{Blob, Manifest};
use crate::workspace::Package;
use anyhow::{Context, Result};
use serde_json::{Value, json};

/// The files before the module, with the media types by which they are found.
const FILES: [(&str, &str); 3] = [
    ("spec.yaml", "application/vnd.module.wasm.spec.v1+yaml"),
    ("README.md", "application/vnd.module.wasm.doc.v1+markdown"),
    ("README_ZH.md", "application/vnd.module.wasm.doc.v1.zh+markdown"),
];

/// The tag of this image of a version.
pub(super) fn tag(version: &str) -> String {
    format!("{version}-market")
}

pub(super) fn manifest(package: &Package, module: Layer, annotations: Value) -> Result<Manifest> {
    let mut layers = Vec::with_capacity(FILES.len().saturating_add(1));
    for (file, media_type) in FILES {
        let path = package.dir().join(file);
        let bytes = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        layers.push(Blob::new(media_type, bytes).file(file));
    }
    layers.push(module.blob.file("plugin.tar.gz"));
    // It is nothing to run, and so there is nothing to configure.
    let config = Blob::json("application/vnd.unknown.config.v1+json", &json!({}))?;
    Ok(Manifest { config, layers, annotations })
}
