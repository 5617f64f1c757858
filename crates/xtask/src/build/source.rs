//! The commit that a build is made from.

use crate::workspace::Workspace;
use std::process::{Command, Stdio};

/// The commit's first twelve digits, `+changes` behind it when tracked files differ from it; `unknown` outside of git.
pub(super) fn commit(workspace: &Workspace) -> String {
    let git = |arguments: &[&str]| {
        let output =
            Command::new("git").args(arguments).current_dir(&workspace.root).stderr(Stdio::null()).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let Some(commit) = git(&["rev-parse", "--short=12", "HEAD"]) else { return "unknown".to_owned() };
    let changed = git(&["status", "--porcelain", "--untracked-files=no"]).is_some_and(|status| !status.is_empty());
    if changed { format!("{commit}+changes") } else { commit }
}
