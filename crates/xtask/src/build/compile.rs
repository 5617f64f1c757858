//! Runs cargo for one plugin at a time.

use crate::toolchain::TARGET;
use crate::workspace::{Package, Workspace, cargo};
use anyhow::{Context, Result, bail};

/// How eagerly LLVM inlines: only what comes out hardly larger than the call. At its own thresholds of 225 and 325,
/// modules are a tenth larger and requests no faster. A lower optimisation level is no way to the same: it also keeps
/// rustc from inlining, and what is left of iterators and closures then is larger than at level 3.
const INLINING: &str =
    r#"target.wasm32-wasip1.rustflags=["-Cllvm-args=-inline-threshold=10 -inlinehint-threshold=10"]"#;

/// Compiles a plugin and gives the module as the linker wrote it, names and all.
///
/// One cargo run per plugin: cargo unites the features of all packages of a run, so in a common one a plugin's bytes
/// would depend on which others are built along.
pub(crate) fn raw_module(workspace: &Workspace, package: &Package) -> Result<Vec<u8>> {
    let status = cargo()
        .args(["build", "--release", "--target", TARGET, "--package", &package.name, "--config", INLINING])
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
