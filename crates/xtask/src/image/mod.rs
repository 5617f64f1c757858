//! `cargo xtask images`: the plugins in `dist/` as OCI image layouts, written without Docker and the same byte for byte
//! each time.
//!
//! An image is one layer with `plugin.wasm`, as a Dockerfile `FROM scratch` makes it; Istio and Higress load it.

mod digest;
mod layer;
mod layout;
mod push;

pub(crate) use digest::digest;
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
        let image = write_layout(workspace, package)?;
        let size = format!("{} KB", terminal::kilobytes(image.bytes));
        rows.push([package.name.clone(), package.version.clone(), size, image.digest]);
    }
    anstream::print!("{}", table(&rows));
    Ok(())
}

fn write_layout(workspace: &Workspace, package: &Package) -> Result<layout::Written> {
    let dist = workspace.dist(package);
    let wasm = std::fs::read(&dist).with_context(|| format!("cannot read {}", dist.display()))?;
    let mut layout = Layout::create(&folder(workspace, package))?;
    let image = layout.add(&package.version, manifest(package, layer::plugin(&wasm)?)?)?;
    layout.finish()?;
    Ok(image)
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
