//! Builds the plain plugins and finds our finished ones.

use crate::envoy::workspace;
use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Builds `package` for wasm with cargo's release profile; the file is used as cargo leaves it, which is what
/// authors of plain plugins ship.
pub(crate) fn plain(package: &str) -> Result<PathBuf> {
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .current_dir(workspace())
        .args(["build", "--release", "--target", "wasm32-wasip1", "--package", package])
        .arg("--message-format=json-render-diagnostics")
        .stderr(Stdio::inherit())
        .output()
        .context("cannot run cargo")?;
    ensure!(output.status.success(), "cargo could not build {package}: its messages are above");
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter_map(|message| Some(message.get("filenames")?.as_array()?.clone()))
        .flatten()
        .filter_map(|name| Some(PathBuf::from(name.as_str()?)))
        .find(|path| path.ends_with(format!("{}.wasm", package.replace('-', "_"))))
        .with_context(|| format!("cargo built {package} but named no .wasm file"))
}

/// The finished module of one of our plugins.
pub(crate) fn ours(plugin: &str) -> Result<PathBuf> {
    let path = workspace().join("dist").join(format!("{plugin}.wasm"));
    ensure!(path.is_file(), "{} is missing: run `make build-plugins` first", path.display());
    Ok(path)
}
