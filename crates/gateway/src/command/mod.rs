//! The command line: what people type, and what becomes of it.

mod options;

use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;

use crate::engine::Engine;
use crate::log::{Component, Format, Level, Log};
use crate::server::{self, Refused};
use options::{Mode, Options};

/// Reads the command line and does what it says. Exit code 1 after a fault, with a line in the log that tells it.
pub fn run() -> ExitCode {
    let options = Options::parse();
    let format = options.log_format.as_deref().map(Format::from).unwrap_or_default();
    let log = Arc::new(Log::new(options.log_level, format));
    let outcome = match log.set_from(&options.component_log_level.join(",")) {
        Ok(()) => serve(&options, &log),
        Err(error) => Err(Refused::from(format!("--component-log-level: {error}"))),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(refused) => {
            for line in refused.to_string().lines() {
                log.write(Component::Main, Level::Critical, format_args!("{line}"));
            }
            ExitCode::FAILURE
        }
    }
}

fn serve(options: &Options, log: &Arc<Log>) -> Result<(), Refused> {
    let settings = options.settings();
    match options.mode {
        Mode::Serve => server::run(&settings, log),
        Mode::Validate => {
            let engine = Engine::new().map_err(|error| format!("this machine cannot run WebAssembly: {error:#}"))?;
            settings.sources.load(&engine, log)?;
            println!("configuration '{}' OK", settings.sources.bootstrap.display());
            Ok(())
        }
    }
}
