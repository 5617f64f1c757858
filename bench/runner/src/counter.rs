//! Instructions that a process executes, counted by callgrind: the same count again on a busy machine.

use anyhow::{Context as _, Result, bail, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

const LONGEST_DUMP: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(20);

/// Where callgrind leaves what it counted.
pub(crate) struct Counter {
    folder: PathBuf,
    dumps: usize,
}

impl Counter {
    /// A counter that writes into `folder`.
    ///
    /// Errors when valgrind is not installed.
    pub(crate) fn new(folder: &Path) -> Result<Self> {
        let found = Command::new("valgrind").arg("--version").stdout(Stdio::null()).status();
        ensure!(
            found.is_ok_and(|status| status.success()),
            "--instructions counts with valgrind, which is not installed: on Debian, `apt-get install valgrind`"
        );
        Ok(Self { folder: folder.to_owned(), dumps: 0 })
    }

    /// Runs `program` under callgrind; arguments can be added.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new("valgrind");
        command
            .args(["-q", "--tool=callgrind"])
            // V8 writes machine code where it wrote some before.
            .arg("--smc-check=all-non-file")
            // PyPI's Envoy is started by a script.
            .arg("--trace-children=yes")
            .arg(format!("--callgrind-out-file={}", self.folder.join("callgrind").display()))
            .arg(program);
        command
    }

    /// Instructions of all threads of `pid` since the last call.
    pub(crate) fn take(&mut self, pid: u32) -> Result<u64> {
        let asked = Command::new("vgdb").arg(format!("--pid={pid}")).arg("dump").output();
        let asked = asked.context("cannot run vgdb, which comes with valgrind")?;
        ensure!(asked.status.success(), "vgdb: {}", String::from_utf8_lossy(&asked.stderr));
        self.dumps += 1;
        let path = self.folder.join(format!("callgrind.{}", self.dumps));
        let deadline = Instant::now() + LONGEST_DUMP;
        loop {
            // The totals are the last line: a file without them is not written to its end.
            let text = fs::read_to_string(&path).unwrap_or_default();
            if let Some(total) = total(&text) {
                fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
                return Ok(total);
            }
            if Instant::now() > deadline {
                bail!("callgrind wrote no totals to {} within {LONGEST_DUMP:?}", path.display());
            }
            sleep(POLL);
        }
    }
}

/// From the format's `totals:` line.
fn total(dump: &str) -> Option<u64> {
    let totals = dump.strip_suffix('\n')?.lines().rfind(|line| !line.is_empty())?;
    totals.strip_prefix("totals: ")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dump_counts_once_it_is_whole() {
        let dump = "version: 1\nevents: Ir\nsummary: 7\n\nfn=(1)\n3 4\n\ntotals: 59000\n";
        assert_eq!(total(dump), Some(59000));
        for end in 0..dump.len() - 1 {
            assert_eq!(total(&dump[..end]), None, "cut at {end}");
        }
    }
}
