//! The modules that a configuration names: there, and not older than their sources.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::Finding;
use crate::bootstrap::{Bootstrap, DataSource};

pub(super) fn examine(bootstrap: &Bootstrap) -> Vec<Finding> {
    let plugins = bootstrap.listeners.iter().flat_map(|it| &it.manager.plugins);
    let files: BTreeSet<&Path> = plugins
        .filter_map(|plugin| match &plugin.code {
            DataSource::File(path) => Some(path.as_path()),
            DataSource::Inline(_) | DataSource::Environment(_) => None,
        })
        .collect();
    files.into_iter().map(judge).collect()
}

fn judge(module: &Path) -> Finding {
    let shown = module.display();
    let package = Package::of(module);
    let build = |package: &Package| format!("cd {} && cargo xtask build {}", package.root.display(), package.name);
    match (modified(module), package) {
        (Err(error), Some(package)) => Finding::ill(format!("{shown} cannot be read: {error}"), build(&package)),
        (Err(error), None) => Finding::ill(
            format!("{shown} cannot be read: {error}"),
            "build the plugin, or correct the `filename` of its `vm_config`",
        ),
        (Ok(built), Some(package)) => match package.newer_than(built) {
            Some(source) => {
                Finding::ill(format!("{shown} is older than its source {}", source.display()), build(&package))
            }
            None => Finding::well(format!("{shown} is there and not older than its sources")),
        },
        (Ok(_), None) => Finding::well(format!("{shown} is there; its sources are not in this workspace")),
    }
}

/// The sources of a module in a workspace that is laid out as ours: `dist/[examples/]NAME.wasm` is built from
/// `plugins/NAME` or `examples/NAME`, and from `crates/core`.
struct Package {
    root: PathBuf,
    name: String,
    folders: [PathBuf; 2],
}

impl Package {
    fn of(module: &Path) -> Option<Self> {
        let name = module.file_stem()?.to_str()?;
        let module = std::path::absolute(module).ok()?;
        module.ancestors().skip(1).find_map(|root| {
            let folder = ["plugins", "examples"].iter().map(|kind| root.join(kind).join(name));
            let folder = folder.into_iter().find(|folder| folder.join("Cargo.toml").is_file())?;
            let folders = [folder, root.join("crates/core")];
            Some(Self { root: root.to_owned(), name: name.to_owned(), folders })
        })
    }

    /// A source that was changed after `built`.
    fn newer_than(&self, built: SystemTime) -> Option<PathBuf> {
        let is_newer = |path: &PathBuf| modified(path).is_ok_and(|time| time > built);
        self.folders.iter().flat_map(|folder| sources(folder)).find(is_newer)
    }
}

/// The manifest, the build script and all of `src`.
fn sources(package: &Path) -> Vec<PathBuf> {
    let mut found = vec![package.join("Cargo.toml"), package.join("build.rs")];
    let mut folders = vec![package.join("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found
}

fn modified(path: &Path) -> std::io::Result<SystemTime> {
    std::fs::metadata(path)?.modified()
}
