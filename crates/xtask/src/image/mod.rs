//! `cargo xtask images`: the plugins in `dist/` as OCI image layouts, written without Docker and the same byte for byte
//! each time.
//!
//! Each plugin has two, which Istio and Higress load alike: `VERSION` is one layer with `plugin.wasm`, as a Dockerfile `FROM
//! scratch` makes it, and `VERSION-market` has what a console shows of the plugin too.

mod digest;
mod layer;
mod layout;
mod market;
mod push;

pub(crate) use digest::digest;
pub(crate) use layout::sha256;
pub use push::push;

use crate::build;
use crate::terminal::{self, table};
use crate::workspace::{Folder, Package, Workspace};
use anyhow::{Context, Result};
use layout::{Blob, Layout, Manifest};
use std::path::PathBuf;

/// Where the layout of a plugin is.
fn folder(workspace: &Workspace, package: &Package) -> PathBuf {
    workspace.root.join("dist/oci").join(&package.name)
}

/// Writes the layouts of all plugins to `dist/oci/` and prints their digests.
///
/// # Errors
/// When a module in `dist/` is missing or stale, or a file cannot be read or written.
pub fn write(workspace: &Workspace) -> Result<()> {
    let packages = workspace.all(Folder::Plugins);
    build::require_fresh(workspace, &packages)?;
    let mut rows = vec![["image", "tag", "size", "digest"].map(str::to_owned)];
    for package in packages {
        for (tag, image) in write_layout(workspace, package)? {
            let size = format!("{} KB", terminal::kilobytes(image.bytes));
            rows.push([package.name.clone(), tag, size, image.digest]);
        }
    }
    anstream::print!("{}", table(&rows));
    Ok(())
}

/// Each image with its tag.
fn write_layout(workspace: &Workspace, package: &Package) -> Result<Vec<(String, layout::Written)>> {
    let dist = workspace.dist(package);
    let wasm = std::fs::read(&dist).with_context(|| format!("cannot read {}", dist.display()))?;
    let module = layer::plugin(&wasm)?;
    let images = [
        (package.version.clone(), manifest(package, module.clone())?),
        (market::tag(&package.version), market::manifest(package, module, labels(package))?),
    ];
    let mut layout = Layout::create(&folder(workspace, package))?;
    let written = images.into_iter().map(|(tag, manifest)| layout.add(&tag, manifest).map(|image| (tag, image)));
    let written = written.collect::<Result<_>>()?;
    layout.finish()?;
    Ok(written)
}

/// One layer, and the configuration that container tools expect of an image. The module runs on any machine; tools that
/// pull for their own platform expect the most usual one.
fn manifest(package: &Package, layer: layer::Layer) -> Result<Manifest> {
    let config = serde_json::json!({
        "architecture": "amd64",
        "os": "linux",
        "config": { "Labels": labels(package) },
        "rootfs": { "type": "layers", "diff_ids": [layer.content_digest] },
        "history": [{ "created_by": "COPY plugin.wasm plugin.wasm" }],
    });
    Ok(Manifest {
        config: Blob::json("application/vnd.oci.image.config.v1+json", &config)?,
        layers: vec![layer.blob],
        annotations: labels(package),
    })
}

/// The predefined keys of the OCI image specification.
fn labels(package: &Package) -> serde_json::Value {
    serde_json::json!({
        "org.opencontainers.image.title": package.name,
        "org.opencontainers.image.version": package.version,
        "org.opencontainers.image.licenses": "Apache-2.0",
    })
}
