//! What the kernel knows about a process: CPU time spent and memory held.

use anyhow::{Context as _, Result};
use std::fs;
use std::time::Duration;

/// CPU time of all threads of `pid` so far, user and system.
///
/// From `schedstat`, which counts nanoseconds; `utime` and `stime` count ticks of 10 ms. A thread's figure is
/// exact while the thread sleeps, so read it when the process is idle.
pub(crate) fn cpu_time(pid: u32) -> Result<Duration> {
    let tasks = format!("/proc/{pid}/task");
    let mut nanoseconds = 0;
    for task in fs::read_dir(&tasks).with_context(|| format!("cannot list {tasks}"))? {
        let path = task?.path().join("schedstat");
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let on_cpu = text.split_ascii_whitespace().next().and_then(|field| field.parse::<u64>().ok());
        nanoseconds += on_cpu.with_context(|| format!("{} does not start with a number: {text:?}", path.display()))?;
    }
    Ok(Duration::from_nanos(nanoseconds))
}

/// Anonymous resident memory of `pid` in KiB: heap, stacks, V8's heap and compiled code, linear memories; no files.
pub(crate) fn anonymous_kib(pid: u32) -> Result<u64> {
    let path = format!("/proc/{pid}/status");
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
    text.lines()
        .find_map(|line| line.strip_prefix("RssAnon:"))
        .and_then(|value| value.split_ascii_whitespace().next())
        .and_then(|kib| kib.parse().ok())
        .with_context(|| format!("{path} has no RssAnon line"))
}
