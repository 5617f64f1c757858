//! `cargo xtask run-envoy`: the plugins in a real Envoy in front of a real httpbin.

mod bootstrap;
mod log_lines;
mod port;
mod process;
mod ready;

use crate::terminal::{BOLD, DIM, GREEN};
use crate::workspace::{Package, Workspace};
use crate::{build, python};
use anyhow::{Context, Result};
use bootstrap::{Bootstrap, Ports};
use log_lines::Screen;
use process::Process;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// Where to listen and what to run.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// The gateway's port
    #[arg(long, env = "GATEWAY_PORT", default_value_t = 10000)]
    port: u16,
    /// httpbin's port
    #[arg(long, env = "HTTPBIN_PORT", default_value_t = 12345)]
    httpbin_port: u16,
    /// The port of Envoy's admin pages
    #[arg(long, env = "ADMIN_PORT", default_value_t = 9901)]
    admin_port: u16,
    /// The gateway's configuration, as the compose stack has it; addresses and paths are changed for this machine
    #[arg(long, value_name = "FILE", default_value = "envoy.yaml")]
    config: PathBuf,
}

/// Runs until Ctrl-C, a termination signal, or the end of one of the two servers.
///
/// # Errors
/// When something cannot be built, installed or started, or a server ends by itself.
pub fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    port::require_free(options)?;
    let source = config_file(workspace, &options.config)?;
    let ports = Ports { gateway: options.port, admin: options.admin_port, httpbin: options.httpbin_port };
    let bootstrap = Bootstrap::load(&source, &ports, &workspace.root.join("dist"))?;
    build_stale(workspace, &bootstrap)?;
    let python = python::ensure(workspace)?;

    let folder = workspace.root.join("target/run");
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let config = folder.join("envoy.yaml");
    bootstrap.write(&config)?;

    // Only now: until here, Ctrl-C shall end the build as it ends any program.
    let stop = stop_signal()?;
    let screen = Screen::default();
    let httpbin = Process::start("httpbin", httpbin_command(&python, options.httpbin_port), &folder, None)?;
    let envoy = Process::start("Envoy", envoy_command(&python, &config), &folder, Some(screen.clone()))?;
    let mut servers = [httpbin, envoy];
    ready::wait(&mut servers, options, &stop)?;
    greet(options);
    screen.release();

    while stop.recv_timeout(Duration::from_millis(200)).is_err() {
        for server in &mut servers {
            server.require_alive()?;
        }
    }
    anstream::eprintln!("{DIM}stopping Envoy and httpbin{DIM:#}");
    Ok(())
}

/// A channel that hears of Ctrl-C and termination signals. The servers run in process groups of their own, so that a
/// Ctrl-C on the terminal reaches us alone and they end in order.
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

fn httpbin_command(python: &python::Python, port: u16) -> Command {
    let mut command = Command::new(python.gunicorn());
    command.args(["--bind", &format!("127.0.0.1:{port}"), "--threads", "8", "httpbin:app"]);
    command
}

fn envoy_command(python: &python::Python, config: &Path) -> Command {
    let mut command = Command::new(python.envoy());
    command.arg("--config-path").arg(config);
    command.args(["--concurrency", "1", "--disable-hot-restart"]);
    command.args(["--log-level", "warning", "--component-log-level", "wasm:debug"]);
    command.args(["--log-format", log_lines::FORMAT]);
    command
}

fn greet(options: &Options) {
    let Options { port, httpbin_port, admin_port, .. } = options;
    let examples = [
        (format!("curl http://127.0.0.1:{httpbin_port}/get"), "httpbin itself: your headers as you sent them"),
        (format!("curl http://127.0.0.1:{port}/get"), "through the gateway: header-injector added Hello: world"),
        (format!("curl -H 'Host: mock.example' http://127.0.0.1:{port}/get"), "mock-response answers: hello world"),
    ];
    let width = examples.iter().map(|(command, _)| command.len()).max().unwrap_or(0);
    anstream::println!(
        "\n{GREEN}ready{GREEN:#}  gateway {BOLD}http://127.0.0.1:{port}{BOLD:#}  admin http://127.0.0.1:{admin_port}\n\n\
         try, in another terminal:"
    );
    for (command, effect) in examples {
        anstream::println!("  {command:width$}  {DIM}# {effect}{DIM:#}");
    }
    anstream::println!(
        "\nto try another configuration, edit {} and start again\n\
         log lines of the plugins follow; Ctrl-C ends both servers\n",
        options.config.display()
    );
}
