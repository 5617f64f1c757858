//! `cargo xtask spec`: writes what is made from the types of the plugins' configurations.
//!
//! Only a plugin itself knows its types, so its test `spec` does the work; here it is told to write instead of compare.

use crate::workspace::{Folder, Workspace, cargo};
use anyhow::{Context, Result, bail};

/// The test, below `tests/` of a plugin.
const TEST: &str = "spec";

/// Writes `spec.yaml`, `schema.json` and the tables in the READMEs of all plugins.
///
/// # Errors
/// When a plugin does not compile, or its `console.yaml` lacks a text.
pub fn write(workspace: &Workspace) -> Result<()> {
    let mut tests = cargo();
    tests.current_dir(&workspace.root).args(["test", "--quiet", "--test", TEST]).env("BLESS", "1");
    for package in workspace.all(Folder::Plugins) {
        if package.dir().join("tests").join(TEST).with_extension("rs").is_file() {
            tests.args(["--package", &package.name]);
        }
    }
    if !tests.status().context("cannot run `cargo test`")?.success() {
        bail!("not all was written; the tests above say what is missing");
    }
    Ok(())
}
