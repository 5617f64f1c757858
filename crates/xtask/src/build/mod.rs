//! `cargo xtask build`: from the sources of plugins to the files in `dist/`.

mod allow_list;
mod budget;
mod compile;
mod fresh;
mod report;
mod source;

pub(crate) use compile::raw_module;
pub(crate) use fresh::{newest_source, require as require_fresh, stale};

use crate::finish::{self, Finished, Names, Source};
use crate::workspace::{Folder, Package, Workspace};
use crate::{terminal, toolchain};
use allow_list::AllowList;
use anyhow::{Context, Result, bail};
use budget::Budget;
use std::path::Path;

/// What to build.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Selection {
    /// Plugins to build, by folder name [default: all of plugins/]
    #[arg(value_name = "PLUGIN")]
    pub plugins: Vec<String>,
    /// All of plugins/, also when single ones are named
    #[arg(long)]
    pub all: bool,
    /// All of examples/ too; they go to dist/examples/
    #[arg(long)]
    pub examples: bool,
}

impl Selection {
    fn packages<'a>(&self, workspace: &'a Workspace) -> Result<Vec<&'a Package>> {
        let mut packages = Vec::new();
        if self.all || self.plugins.is_empty() {
            packages.extend(workspace.all(Folder::Plugins));
        }
        if self.examples {
            packages.extend(workspace.all(Folder::Examples));
        }
        for name in &self.plugins {
            packages.push(workspace.plugin(name)?);
        }
        packages.sort_by(|a, b| a.name.cmp(&b.name));
        packages.dedup_by(|a, b| a.name == b.name);
        Ok(packages)
    }
}

/// Builds the selected plugins into `dist/` and prints what became of them.
///
/// # Errors
/// With the first plugin that does not compile or finish; after all are built, when one asks for an import that is not
/// on the allow-list or is over its budget. Such a plugin is not written.
pub fn build(workspace: &Workspace, selection: &Selection) -> Result<()> {
    build_packages(workspace, &selection.packages(workspace)?)
}

/// Tells whether the selected plugins in `dist/` are as new as their sources.
///
/// # Errors
/// When one is stale or missing, with the command that builds it.
pub fn check(workspace: &Workspace, selection: &Selection) -> Result<()> {
    require_fresh(workspace, &selection.packages(workspace)?)
}

pub(crate) fn build_packages(workspace: &Workspace, packages: &[&Package]) -> Result<()> {
    toolchain::ensure_target()?;
    let allow_list = AllowList::load(workspace)?;
    let budget = Budget::load(workspace)?;
    let (mut built, mut faults) = (Vec::new(), Vec::new());
    for package in packages {
        let raw = raw_module(workspace, package)?;
        let finished = finish_package(workspace, package, &raw, Names::Strip)?;
        let found = [allow_list.check(&finished.imports), budget.check(&package.name, finished.wasm.len())].concat();
        if found.is_empty() {
            write(&workspace.dist(package), &finished.wasm)?;
        }
        faults.extend(found.into_iter().map(|fault| format!("{}: {fault}", package.name)));
        built.push((*package, finished));
    }
    anstream::print!("{}", report::table(&built, &allow_list, &budget));
    if !faults.is_empty() {
        bail!("{}", faults.join("\n\n"));
    }
    Ok(())
}

/// Finishes what cargo wrote for `package`.
pub(crate) fn finish_package(workspace: &Workspace, package: &Package, raw: &[u8], names: Names) -> Result<Finished> {
    let source = Source { version: package.version.clone(), commit: source::commit(workspace) };
    let finished = finish::finish(raw, &source, names).with_context(|| format!("plugin `{}`", package.name))?;
    if finished.declaration.name != package.name {
        bail!(
            "the crate `{}` registers itself as `{}`; give both the same name, so that log lines, configuration and \
             file agree",
            package.name,
            finished.declaration.name
        );
    }
    Ok(finished)
}

/// Writes a file in one step: a gateway that watches it never sees half of it.
fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let part = path.with_extension(format!("{}.part", std::process::id()));
    let attempt = || -> std::io::Result<()> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(&part, bytes)?;
        std::fs::rename(&part, path)
    };
    attempt().with_context(|| format!("cannot write {}", path.display()))
}

/// Reads a checked-in file of this package.
fn read_list(workspace: &Workspace, file: &str) -> Result<String> {
    let path = workspace.root.join(file);
    std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
}

/// The lines of a list without comments and empty ones, each with its number for messages.
fn entries(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let numbered = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim()));
    numbered.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
}

/// The size in words, as the table and messages have it.
fn size(bytes: usize) -> String {
    format!("{} KB", terminal::kilobytes(bytes))
}
