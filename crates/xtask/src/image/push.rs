//! `cargo xtask images --push`: copies the layouts to a registry with skopeo, which knows every registry's way to log in.

use super::{folder, market};
use crate::workspace::{Folder, Workspace};
use anyhow::{Result, bail};
use std::io::ErrorKind;
use std::process::Command;

/// Copies all images under `registry`, such as `registry.example.com/plugins`. `plain_http` is for a registry on this
/// machine.
///
/// # Errors
/// When skopeo is missing, or the registry refuses.
pub fn push(workspace: &Workspace, registry: &str, plain_http: bool) -> Result<()> {
    let registry = registry.trim_start_matches("oci://").trim_end_matches('/');
    for package in workspace.all(Folder::Plugins) {
        let (version, market) = (package.version.as_str(), market::tag(&package.version));
        // As Higress does with its own plugins, the newest is `latest` too.
        for (made, tag) in [(version, version), (version, "latest"), (&market, &market)] {
            let from = format!("oci:{}:{made}", folder(workspace, package).display());
            let image = format!("{}:{tag}", package.name);
            copy(&from, registry, &image, plain_http)?;
            anstream::println!("pushed oci://{registry}/{image}");
        }
    }
    Ok(())
}

fn copy(from: &str, registry: &str, image: &str, plain_http: bool) -> Result<()> {
    let mut skopeo = Command::new("skopeo");
    skopeo.args(["copy", "--preserve-digests", "--quiet"]);
    if plain_http {
        skopeo.arg("--dest-tls-verify=false");
    }
    match skopeo.args([from, &format!("docker://{registry}/{image}")]).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => bail!(
            "{registry} did not take {image}; log in with `skopeo login {}` when it asks for a password",
            registry.split('/').next().unwrap_or(registry)
        ),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            bail!("skopeo is not installed; `apt-get install skopeo` or `brew install skopeo`")
        }
        Err(error) => bail!("cannot run skopeo: {error}"),
    }
}
