//! A server that we started and that ends with us.

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
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
    /// Starts a server, its output in `folder/<name>.log`; `show` sees each line of it.
    pub(super) fn start(
        name: &'static str,
        mut command: Command,
        folder: &Path,
        show: Option<fn(&str)>,
    ) -> Result<Self> {
        let log = folder.join(format!("{}.log", name.to_lowercase()));
        let mut file =
            File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        command.stdin(Stdio::null()).process_group(0);
        if show.is_none() {
            command.stdout(file.try_clone()?).stderr(file.try_clone()?);
        } else {
            command.stdout(Stdio::null()).stderr(Stdio::piped());
        }
        let mut child = command
            .spawn()
            .with_context(|| format!("cannot start {name}: {command:?}"))?;
        if let (Some(show), Some(output)) = (show, child.stderr.take()) {
            std::thread::spawn(move || {
                for line in BufReader::new(output).lines().map_while(Result::ok) {
                    let _ = writeln!(file, "{line}");
                    show(&line);
                }
            });
        }
        Ok(Self { name, child, log })
    }

    /// Fails, with the end of its log, when the server is not running any more.
    pub(super) fn require_alive(&mut self) -> Result<()> {
        let Some(status) = self.child.try_wait()? else {
            return Ok(());
        };
        // Give the thread that copies the log a moment to write down the last words.
        std::thread::sleep(Duration::from_millis(100));
        bail!(
            "{} ended by itself ({status})\n{}",
            self.name,
            self.last_words()
        )
    }

    /// The end of the log, lines about plugins first; the whole log is named below.
    pub(super) fn last_words(&self) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let (plugins, other): (Vec<_>, Vec<_>) = log
            .lines()
            .partition(|line| line.to_lowercase().contains("wasm"));
        let tail = |lines: Vec<&str>| {
            lines
                .get(lines.len().saturating_sub(TAIL)..)
                .unwrap_or_default()
                .join("\n  ")
        };
        format!(
            "  {}\n  {}\nwhole log: {}",
            tail(plugins),
            tail(other),
            self.log.display()
        )
    }

    fn end(&mut self) -> Result<()> {
        if self.child.try_wait()?.is_some() {
            return Ok(());
        }
        kill(
            Pid::from_raw(i32::try_from(self.child.id())?),
            Signal::SIGTERM,
        )?;
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

impl Drop for Process {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            anstream::eprintln!(
                "cannot end {} (process {}): {error}",
                self.name,
                self.child.id()
            );
        }
    }
}
