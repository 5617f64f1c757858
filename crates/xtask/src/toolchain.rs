//! The compile target of the plugins: there, or installed on the way.

use anyhow::{Context, Result, bail};
use std::path::PathBuf;
use std::process::Command;

pub(crate) const TARGET: &str = "wasm32-wasip1";

/// Installs the compile target when rustc does not have it yet.
pub(crate) fn ensure_target() -> Result<()> {
    if has_target()? {
        return Ok(());
    }
    anstream::eprintln!("installing the compile target {TARGET} (once): rustup target add {TARGET}");
    let status = Command::new("rustup").args(["target", "add", TARGET]).status().with_context(|| {
        format!(
            "rustc has no standard library for {TARGET}, and there is no rustup to install it; install Rust through \
             rustup (https://rustup.rs), then run this again"
        )
    })?;
    if !status.success() {
        bail!("`rustup target add {TARGET}` failed ({status}); is the network there? Run it by hand to see more");
    }
    Ok(())
}

fn has_target() -> Result<bool> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc)
        .args(["--print", "target-libdir", "--target", TARGET])
        .output()
        .context("cannot run rustc; install Rust from https://rustup.rs")?;
    let folder = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    Ok(output.status.success() && folder.is_dir())
}
