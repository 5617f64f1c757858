//! `cargo xtask manifests`: the manifests of `deploy/`, with your registry and the digests of your images in them.

use crate::image;
use crate::terminal::table;
use crate::workspace::{Folder, Package, Workspace};
use anyhow::{Context, Result, bail};
use std::path::Path;

/// What the manifests in `deploy/` say in place of a registry.
const REGISTRY: &str = "oci://registry.example.com/plugins/";

/// And in place of a digest.
const NO_DIGEST: &str = "sha256: \"\"";

/// An image as manifests name it.
struct Image {
    name: String,
    url: String,
    /// Hexadecimal, without `sha256:`.
    digest: String,
}

/// Writes `dist/deploy`, where `registry`, such as `registry.example.com/plugins`, and the images in `dist/oci/` are
/// filled in; all else, comments included, stays as it is in `deploy/`.
///
/// # Errors
/// When an image is not made, a manifest names none of them, or a file cannot be read or written.
pub fn write(workspace: &Workspace, registry: &str) -> Result<()> {
    let registry = registry.trim_start_matches("oci://").trim_end_matches('/');
    if registry.is_empty() {
        bail!("name the registry that has your images, as for `make push`: registry.example.com/plugins");
    }
    let packages = workspace.all(Folder::Plugins);
    let images = packages.iter().map(|package| image_of(workspace, package, registry)).collect::<Result<Vec<_>>>()?;
    let (from, to) = (workspace.root.join("deploy"), workspace.root.join("dist/deploy"));
    if to.exists() {
        std::fs::remove_dir_all(&to).with_context(|| format!("cannot empty {}", to.display()))?;
    }
    copy(&from, &to, &images)?;
    let mut rows = vec![["image", "sha256"].map(str::to_owned)];
    rows.extend(images.into_iter().map(|image| [image.url, image.digest]));
    anstream::print!("{}", table(&rows));
    anstream::println!("dist/deploy is there. Next: `kubectl apply -k dist/deploy/base`, or of a single file `-f`");
    Ok(())
}

fn image_of(workspace: &Workspace, package: &Package, registry: &str) -> Result<Image> {
    let digest = image::digest(workspace, package)?;
    let digest = digest.trim_start_matches("sha256:").to_owned();
    let url = format!("oci://{registry}/{}:{}", package.name, package.version);
    Ok(Image { name: package.name.clone(), url, digest })
}

/// Copies all manifests below a folder.
fn copy(from: &Path, to: &Path, images: &[Image]) -> Result<()> {
    let context = || format!("cannot copy {} to {}", from.display(), to.display());
    std::fs::create_dir_all(to).with_context(context)?;
    for entry in std::fs::read_dir(from).with_context(context)? {
        let entry = entry.with_context(context)?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy(&from, &to, images)?;
        } else if from.extension().is_some_and(|it| it == "yaml") {
            let text = std::fs::read_to_string(&from).with_context(context)?;
            let text = filled(&text, images).with_context(|| format!("{} cannot be filled in", from.display()))?;
            std::fs::write(&to, text).with_context(context)?;
        }
    }
    Ok(())
}

/// The text with the image that it names. Files that name none, such as overlays, stay as they are.
fn filled(text: &str, images: &[Image]) -> Result<String> {
    let Some((before, rest)) = text.split_once(REGISTRY) else { return Ok(text.to_owned()) };
    let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
    let (reference, after) = rest.split_at(end);
    let name = reference.split(':').next().unwrap_or(reference);
    let image = images.iter().find(|image| image.name == name).with_context(|| {
        let names: Vec<_> = images.iter().map(|image| image.name.as_str()).collect();
        format!("it names the image `{name}`, and there are: {}", names.join(", "))
    })?;
    if after.contains(REGISTRY) {
        bail!("it names two images; keep one in each file");
    }
    if after.matches(NO_DIGEST).count() != 1 {
        bail!("it needs one line `{NO_DIGEST}` below the image");
    }
    let after = after.replace(NO_DIGEST, &format!("sha256: {:?}", image.digest));
    Ok(format!("{before}{}{after}", image.url))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn images() -> [Image; 1] {
        let url = "oci://r.example/p/a:2".to_owned();
        [Image { name: "a".to_owned(), url, digest: "0123".to_owned() }]
    }

    #[test]
    fn registry_version_and_digest_are_filled_in_and_nothing_else() {
        let text = "# why\nurl: oci://registry.example.com/plugins/a:1 # here\nsha256: \"\"\nb: ''\n";
        let expected = "# why\nurl: oci://r.example/p/a:2 # here\nsha256: \"0123\"\nb: ''\n";
        assert_eq!(filled(text, &images()).unwrap(), expected);
        assert_eq!(filled("kind: Kustomization\n", &images()).unwrap(), "kind: Kustomization\n");
    }

    #[test]
    fn a_manifest_that_cannot_be_filled_in_says_why() {
        for (text, complaint) in [
            ("url: oci://registry.example.com/plugins/b:1\nsha256: \"\"", "the image `b`, and there are: a"),
            ("url: oci://registry.example.com/plugins/a:1", "needs one line `sha256: \"\"`"),
            ("url: oci://registry.example.com/plugins/a:1\nx: oci://registry.example.com/plugins/a", "two images"),
        ] {
            let error = filled(text, &images()).unwrap_err().to_string();
            assert!(error.contains(complaint), "{error}");
        }
    }
}
