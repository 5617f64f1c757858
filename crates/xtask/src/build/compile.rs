//! Runs cargo for one plugin at a time.

use crate::toolchain::TARGET;
use crate::workspace::{Package, Workspace, cargo};
use anyhow::{Context, Result, bail};

/// LLVM's own at level 3. Left unsaid, `minsize` would lower it to 5.
const LLVM_INLINE_THRESHOLD: u32 = 225;

/// Compiles a plugin and gives the module as the linker wrote it, names and all.
///
/// One cargo run per plugin: cargo unites the features of all packages of a run, so in a common one a plugin's bytes
/// would depend on which others are built along.
pub(crate) fn raw_module(workspace: &Workspace, package: &Package) -> Result<Vec<u8>> {
    let status = cargo()
        .args(["build", "--release", "--target", TARGET, "--package", &package.name])
        // In the one way that goes before what the user's environment and configuration say for other programs: a
        // module must not depend on them.
        .env("CARGO_ENCODED_RUSTFLAGS", code_generation(package))
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

/// What LLVM is told beyond Rust's level 3: to take the smaller of two ways wherever it has a choice, and how eagerly to
/// inline. A request finds a plugin's code in no cache, so fewer bytes are also faster: an eighth smaller than plain level
/// 3, a module loses nothing in a request and starts sooner. Rust's own levels for size are no way to the same: they keep
/// rustc itself from inlining, and then iterators and closures are larger than at level 3.
///
/// With a low threshold in its manifest a module is a tenth smaller again. A request takes about a microsecond
/// longer, which is nothing where it waits for a service.
fn code_generation(package: &Package) -> String {
    let threshold = package.inline_threshold().unwrap_or(LLVM_INLINE_THRESHOLD);
    format!(
        "-Cllvm-args=-force-attribute=minsize -force-attribute=optsize \
         -inline-threshold={threshold} -inlinehint-threshold={threshold}"
    )
}
