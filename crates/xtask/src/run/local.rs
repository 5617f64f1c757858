//! The stack of `run`: our gateway with its built-in httpbin, and a Redis of its own when one is installed.

use super::ready::Question;
use super::{Plan, Process, Stack, log_lines, redis, stop_signal};
use crate::workspace::cargo;
use anyhow::{Context, Result, bail};
use std::path::PathBuf;
use std::process::Command;
use std::sync::mpsc::Receiver;

pub(super) fn start(plan: &Plan<'_>) -> Result<(Stack, Receiver<()>)> {
    let redis = redis::Plan::make()?;
    let bootstrap = plan.prepare(Some(redis.port))?;
    let program = build_gateway(plan)?;
    let config = plan.folder.join("envoy.yaml");
    bootstrap.write(&config)?;
    let stop = stop_signal()?;

    let mut servers = Vec::new();
    if let Some(command) = redis.command(&plan.folder) {
        let server = Process::start("redis-server", command, &plan.folder, None)?;
        servers.push((server, Question::redis(redis.port)));
    }

    let mut httpbin = Command::new(&program);
    httpbin.args(["httpbin", "--port", &plan.options.httpbin_port.to_string()]);
    let httpbin = Process::start("httpbin", httpbin, &plan.folder, None)?;
    servers.push((httpbin, Question::http(plan.options.httpbin_port, "/status/200")));

    let mut gateway = Command::new(&program);
    gateway.arg("--config-path").arg(&config);
    gateway.args(["--concurrency", "1", "--log-level", "info", "--component-log-level", "wasm:debug"]);
    gateway.args(["--log-format", log_lines::FORMAT]);
    let gateway = Process::start("gateway", gateway, &plan.folder, Some(plan.screen.clone()))?;
    servers.push((gateway, Question::http(plan.options.admin_port, "/ready")));
    Ok((Stack { servers, bootstrap, config }, stop))
}

/// The program in `GATEWAY`, else the one that is built here. Built as tests do it, so that it is compiled once for
/// both: what it is made of is optimised there too.
fn build_gateway(plan: &Plan<'_>) -> Result<PathBuf> {
    if let Some(program) = std::env::var_os("GATEWAY") {
        return Ok(program.into());
    }
    let mut build = cargo();
    build.current_dir(&plan.workspace.root).args(["build", "--package", "gateway", "--bin", "gateway"]);
    let program = plan.workspace.cargo_target.join("debug/gateway");
    if program.exists() {
        build.arg("--quiet");
    } else {
        anstream::eprintln!("building the gateway (once; it takes some minutes)");
    }
    let status = build.status().context("cannot run cargo")?;
    if !status.success() {
        bail!("the gateway does not build; see above");
    }
    Ok(program)
}
