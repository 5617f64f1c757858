//! The digest of an image in `dist/oci/`: what its name stands for, whatever becomes of the tag.

use super::folder;
use crate::workspace::{Package, Workspace};
use anyhow::{Context, Result};
use serde_json::Value;

/// The digest of the image that [`write`](super::write) made of a plugin, with `sha256:` before it.
///
/// # Errors
/// When there is no image of the plugin's present version.
pub(crate) fn digest(workspace: &Workspace, package: &Package) -> Result<String> {
    let index = folder(workspace, package).join("index.json");
    let missing = || format!("{} has no image {}; run: make images", index.display(), package.version);
    let bytes = std::fs::read(&index).with_context(missing)?;
    let index: Value = serde_json::from_slice(&bytes).with_context(missing)?;
    let images = index.pointer("/manifests").and_then(Value::as_array).with_context(missing)?;
    let tag = "/annotations/org.opencontainers.image.ref.name";
    let image = images.iter().find(|image| image.pointer(tag).is_some_and(|it| *it == package.version.as_str()));
    let digest = image.and_then(|image| image.pointer("/digest")).and_then(Value::as_str);
    Ok(digest.with_context(missing)?.to_owned())
}
