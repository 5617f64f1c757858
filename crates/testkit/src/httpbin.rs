//! The real httpbin as an upstream, served by gunicorn.

use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

use crate::process::{End, Process};
use crate::wait::eventually;
use crate::workspace;

/// How long gunicorn may take until it listens.
const START_LIMIT: Duration = Duration::from_secs(15);

/// A running httpbin on a free local port. It ends when dropped.
pub struct Httpbin {
    address: SocketAddr,
    _process: Process,
}

impl Httpbin {
    /// Starts httpbin from the project's Python environment, or from the one in the folder `PYTHON_BIN`.
    ///
    /// # Panics
    /// When it is not installed or does not listen within 15 seconds.
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut command = Command::new(workspace::python_program("gunicorn"));
        // Port 0 and the port read back from the log: nobody can take it in between.
        command.args(["--bind", "127.0.0.1:0", "--workers", "1", "--threads", "4", "httpbin:app"]);
        let mut process = Process::start(command, End::Terminate, folder);
        let listening = eventually(START_LIMIT, || match process.exit_status() {
            Some(status) => panic!("httpbin ended at once ({status}):\n{}", process.log()),
            None => address_in(&process.log()),
        });
        let address =
            listening.unwrap_or_else(|| panic!("httpbin does not listen after {START_LIMIT:?}:\n{}", process.log()));
        Self { address, _process: process }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// The address in gunicorn's line `Listening at: http://127.0.0.1:40123 (4711)`.
fn address_in(log: &str) -> Option<SocketAddr> {
    let (_, rest) = log.split_once("Listening at: http://")?;
    rest.split_once(' ')?.0.parse().ok()
}
