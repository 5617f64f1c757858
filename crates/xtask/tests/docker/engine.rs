//! A Docker Engine of the test's own: its data, socket and programs' state in one folder.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::sandbox;

const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) struct Engine {
    folder: PathBuf,
    process: Child,
}

impl Engine {
    /// Starts it and waits until it answers.
    pub(crate) fn start(folder: &Path) -> Self {
        let log = File::create(folder.join("log")).unwrap();
        let mut dockerd = Command::new("dockerd");
        dockerd.arg("--data-root").arg(folder.join("data")).arg("--exec-root").arg(folder.join("exec"));
        dockerd.arg("--pidfile").arg(folder.join("pid")).arg("--host").arg(socket(folder));
        dockerd
            .arg("--cgroup-parent")
            .arg(sandbox::cgroup(folder))
            .args(["--exec-opt", "native.cgroupdriver=cgroupfs"]);
        let process = dockerd.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
        let mut engine = Self { folder: folder.to_owned(), process };
        let deadline = Instant::now() + PATIENCE;
        while !engine.command("docker").arg("version").output().unwrap().status.success() {
            let ended = engine.process.try_wait().unwrap();
            assert!(ended.is_none() && Instant::now() < deadline, "dockerd does not serve: {}", engine.log());
            std::thread::sleep(Duration::from_millis(100));
        }
        engine
    }

    /// The folder that the test may write to.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// A program that talks to this engine, in the root of the workspace.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
        command.current_dir(root).stdin(Stdio::null());
        command.env("DOCKER_HOST", socket(&self.folder)).env("DOCKER_CONFIG", self.folder.join("config"));
        command
    }

    /// What `docker` prints.
    pub(crate) fn docker(&self, arguments: &[&str]) -> String {
        let output = self.command("docker").args(arguments).output().unwrap();
        assert!(output.status.success(), "docker {arguments:?}: {}", said(&output));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Ends it and waits for that, so that it can put everything away.
    pub(crate) fn stop(mut self) {
        kill(Pid::from_raw(self.process.id().try_into().unwrap()), Signal::SIGTERM).unwrap();
        let deadline = Instant::now() + PATIENCE;
        while self.process.try_wait().unwrap().is_none() {
            assert!(Instant::now() < deadline, "dockerd does not end: {}", self.log());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }
}

fn socket(folder: &Path) -> String {
    format!("unix://{}", folder.join("socket").display())
}

/// Everything that a program printed.
pub(crate) fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), output.stderr.as_slice()].concat()).into_owned()
}
