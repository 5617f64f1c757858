//! The command line: what people type, and what becomes of it.

mod check;
mod options;

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;

use crate::bootstrap::{self, Resolve};
use crate::engine::Engine;
use crate::log::{Component, Format, Level, Log};
use crate::server::{self, Refused};
use crate::{doctor, httpbin};
use options::{Mode, Options, Serving, Task};

/// Reads the command line and does what it says. Exit code 1 after a fault, with a line in the log that tells it.
pub fn run() -> ExitCode {
    let Options { task, serving, logging } = Options::parse();
    let format = logging.log_format.as_deref().map(Format::from).unwrap_or_default();
    let log = Arc::new(Log::new(logging.log_level, format));
    let levels = log.set_from(&logging.component_log_level.join(","));
    let levels = levels.map_err(|error| Refused::from(format!("--component-log-level: {error}")));
    let outcome = levels.and_then(|()| match &task {
        None => serve(&serving, &log).map(|()| true),
        Some(Task::Check { paths, module, images }) => {
            check::run(paths, &check::Settings { module: module.as_deref(), modules: &images.modules })
        }
        Some(Task::Doctor { file, resolve }) => examine(file, resolve),
        Some(Task::Httpbin { address, port }) => serve_httpbin(SocketAddr::new(*address, *port)),
    });
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        // The faults are told already.
        Ok(false) => ExitCode::FAILURE,
        Err(refused) => {
            for line in refused.to_string().lines() {
                log.write(Component::Main, Level::Critical, format_args!("{line}"));
            }
            ExitCode::FAILURE
        }
    }
}

fn serve(serving: &Serving, log: &Arc<Log>) -> Result<(), Refused> {
    let settings = serving.settings();
    match serving.mode {
        Mode::Serve => server::run(&settings, log),
        Mode::Validate => {
            settings.sources.load(&engine()?, log)?;
            println!("configuration '{}' OK", settings.sources.bootstrap.display());
            Ok(())
        }
    }
}

fn examine(file: &Path, resolve: &[Resolve]) -> Result<bool, Refused> {
    let mut bootstrap = bootstrap::load(file)?.value;
    for resolve in resolve {
        resolve.apply(&mut bootstrap.clusters).map_err(|error| Refused::from(error.to_string()))?;
    }
    let findings = doctor::examine(&bootstrap);
    for finding in &findings {
        println!("{finding}");
    }
    Ok(findings.iter().all(|finding| finding.mend.is_none()))
}

fn serve_httpbin(listen: SocketAddr) -> Result<bool, Refused> {
    let fault = |error: std::io::Error| Refused::from(format!("httpbin cannot be served at {listen}: {error}"));
    let listener = TcpListener::bind(listen).map_err(fault)?;
    println!("httpbin listens at http://{}", listener.local_addr().map_err(fault)?);
    match httpbin::serve(listener) {
        Ok(never) => match never {},
        Err(error) => Err(fault(error)),
    }
}

fn engine() -> Result<Engine, Refused> {
    Engine::new().map_err(|error| Refused::from(format!("this machine cannot run WebAssembly: {error:#}")))
}
