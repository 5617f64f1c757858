//! A server that we started and that ends with us.

use super::log_lines::{self, Screen};
use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a server may take to end when asked; then it is killed.
const PATIENCE: Duration = Duration::from_secs(5);

/// Lines of a log that a failure shows.
const TAIL: usize = 20;

/// A running server with its log file. Ends when dropped.
pub(super) struct Process {
    name: &'static str,
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts a server. Its output goes to `folder/<name>.log`, and each line of its standard error to `screen`.
    pub(super) fn start(
        name: &'static str,
        mut command: Command,
        folder: &Path,
        screen: Option<Screen>,
    ) -> Result<Self> {
        let log = folder.join(format!("{}.log", name.to_lowercase()));
        let file = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        command.stdin(Stdio::null()).stdout(file.try_clone()?).process_group(0);
        command.stderr(if screen.is_some() { Stdio::piped() } else { file.try_clone()?.into() });
        let mut child = command.spawn().with_context(|| format!("cannot start {name}: {command:?}"))?;
        if let (Some(screen), Some(output)) = (screen, child.stderr.take()) {
            std::thread::spawn(move || copy(output, file, &screen));
        }
        Ok(Self { name, child, log })
    }

    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    /// Fails, with the end of its log, when the server is not running any more.
    pub(super) fn require_alive(&mut self) -> Result<()> {
        let Some(status) = self.child.try_wait()? else {
            return Ok(());
        };
        // Give the thread that copies the log a moment to write down the last words.
        std::thread::sleep(Duration::from_millis(100));
        bail!("{} ended by itself ({status})\n{}", self.name, self.last_words())
    }

    /// The end of the log without its chatter, and where the whole of it is.
    pub(super) fn last_words(&self) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let mut lines: Vec<_> = log.lines().filter_map(log_lines::worth_showing).collect();
        lines.dedup();
        let tail = lines.get(lines.len().saturating_sub(TAIL)..).unwrap_or_default();
        format!("  {}\nwhole log: {}", tail.join("\n  "), self.log.display())
    }

    fn end(&mut self) -> Result<()> {
        if self.child.try_wait()?.is_some() {
            return Ok(());
        }
        kill(Pid::from_raw(i32::try_from(self.child.id())?), Signal::SIGTERM)?;
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            if self.child.try_wait()?.is_some() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

/// Copies a log to its file and the screen until the server closes it. A line need not be UTF-8: clients put anything
/// into a header.
fn copy(output: ChildStderr, mut file: File, screen: &Screen) {
    for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line);
        let _ = writeln!(file, "{line}");
        screen.line(&line);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            anstream::eprintln!("cannot end {} (process {}): {error}", self.name, self.child.id());
        }
    }
}
