//! A child process that never outlives the test: it dies with this value, and with the test run if that is aborted.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use tempfile::TempDir;

use crate::wait::eventually;

/// How a process is asked to end.
#[derive(Clone, Copy, Debug)]
pub(crate) enum End {
    /// At once: it has nothing to tidy up.
    Kill,
    /// With SIGTERM first, because it has children of its own.
    Terminate,
}

/// A running program with a folder of its own, where its output is kept.
pub(crate) struct Process {
    child: Child,
    end: End,
    folder: TempDir,
}

impl Process {
    /// Starts `command` with its working directory and log in `folder`.
    pub(crate) fn start(mut command: Command, end: End, folder: TempDir) -> Self {
        let program = command.get_program().to_owned();
        let log = std::fs::File::create(log_path(folder.path())).expect("a log file in a folder just made");
        let output = log.try_clone().expect("a second handle of an open file");
        command.current_dir(folder.path()).stdin(Stdio::null()).stdout(output).stderr(log);
        die_with_parent(&mut command, end);
        let child = spawn(command).unwrap_or_else(|error| panic!("cannot start {}: {error}", program.display()));
        Self { child, end, folder }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Standard output and error so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read(log_path(self.folder()))
            .map_or_else(|error| format!("(no log: {error})"), |bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, number: libc::c_int) {
        signal(&self.child, number);
    }

    /// How the process ended, if it has.
    pub(crate) fn exit_status(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("the state of our own child")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if matches!(self.end, End::Terminate) && self.exit_status().is_none() {
            signal(&self.child, libc::SIGTERM);
            eventually(Duration::from_secs(3), || self.exit_status());
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn log_path(folder: &Path) -> PathBuf {
    folder.join("output.log")
}

/// Starts a child from one thread that lives as long as the test run. The parent-death signal is tied to the thread
/// that forked, and the thread of a test ends before a gateway that several tests share.
fn spawn(command: Command) -> std::io::Result<Child> {
    type Order = (Command, Sender<std::io::Result<Child>>);
    static SPAWNER: OnceLock<Mutex<Sender<Order>>> = OnceLock::new();
    let spawner = SPAWNER.get_or_init(|| {
        let (orders, inbox) = channel::<Order>();
        std::thread::spawn(move || {
            for (mut command, reply) in inbox {
                let _ = reply.send(command.spawn());
            }
        });
        Mutex::new(orders)
    });
    let (reply, answer) = channel();
    spawner
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .send((command, reply))
        .expect("the spawning thread never ends");
    answer.recv().expect("the spawning thread answers every order")
}

#[cfg(target_os = "linux")]
#[allow(unsafe_code, reason = "there is no safe way to run prctl between fork and exec")]
fn die_with_parent(command: &mut Command, end: End) {
    use std::os::unix::process::CommandExt;
    let signal = match end {
        End::Kill => libc::SIGKILL,
        End::Terminate => libc::SIGTERM,
    };
    let parent = std::process::id();
    let arm = move || {
        // SAFETY: prctl and getppid take no pointers here and are safe to call after fork.
        let (armed, current_parent) = unsafe { (libc::prctl(libc::PR_SET_PDEATHSIG, signal), libc::getppid()) };
        if armed != 0 {
            return Err(std::io::Error::last_os_error());
        }
        // The parent may have died before the signal was armed.
        if u32::try_from(current_parent) == Ok(parent) { Ok(()) } else { Err(std::io::ErrorKind::NotFound.into()) }
    };
    // SAFETY: the closure allocates nothing and takes no lock.
    unsafe { command.pre_exec(arm) };
}

/// Elsewhere only an orderly end of the test run takes the child along.
#[cfg(not(target_os = "linux"))]
fn die_with_parent(_command: &mut Command, _end: End) {}

#[allow(unsafe_code, reason = "std can only send SIGKILL")]
fn signal(child: &Child, signal: libc::c_int) {
    if let Ok(id) = libc::pid_t::try_from(child.id()) {
        // SAFETY: kill takes no pointers. The child is ours and not yet waited for, so the id is still its own.
        unsafe { libc::kill(id, signal) };
    }
}
