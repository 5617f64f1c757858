//! Tells whether a plugin in `dist/` is as new as what it is made of.

use crate::workspace::{Package, Workspace};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Besides its own sources, a plugin is made of these: compiler settings, versions, and the build itself.
const COMMON: [&str; 4] = ["Cargo.toml", "Cargo.lock", "crates/xtask/src/build/compile.rs", "crates/xtask/src/finish"];

/// When anything that a plugin is made of was last changed.
pub(crate) fn newest_source(workspace: &Workspace, package: &Package) -> Result<Option<SystemTime>> {
    let mut newest = None;
    for part in parts(workspace, package) {
        newest = newest.max(newest_in(&part)?);
    }
    Ok(newest)
}

/// Why a plugin has to be built, or `None` when it is as new as its sources.
pub(crate) fn stale(workspace: &Workspace, package: &Package) -> Result<Option<String>> {
    let dist = workspace.dist(package);
    let shown = |path: &Path| path.strip_prefix(&workspace.root).unwrap_or(path).display().to_string();
    let Ok(built) = dist.metadata().and_then(|facts| facts.modified()) else {
        return Ok(Some(format!("{} is missing", shown(&dist))));
    };
    for part in parts(workspace, package) {
        if let Some(newer) = newer_than(built, &part)? {
            return Ok(Some(format!("{} is older than {}", shown(&dist), shown(&newer))));
        }
    }
    Ok(None)
}

/// The files and folders that a plugin is made of.
fn parts(workspace: &Workspace, package: &Package) -> Vec<PathBuf> {
    let folders = workspace.source_folders(package).into_iter();
    let parts = folders.flat_map(|folder| [folder.join("src"), folder.join("Cargo.toml")]);
    parts.chain(COMMON.map(|path| workspace.root.join(path))).collect()
}

/// The latest change of a file at or under `path`.
fn newest_in(path: &Path) -> Result<Option<SystemTime>> {
    let context = || format!("cannot look at {}", path.display());
    let facts = path.metadata().with_context(context)?;
    if facts.is_file() {
        return Ok(Some(facts.modified().with_context(context)?));
    }
    let mut newest = None;
    for entry in path.read_dir().with_context(context)? {
        newest = newest.max(newest_in(&entry.with_context(context)?.path())?);
    }
    Ok(newest)
}

/// Fails, with the command to run, unless all packages are as new as their sources.
pub(crate) fn require(workspace: &Workspace, packages: &[&Package]) -> Result<()> {
    let mut reasons = Vec::new();
    let mut names = Vec::new();
    for package in packages {
        if let Some(reason) = stale(workspace, package)? {
            reasons.push(reason);
            names.push(package.name.as_str());
        }
    }
    if !names.is_empty() {
        bail!("{}\nrun: cargo xtask build {}", reasons.join("\n"), names.join(" "));
    }
    Ok(())
}

/// A file at or under `path` that changed after `time`.
fn newer_than(time: SystemTime, path: &Path) -> Result<Option<PathBuf>> {
    let context = || format!("cannot look at {}", path.display());
    let facts = path.metadata().with_context(context)?;
    if facts.is_file() {
        return Ok((facts.modified().with_context(context)? > time).then(|| path.to_path_buf()));
    }
    for entry in path.read_dir().with_context(context)? {
        if let Some(newer) = newer_than(time, &entry.with_context(context)?.path())? {
            return Ok(Some(newer));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn finds_the_newer_file_in_a_tree() {
        let root = std::env::temp_dir().join(format!("xtask-fresh-{}", std::process::id()));
        let file = root.join("deep/lib.rs");
        std::fs::create_dir_all(root.join("deep")).unwrap();
        std::fs::write(&file, "x").unwrap();
        let written = file.metadata().unwrap().modified().unwrap();
        assert_eq!(newer_than(written, &root).unwrap(), None);
        assert_eq!(newest_in(&root).unwrap(), Some(written));
        assert_eq!(newer_than(written - Duration::from_secs(1), &root).unwrap(), Some(file));
        std::fs::remove_dir_all(root).unwrap();
    }
}
