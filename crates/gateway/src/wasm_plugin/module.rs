//! Where a manifest says the module is, and whether that is on this machine.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::bootstrap::document::Node;

/// The `url` of a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModuleUrl {
    /// A file: `file://...`, or a plain path that begins with `.` or `/` or ends with `.wasm`.
    File(PathBuf),
    /// An image: `oci://...`, or a reference without a scheme, which Higress takes for an image as well.
    Image(String),
    /// A download.
    Http(String),
}

/// Why a module cannot be loaded from this machine, with what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotLocal(String);

impl ModuleUrl {
    /// The module's file. A relative path counts from `folder`, the one that the manifest is in. Images are not pulled:
    /// the file `NAME.wasm` in `modules` stands for the image `.../NAME:tag`.
    ///
    /// # Errors
    /// When the module is not a file on this machine.
    pub fn local(&self, folder: &Path, modules: &Path) -> Result<PathBuf, NotLocal> {
        match self {
            Self::File(path) => Ok(folder.join(path)),
            Self::Image(url) => {
                let module = modules.join(format!("{}.wasm", image_name(url)));
                let missing = || {
                    NotLocal(format!(
                        "url {url:?} is an image, and images are not pulled here; there is no {} in its place: build it, \
                         name the folder of your modules with --modules, or set `url: file:///path/to/plugin.wasm`",
                        module.display()
                    ))
                };
                if module.is_file() { Ok(module) } else { Err(missing()) }
            }
            Self::Http(url) => Err(NotLocal(format!(
                "url {url:?} is a download, and nothing is downloaded here: download it and set `url: file:///path/to/plugin.wasm`"
            ))),
        }
    }

    pub(super) fn read(node: &Node<'_>) -> Self {
        let url = node.name();
        match url.split_once("://") {
            Some(("file", path)) => {
                if path.is_empty() {
                    node.unsupported("file:///path/to/plugin.wasm");
                }
                Self::File(path.into())
            }
            Some(("oci", _)) => Self::Image(url),
            Some(("http" | "https", _)) => Self::Http(url),
            Some(_) => {
                node.unsupported("a url that begins with file://, oci://, http:// or https://, or a relative path");
                Self::Image(url)
            }
            None if is_path(&url) => {
                node.warn(
                    "is taken for a path; Higress takes a url without a scheme for an image, so write file:// there",
                );
                Self::File(url.into())
            }
            None => Self::Image(url),
        }
    }
}

/// The last part of an image's path, without tag and digest.
fn image_name(url: &str) -> &str {
    let reference = url.split_once('@').map_or(url, |(reference, _)| reference);
    let name = reference.rsplit('/').next().unwrap_or(reference);
    name.split_once(':').map_or(name, |(name, _)| name)
}

/// References of images have neither of these forms.
fn is_path(url: &str) -> bool {
    let wasm = Path::new(url).extension().is_some_and(|it| it.eq_ignore_ascii_case("wasm"));
    url.starts_with(['.', '/']) || wasm
}

impl fmt::Display for NotLocal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for NotLocal {}
