//! `cargo xtask run` and `run-envoy`: the plugins in a gateway on this machine, with all that belongs to it.

mod bootstrap;
mod envoy;
mod greeting;
mod local;
mod log_lines;
mod make;
mod port;
mod process;
mod ready;
mod redis;
mod watch;

use crate::build;
use crate::terminal::DIM;
use crate::workspace::{Package, Workspace};
use anyhow::{Context, Result};
use bootstrap::{Bootstrap, Ports};
use log_lines::Screen;
use process::Process;
use ready::Question;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;
use watch::Watch;

/// Where to listen and what to run.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// The gateway's port
    #[arg(long, env = "GATEWAY_PORT", default_value_t = USUAL_PORT)]
    port: u16,
    /// httpbin's port
    #[arg(long, env = "HTTPBIN_PORT", default_value_t = 12345)]
    httpbin_port: u16,
    /// The port of the admin pages
    #[arg(long, env = "ADMIN_PORT", default_value_t = 9901)]
    admin_port: u16,
    /// The gateway's configuration, as the compose stack has it; addresses and paths are changed for this machine
    #[arg(long, value_name = "FILE", default_value = "envoy.yaml")]
    config: PathBuf,
}

/// The gateway's port when none is named.
const USUAL_PORT: u16 = 10000;

impl Options {
    /// Where logs go, from the workspace's root: two runs at a time, on different ports, do not meet.
    fn folder(&self) -> String {
        if self.port == USUAL_PORT { "target/run".to_owned() } else { format!("target/run-{}", self.port) }
    }
}

/// Which gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Our own, with a built-in httpbin, and Redis when it is installed.
    Local,
    /// A real Envoy in front of a real httpbin.
    Envoy,
}

/// The servers of a run, with what tells that each is ready.
struct Stack {
    servers: Vec<(Process, Question)>,
    bootstrap: Bootstrap,
    /// What the gateway reads.
    config: PathBuf,
}

/// What a stack is started from.
struct Plan<'a> {
    workspace: &'a Workspace,
    options: &'a Options,
    /// The configuration as it was written.
    source: PathBuf,
    /// Where logs and the changed configuration go.
    folder: PathBuf,
    screen: Screen,
}

/// Runs until Ctrl-C, a termination signal, or the end of one of the servers.
///
/// # Errors
/// When something cannot be built, installed or started, or a server ends by itself.
pub fn run(workspace: &Workspace, options: &Options, kind: Kind) -> Result<()> {
    port::require_free(options)?;
    let source = config_file(workspace, &options.config)?;
    let folder = workspace.root.join(options.folder());
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let plan = Plan { workspace, options, source, folder, screen: Screen::default() };
    let make = make::Parent::find();
    let (mut stack, stop) = match kind {
        Kind::Local => local::start(&plan)?,
        Kind::Envoy => envoy::start(&plan)?,
    };
    ready::wait(&mut stack.servers, &stop)?;
    greeting::print(options, kind, &stack.bootstrap);
    plan.screen.release();

    let mut watch = (kind == Kind::Local).then(|| Watch::new(&plan, &stack));
    while stop.recv_timeout(Duration::from_millis(200)).is_err() && !make.is_told_to_end() {
        for (server, _) in &mut stack.servers {
            server.require_alive()?;
        }
        if let Some(watch) = &mut watch {
            watch.look(&plan);
        }
    }
    anstream::eprintln!("{DIM}stopping {}{DIM:#}", stack.names());
    Ok(())
}

impl Plan<'_> {
    /// The configuration for this machine, and the plugins that it loads, built.
    fn prepare(&self, redis: Option<u16>) -> Result<Bootstrap> {
        let bootstrap = self.bootstrap(redis)?;
        build_stale(self.workspace, &bootstrap)?;
        Ok(bootstrap)
    }

    fn bootstrap(&self, redis: Option<u16>) -> Result<Bootstrap> {
        let Options { port, httpbin_port, admin_port, .. } = *self.options;
        let ports = Ports { gateway: port, admin: admin_port, httpbin: httpbin_port, redis };
        Bootstrap::load(&self.source, &ports, &self.workspace.root.join("dist"))
    }
}

impl Stack {
    fn names(&self) -> String {
        self.servers.iter().map(|(server, _)| server.name()).collect::<Vec<_>>().join(", ")
    }
}

/// A channel that hears of Ctrl-C and termination signals. The servers run in process groups of their own, so that a
/// Ctrl-C on the terminal reaches us alone and they end in order. To be made when all is built: until then, Ctrl-C
/// shall end the build as it ends any program.
fn stop_signal() -> Result<Receiver<()>> {
    let (send, receive) = channel();
    ctrlc::set_handler(move || {
        let _ = send.send(());
    })
    .context("cannot listen for Ctrl-C")?;
    Ok(receive)
}

/// The file as named, seen from the current folder first and then from the workspace.
fn config_file(workspace: &Workspace, file: &Path) -> Result<PathBuf> {
    let found = [file.to_path_buf(), workspace.root.join(file)].into_iter().find(|path| path.is_file());
    found.with_context(|| format!("there is no {}; name the gateway's configuration with --config", file.display()))
}

/// Builds the plugins that the configuration names, as far as they are not up to date.
fn build_stale(workspace: &Workspace, bootstrap: &Bootstrap) -> Result<()> {
    let mut packages: Vec<&Package> = Vec::new();
    for name in bootstrap.plugins() {
        let package =
            workspace.plugin(name).with_context(|| format!("the configuration loads /etc/envoy/{name}.wasm"))?;
        if build::stale(workspace, package)?.is_some() {
            packages.push(package);
        }
    }
    if packages.is_empty() {
        return Ok(());
    }
    build::build_packages(workspace, &packages)
}
