//! Log lines: `[plugin] [request-id] text`, at Envoy's level, one line each.

use crate::host::{Host, host};
use crate::{property, task};
use log::{Level, LevelFilter, Log, Metadata, Record};
use std::fmt::Write;

struct GatewayLog;

/// Connects the `log` crate's macros with the gateway's log. Harmless when done twice.
pub(crate) fn start() {
    if log::set_logger(&GatewayLog).is_ok() {
        // Which lines are wanted changes at run time (`POST /logging?wasm=debug`), so the gateway is asked for each.
        log::set_max_level(LevelFilter::Trace);
        // A panic traps, and the gateway then only says "unreachable". The build drops std's own hook (see `xtask`).
        #[cfg(target_arch = "wasm32")]
        std::panic::set_hook(Box::new(|panic| log::error!("panic, the VM ends here: {panic}")));
    }
}

/// The ABI's number for a level.
fn number(level: Level) -> u32 {
    match level {
        Level::Trace => 0,
        Level::Debug => 1,
        Level::Info => 2,
        Level::Warn => 3,
        Level::Error => 4,
    }
}

impl Log for GatewayLog {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        number(metadata.level()) >= host().log_level()
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let current = task::current();
        let plugin = current.as_ref().map_or("plugin", |current| current.root().name);
        let exchange = current.as_ref().and_then(|current| current.exchange());
        let request = exchange.and_then(|_| property::request_id());
        let mut line = format!("[{plugin}] [{}] ", request.as_deref().unwrap_or("-"));
        // Writing to a string cannot fail; a `Display` that fails only shortens the line.
        let _ = write!(line, "{}", record.args());
        if let Some(rule) = exchange.and_then(|exchange| exchange.rule.as_ref()) {
            let _ = write!(line, " ({rule})");
        }
        host().log(number(record.level()), &one_line(line));
    }

    fn flush(&self) {}
}

/// A text from outside must not be able to forge a second line.
fn one_line(line: String) -> String {
    if !line.contains(|letter: char| letter.is_control()) {
        return line;
    }
    line.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}
