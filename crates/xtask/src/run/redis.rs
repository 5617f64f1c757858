//! The Redis of a run: one of its own on a free port, or advice.

use super::port;
use crate::terminal::YELLOW;
use anyhow::Result;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where Redis is to be. Without a program the port refuses, as a Redis that is down does.
pub(super) struct Plan {
    pub(super) port: u16,
    program: Option<PathBuf>,
}

impl Plan {
    /// Looks for `redis-server`; says how to install it when there is none.
    pub(super) fn make() -> Result<Self> {
        let program = find(std::env::var_os("REDIS_SERVER").map(PathBuf::from), std::env::var_os("PATH"));
        if program.is_none() {
            anstream::eprintln!(
                "{YELLOW}no redis-server{YELLOW:#}: plugins that need Redis find it down, all else works; to install \
                 it: apt-get install -y redis-server (Debian, Ubuntu), brew install redis (macOS)"
            );
        }
        Ok(Self { port: port::any_free()?, program })
    }

    /// The server, in memory only.
    pub(super) fn command(&self, folder: &Path) -> Option<Command> {
        let mut command = Command::new(self.program.as_ref()?);
        command.args(["--port", &self.port.to_string(), "--bind", "127.0.0.1"]);
        command.args(["--save", "", "--appendonly", "no"]).arg("--dir").arg(folder);
        Some(command)
    }
}

fn find(named: Option<PathBuf>, path: Option<std::ffi::OsString>) -> Option<PathBuf> {
    if named.is_some() {
        return named.filter(|program| program.is_file());
    }
    let folders: Vec<PathBuf> = std::env::split_paths(&path?).collect();
    folders.into_iter().map(|folder| folder.join("redis-server")).find(|program| program.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_program_there_is_a_port_and_no_server() {
        assert_eq!(find(None, Some("/nowhere:/no/where".into())), None);
        assert_eq!(find(Some("/nowhere/redis-server".into()), std::env::var_os("PATH")), None);
        let plan = Plan { port: 1, program: None };
        assert!(plan.command(Path::new("/")).is_none());
    }
}
