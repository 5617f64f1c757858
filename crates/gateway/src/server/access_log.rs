//! Access logs: a line for each finished exchange, to a file or to the terminal.

use std::fs::File;
use std::io::Write;
use std::sync::{Mutex, PoisonError};

use super::exchange::Live;
use super::format;
use crate::bootstrap::{AccessLog, Format, Output};

/// An access log that is open. Threads share it, so that lines stay whole.
pub(super) struct AccessWriter {
    format: Format,
    out: Mutex<Box<dyn Write + Send>>,
}

impl AccessWriter {
    /// Opens a log; a file is made if there is none, and added to if there is.
    ///
    /// # Errors
    /// With the file and why it cannot be written.
    pub(super) fn open(log: &AccessLog) -> Result<Self, String> {
        let out: Box<dyn Write + Send> = match &log.output {
            Output::Stdout => Box::new(std::io::stdout()),
            Output::Stderr => Box::new(std::io::stderr()),
            Output::File(path) => {
                let file = File::options().create(true).append(true).open(path);
                Box::new(file.map_err(|error| format!("the access log {} cannot be written: {error}", path.display()))?)
            }
        };
        Ok(Self { format: log.format.clone(), out: Mutex::new(out) })
    }

    pub(super) fn write(&self, live: &Live) {
        let found = live.route(None);
        let record = live.record.borrow();
        let line = self.format.render("-", |operator| format::value(&live.site, found, &record, operator));
        // A log that cannot be written any more has nobody to tell it to.
        let _ = self.out.lock().unwrap_or_else(PoisonError::into_inner).write_all(line.as_bytes());
    }
}
