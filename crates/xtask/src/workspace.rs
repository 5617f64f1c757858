//! The workspace as cargo describes it: where it is, which plugins it has, what each is made of.

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The workspace that this program belongs to.
#[derive(Debug)]
pub struct Workspace {
    /// The folder with the workspace's Cargo.toml.
    pub root: PathBuf,
    /// Where cargo builds; `CARGO_TARGET_DIR` moves it.
    pub cargo_target: PathBuf,
    packages: Vec<Package>,
}

/// A package of the workspace.
#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    manifest_path: PathBuf,
    dependencies: Vec<Dependency>,
    metadata: Option<Metadata>,
}

/// What a manifest says under `package.metadata`.
#[derive(Debug, Deserialize)]
struct Metadata {
    plugin: Option<PluginMetadata>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct PluginMetadata {
    inline_threshold: Option<u32>,
}

#[derive(Debug, Deserialize)]
struct Dependency {
    path: Option<PathBuf>,
    kind: Option<String>,
}

/// The two folders whose crates become `.wasm` files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Folder {
    Plugins,
    Examples,
}

impl Folder {
    fn name(self) -> &'static str {
        match self {
            Self::Plugins => "plugins",
            Self::Examples => "examples",
        }
    }
}

impl Package {
    pub(crate) fn dir(&self) -> &Path {
        self.manifest_path.parent().unwrap_or(&self.manifest_path)
    }

    /// `package.metadata.plugin.inline-threshold`: how eagerly LLVM inlines, if not as it does by itself.
    pub(crate) fn inline_threshold(&self) -> Option<u32> {
        self.metadata.as_ref()?.plugin.as_ref()?.inline_threshold
    }
}

impl Workspace {
    /// Asks cargo for the workspace that it runs us from, or, when started by hand, that of the current folder. (Not
    /// where we were compiled: checkouts that share a target folder share this program.)
    ///
    /// # Errors
    /// When cargo does not run, or finds a fault in a manifest.
    pub fn load() -> Result<Self> {
        #[derive(Deserialize)]
        struct Described {
            workspace_root: PathBuf,
            target_directory: PathBuf,
            packages: Vec<Package>,
        }
        let mut cargo = cargo();
        cargo.args(["metadata", "--no-deps", "--format-version", "1"]).stderr(Stdio::inherit());
        if let Some(folder) = std::env::var_os("CARGO_MANIFEST_DIR") {
            cargo.current_dir(folder);
        }
        let output = cargo.output().context("cannot run `cargo metadata`")?;
        if !output.status.success() {
            bail!("`cargo metadata` failed; mend the manifest that it names above");
        }
        let Described { workspace_root: root, target_directory: cargo_target, packages } =
            serde_json::from_slice(&output.stdout).context("cannot read what `cargo metadata` wrote")?;
        Ok(Self { root, cargo_target, packages })
    }

    /// The packages of `plugins/` or `examples/`, by name.
    pub(crate) fn all(&self, folder: Folder) -> Vec<&Package> {
        let mut found: Vec<_> = self.packages.iter().filter(|package| self.folder(package) == Some(folder)).collect();
        found.sort_by(|a, b| a.name.cmp(&b.name));
        found
    }

    fn folder(&self, package: &Package) -> Option<Folder> {
        [Folder::Plugins, Folder::Examples]
            .into_iter()
            .find(|folder| package.dir().parent() == Some(&self.root.join(folder.name())))
    }

    /// The plugin or example called `name`.
    pub(crate) fn plugin(&self, name: &str) -> Result<&Package> {
        let all = [self.all(Folder::Plugins), self.all(Folder::Examples)].concat();
        all.iter().copied().find(|package| package.name == name).with_context(|| {
            let names: Vec<_> = all.iter().map(|package| package.name.as_str()).collect();
            format!("there is no plugin `{name}`; plugins/ and examples/ have: {}", names.join(", "))
        })
    }

    /// The version that all packages have together.
    pub(crate) fn version(&self) -> &str {
        self.packages.first().map_or("", |package| &package.version)
    }

    /// Whether any package of the workspace has this name.
    pub(crate) fn has_package(&self, name: &str) -> bool {
        self.packages.iter().any(|package| package.name == name)
    }

    /// The finished module of a plugin.
    pub(crate) fn dist(&self, package: &Package) -> PathBuf {
        let dist = self.root.join("dist");
        let folder = if self.folder(package) == Some(Folder::Examples) { dist.join("examples") } else { dist };
        folder.join(format!("{}.wasm", package.name))
    }

    /// The folder of a package and those of all packages of the workspace that go into it.
    pub(crate) fn source_folders(&self, package: &Package) -> Vec<PathBuf> {
        let mut folders = vec![package.dir().to_path_buf()];
        let mut next = 0;
        while let Some(folder) = folders.get(next).cloned() {
            next += 1;
            let local = self.packages.iter().filter(|package| package.dir() == folder);
            let paths = local.flat_map(|package| &package.dependencies).filter(|dependency| dependency.kind.is_none());
            for path in paths.filter_map(|dependency| dependency.path.clone()) {
                if !folders.contains(&path) {
                    folders.push(path);
                }
            }
        }
        folders
    }
}

/// The cargo that runs us, so that the toolchain stays the same.
pub(crate) fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}
