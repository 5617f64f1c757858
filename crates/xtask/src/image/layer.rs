//! The layer with the module: a compressed archive of one file, `plugin.wasm`, with nothing in it that changes by itself.

use super::layout::{Blob, digest};
use crate::archive;
use anyhow::Result;
use flate2::{Compression, GzBuilder};
use std::io::Write;

/// Gateways look for a file of this name and no other.
const FILE: &str = "plugin.wasm";

/// A layer and what its image's configuration says about it.
#[derive(Clone)]
pub(super) struct Layer {
    pub(super) blob: Blob,
    /// Digest of the archive before compression.
    pub(super) content_digest: String,
}

pub(super) fn plugin(wasm: &[u8]) -> Result<Layer> {
    let mut archive = tar::Builder::new(Vec::new());
    archive::add(&mut archive, FILE.as_ref(), wasm)?;
    let archive = archive.into_inner()?;
    let mut compressed = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
    compressed.write_all(&archive)?;
    let blob = Blob::new("application/vnd.oci.image.layer.v1.tar+gzip", compressed.finish()?);
    Ok(Layer { blob, content_digest: digest(&archive) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn holds_the_module_alone_under_the_name_that_gateways_look_for() {
        let layer = plugin(b"module").unwrap();
        let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(layer.blob.bytes.as_slice()));
        let files: Vec<_> = archive
            .entries()
            .unwrap()
            .map(|entry| {
                let mut entry = entry.unwrap();
                let mut bytes = Vec::new();
                entry.read_to_end(&mut bytes).unwrap();
                (entry.path().unwrap().display().to_string(), bytes)
            })
            .collect();
        assert_eq!(files, [("plugin.wasm".to_owned(), b"module".to_vec())]);
    }

    #[test]
    fn is_the_same_each_time() {
        assert_eq!(plugin(b"module").unwrap().blob.bytes, plugin(b"module").unwrap().blob.bytes);
    }
}
