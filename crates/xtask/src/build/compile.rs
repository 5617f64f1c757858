//! Runs cargo for one plugin at a time.

use crate::toolchain::TARGET;
use crate::workspace::{Package, Workspace, cargo};
use anyhow::{Context, Result, bail};

/// Compiles a plugin and gives the module as the linker wrote it, names and all.
///
/// One cargo run per plugin: cargo unites the features of all packages of a run, so in a common one a plugin's bytes
/// would depend on which others are built along.
pub(crate) fn raw_module(workspace: &Workspace, package: &Package) -> Result<Vec<u8>> {
    let status = cargo()
        .args(["build", "--release", "--target", TARGET, "--package", &package.name])
        .args(inlining(package))
        .current_dir(&workspace.root)
        .status()
        .context("cannot run cargo")?;
    if !status.success() {
        bail!("plugin `{}` does not compile; cargo says why above", package.name);
    }
    let file = format!("{}.wasm", package.name.replace('-', "_"));
    let path = workspace.cargo_target.join(TARGET).join("release").join(file);
    std::fs::read(&path).with_context(|| {
        format!(
            "cargo built `{}` but there is no {}; its Cargo.toml needs [lib] crate-type = [\"cdylib\", \"rlib\"]",
            package.name,
            path.display()
        )
    })
}

/// A manifest may ask for fewer copies of functions: with a threshold of 10 a module is a tenth smaller, and a request
/// takes one or two microseconds longer, which is nothing where it waits for a service. A lower optimisation level is no
/// way to the same: it keeps rustc itself from inlining, and then iterators and closures are larger than at level 3.
fn inlining(package: &Package) -> Vec<String> {
    let Some(threshold) = package.inline_threshold() else { return Vec::new() };
    let arguments = format!("-inline-threshold={threshold} -inlinehint-threshold={threshold}");
    vec!["--config".to_owned(), format!("target.{TARGET}.rustflags=[\"-Cllvm-args={arguments}\"]")]
}
