//! An OCI image layout on disk: blobs by digest, and an index that gives each image its tag.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// Bytes with their media type.
#[derive(Clone, Debug)]
pub(super) struct Blob {
    pub(super) media_type: &'static str,
    pub(super) bytes: Vec<u8>,
    /// The file that it is, for tools that make files of layers.
    file: Option<&'static str>,
}

/// What an image is made of.
pub(super) struct Manifest {
    pub(super) config: Blob,
    pub(super) layers: Vec<Blob>,
    pub(super) annotations: Value,
}

/// An image of a layout.
pub(super) struct Written {
    pub(super) digest: String,
    /// All its blobs together.
    pub(super) bytes: usize,
}

/// A layout that is being written.
pub(super) struct Layout {
    folder: PathBuf,
    images: Vec<Value>,
}

pub(super) fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", sha256(bytes))
}

/// The checksum in hexadecimal digits.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Blob {
    pub(super) fn new(media_type: &'static str, bytes: Vec<u8>) -> Self {
        Self { media_type, bytes, file: None }
    }

    pub(super) fn file(self, name: &'static str) -> Self {
        Self { file: Some(name), ..self }
    }

    pub(super) fn json(media_type: &'static str, value: &Value) -> Result<Self> {
        Ok(Self::new(media_type, serde_json::to_vec(value)?))
    }

    fn descriptor(&self) -> Value {
        let mut descriptor =
            json!({ "mediaType": self.media_type, "digest": digest(&self.bytes), "size": self.bytes.len() });
        if let (Some(name), Some(map)) = (self.file, descriptor.as_object_mut()) {
            map.insert("annotations".to_owned(), json!({ "org.opencontainers.image.title": name }));
        }
        descriptor
    }
}

impl Layout {
    /// Begins with an empty folder, whatever was in it.
    pub(super) fn create(folder: &Path) -> Result<Self> {
        if folder.exists() {
            std::fs::remove_dir_all(folder).with_context(|| format!("cannot empty {}", folder.display()))?;
        }
        let blobs = folder.join("blobs/sha256");
        std::fs::create_dir_all(&blobs).with_context(|| format!("cannot make {}", blobs.display()))?;
        Ok(Self { folder: folder.to_owned(), images: Vec::new() })
    }

    pub(super) fn add(&mut self, tag: &str, manifest: Manifest) -> Result<Written> {
        let mut bytes = 0;
        for blob in manifest.layers.iter().chain([&manifest.config]) {
            self.write(blob)?;
            bytes += blob.bytes.len();
        }
        let layers: Vec<_> = manifest.layers.iter().map(Blob::descriptor).collect();
        let value = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": manifest.config.descriptor(),
            "layers": layers,
            "annotations": manifest.annotations,
        });
        let blob = Blob::json(MANIFEST, &value)?;
        self.write(&blob)?;
        let mut descriptor = blob.descriptor();
        if let Some(map) = descriptor.as_object_mut() {
            map.insert("annotations".to_owned(), json!({ "org.opencontainers.image.ref.name": tag }));
        }
        self.images.push(descriptor);
        Ok(Written { digest: digest(&blob.bytes), bytes: bytes + blob.bytes.len() })
    }

    /// Writes what makes the folder a layout.
    pub(super) fn finish(self) -> Result<()> {
        let index = json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.index.v1+json",
            "manifests": self.images,
        });
        self.file("oci-layout", &serde_json::to_vec(&json!({ "imageLayoutVersion": "1.0.0" }))?)?;
        self.file("index.json", &serde_json::to_vec(&index)?)
    }

    fn write(&self, blob: &Blob) -> Result<()> {
        let digest = digest(&blob.bytes);
        self.file(&format!("blobs/{}", digest.replace(':', "/")), &blob.bytes)
    }

    fn file(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let path = self.folder.join(name);
        std::fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))
    }
}
