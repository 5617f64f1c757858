//! `cargo xtask release`: what a release consists of, in `dist/release/`, so that a workflow has nothing left to decide.

mod archive;
mod notes;
mod sbom;

use crate::terminal::{self, table};
use crate::workspace::{Folder, Workspace};
use crate::{build, image};
use anyhow::{Context, Result, bail};
use std::path::Path;

/// Checksums, in the form that `sha256sum --check` reads.
const CHECKSUMS: &str = "SHA256SUMS";
/// What changed; not an attachment, so it has no checksum.
const NOTES: &str = "NOTES.md";

/// Writes modules, their bills of materials, images, checksums and notes to `dist/release/`.
///
/// `tag` is the tag of the release, such as `v0.1.0`; without one it is a rehearsal, whose notes are those of the next
/// release.
///
/// # Errors
/// When the tag is not the workspace's version, the changelog has no section for it, or something in `dist/` is
/// missing or stale.
pub fn write(workspace: &Workspace, tag: Option<&str>) -> Result<()> {
    let packages = workspace.all(Folder::Plugins);
    build::require_fresh(workspace, &packages)?;
    let version = one_version(packages.iter().map(|package| (package.name.as_str(), package.version.as_str())))?;
    if let Some(tag) = tag
        && tag != format!("v{version}")
    {
        bail!(
            "the tag is {tag}, but `version` in Cargo.toml is {version}; tag v{version}, or set the version and commit \
             it before you tag"
        );
    }
    let changelog = workspace.root.join("CHANGELOG.md");
    let changelog = std::fs::read_to_string(&changelog).context("cannot read CHANGELOG.md")?;
    let notes = notes::of(&changelog, tag.map(|_| version))?;

    image::write(workspace)?;
    let folder = workspace.root.join("dist/release");
    if folder.exists() {
        std::fs::remove_dir_all(&folder).with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let mut files = Vec::new();
    for package in &packages {
        let dist = workspace.dist(package);
        let wasm = std::fs::read(&dist).with_context(|| format!("cannot read {}", dist.display()))?;
        let bill = sbom::of(workspace, package, &image::sha256(&wasm))?;
        files.push((format!("{}-{version}.cdx.json", package.name), bill));
        files.push((format!("{}-{version}.wasm", package.name), wasm));
    }
    files.push((format!("oci-images-{version}.tar"), archive::of(&workspace.root.join("dist/oci"))?));

    let mut rows = vec![["file", "size", "sha256"].map(str::to_owned)];
    let mut checksums = String::new();
    for (name, bytes) in &files {
        save(&folder, name, bytes)?;
        let sum = image::sha256(bytes);
        checksums += &format!("{sum}  {name}\n");
        rows.push([name.clone(), format!("{} KB", terminal::kilobytes(bytes.len())), sum]);
    }
    save(&folder, CHECKSUMS, checksums.as_bytes())?;
    save(&folder, NOTES, notes.as_bytes())?;
    anstream::print!("{}", table(&rows));
    anstream::println!("dist/release/ is complete; {NOTES} says what changed");
    Ok(())
}

/// All plugins are released together, under the version of the workspace.
fn one_version<'a>(plugins: impl Iterator<Item = (&'a str, &'a str)>) -> Result<&'a str> {
    let plugins: Vec<_> = plugins.collect();
    let (_, version) = plugins.first().context("plugins/ is empty: there is nothing to release")?;
    if let Some((name, other)) = plugins.iter().find(|(_, other)| other != version) {
        bail!("{name} has version {other}, others {version}; write `version.workspace = true` in its Cargo.toml");
    }
    Ok(version)
}

fn save(folder: &Path, name: &str, bytes: &[u8]) -> Result<()> {
    let path = folder.join(name);
    std::fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plugin_with_a_version_of_its_own_is_refused() {
        assert_eq!(one_version([("a", "1.0.0"), ("b", "1.0.0")].into_iter()).unwrap(), "1.0.0");
        let error = one_version([("a", "1.0.0"), ("b", "2.0.0")].into_iter()).unwrap_err().to_string();
        assert!(error.contains("b has version 2.0.0") && error.contains("version.workspace = true"), "{error}");
    }
}
