//! The stack of `run-envoy`: a real Envoy in front of a real httpbin.

use super::ready::Question;
use super::{Bootstrap, Plan, Process, Stack, log_lines, stop_signal};
use crate::python;
use crate::terminal::YELLOW;
use anyhow::{Context, Result};
use std::process::Command;
use std::sync::mpsc::Receiver;

pub(super) fn start(plan: &Plan<'_>) -> Result<(Stack, Receiver<()>)> {
    let mut bootstrap = plan.prepare(None)?;
    leave_out_what_needs_higress(plan, &mut bootstrap)?;
    let python = python::ensure(plan.workspace)?;
    let config = plan.folder.join("envoy.yaml");
    bootstrap.write(&config)?;
    let stop = stop_signal()?;

    let mut httpbin = Command::new(python.gunicorn());
    httpbin.args(["--bind", &format!("127.0.0.1:{}", plan.options.httpbin_port), "--threads", "8", "httpbin:app"]);
    let httpbin = Process::start("httpbin", httpbin, &plan.folder, None)?;

    let mut envoy = Command::new(python.envoy());
    envoy.arg("--config-path").arg(&config);
    envoy.args(["--concurrency", "1", "--disable-hot-restart"]);
    envoy.args(["--log-level", "warning", "--component-log-level", "wasm:debug"]);
    envoy.args(["--log-format", log_lines::FORMAT]);
    let envoy = Process::start("Envoy", envoy, &plan.folder, Some(plan.screen.clone()))?;

    let servers = vec![
        (httpbin, Question::http(plan.options.httpbin_port, "/status/200")),
        (envoy, Question::http(plan.options.admin_port, "/ready")),
    ];
    Ok((Stack { servers, bootstrap, config }, stop))
}

/// Envoy refuses a module, and its listener with it, that imports what only Higress's gateways have.
fn leave_out_what_needs_higress(plan: &Plan<'_>, bootstrap: &mut Bootstrap) -> Result<()> {
    let names: Vec<String> = bootstrap.plugins().map(ToOwned::to_owned).collect();
    for name in names {
        let module = plan.workspace.dist(plan.workspace.plugin(&name)?);
        let wasm = std::fs::read(&module).with_context(|| format!("cannot read {}", module.display()))?;
        if imports_redis(&wasm).with_context(|| format!("in {}", module.display()))? {
            anstream::eprintln!("{YELLOW}without {name}{YELLOW:#}: it calls Redis, which Envoy cannot; `make run` can");
            bootstrap.drop_plugin(&name);
        }
    }
    Ok(())
}

fn imports_redis(wasm: &[u8]) -> Result<bool> {
    for part in wasmparser::Parser::new(0).parse_all(wasm) {
        if let wasmparser::Payload::ImportSection(imports) = part? {
            for import in imports.into_imports() {
                if import?.name.starts_with("proxy_redis_") {
                    return Ok(true);
                }
            }
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_that_calls_redis_is_known_by_its_imports() {
        let module = |name: &str| wat::parse_str(format!("(module (import \"env\" \"{name}\" (func)))")).unwrap();
        assert!(imports_redis(&module("proxy_redis_init")).unwrap());
        assert!(!imports_redis(&module("proxy_log")).unwrap());
    }
}
