//! Namespaces of its own for what a test starts: its processes, mounts and network end with it, however it ends.
//!
//! The test runs itself again inside of them, as process 1. When that process is gone the kernel ends all others.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// Set inside: the folder that the test may write to.
const INSIDE: &str = "DOCKER_TEST_FOLDER";

/// Set inside: the namespaces of the test that runs it.
const OUTSIDE: &str = "DOCKER_TEST_NAMESPACES";

/// Far longer than anything here takes.
const LIMIT: Duration = Duration::from_secs(1800);

/// Programs with the Debian package that brings them.
const PROGRAMS: [(&str, &str); 7] = [
    ("unshare", "util-linux"),
    ("setpriv", "util-linux"),
    ("ip", "iproute2"),
    ("iptables", "iptables"),
    ("curl", "curl"),
    ("dockerd", "docker.io"),
    ("make", "make"),
];

/// Runs `inside` in the namespaces, with a folder that is removed afterwards; `test` is the name of the calling test.
pub(crate) fn run(test: &str, inside: impl FnOnce(&Path)) {
    if let Some(folder) = std::env::var_os(INSIDE) {
        // Whatever is started from here on belongs to namespaces that nobody else is in.
        let outside = std::env::var(OUTSIDE).unwrap();
        assert!(namespaces().split(' ').all(|it| !outside.contains(it)), "not in namespaces of its own: {outside}");
        prepare(Path::new(&folder));
        return inside(Path::new(&folder));
    }
    let root = Path::new("/proc/self").metadata().unwrap().uid() == 0;
    assert!(root, "a Docker Engine needs root; run: sudo -E env PATH=\"$PATH\" make test-compose");
    for (program, package) in PROGRAMS {
        let found = Command::new("which").arg(program).output().is_ok_and(|it| it.status.success());
        assert!(found, "{program} is not installed; `apt-get install {package}`");
    }
    let folder = tempfile::Builder::new().prefix("compose-test-").tempdir().unwrap();
    let succeeded = again(test, folder.path());
    for cgroup in cgroups(folder.path()) {
        remove_cgroup(&cgroup);
    }
    assert_eq!(leftovers(folder.path()), [""; 0], "something was left behind");
    assert!(succeeded, "see above");
}

/// The cgroup that belongs to a folder. Cgroups have no namespace that would take them away.
pub(crate) fn cgroup(folder: &Path) -> String {
    format!("/{}", folder.file_name().unwrap().to_string_lossy())
}

fn again(test: &str, folder: &Path) -> bool {
    let mut command = Command::new("setpriv");
    // The end of this process ends `unshare`, and that the namespaces.
    command.args(["--pdeathsig", "KILL", "unshare", "--mount", "--net", "--pid", "--ipc", "--fork", "--kill-child"]);
    command.arg("--mount-proc").arg(std::env::current_exe().unwrap());
    command
        .args(["--exact", test, "--nocapture", "--test-threads", "1"])
        .env(INSIDE, folder)
        .env(OUTSIDE, namespaces());
    let mut child = command.spawn().unwrap();
    let deadline = Instant::now() + LIMIT;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status.success();
        }
        if Instant::now() > deadline {
            child.kill().unwrap();
            child.wait().unwrap();
            eprintln!("the test did not end within {LIMIT:?}");
            return false;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Docker writes to `/run` and `/etc/docker`: both get a layer in memory here. The loopback interface has to be up.
fn prepare(folder: &Path) {
    let over = folder.join("etc");
    std::fs::create_dir(&over).unwrap();
    sh("mount -t tmpfs tmpfs /run");
    sh(&format!("mount -t tmpfs tmpfs {}", over.display()));
    std::fs::create_dir(over.join("upper")).unwrap();
    std::fs::create_dir(over.join("work")).unwrap();
    let over = over.display();
    sh(&format!("mount -t overlay overlay -o lowerdir=/etc,upperdir={over}/upper,workdir={over}/work /etc"));
    sh("ip link set lo up");
}

fn sh(command: &str) {
    let status = Command::new("sh").args(["-c", command]).status().unwrap();
    assert!(status.success(), "{command}: {status}");
}

/// Names of the namespaces that interfaces and packet filter, mounts and processes belong to.
fn namespaces() -> String {
    let name = |kind| std::fs::read_link(Path::new("/proc/self/ns").join(kind)).unwrap().display().to_string();
    ["net", "mnt", "pid"].map(name).join(" ")
}

/// Processes, mounts and cgroups that belong to the folder.
fn leftovers(folder: &Path) -> Vec<String> {
    let name = folder.display().to_string();
    let mut found = Vec::new();
    for process in std::fs::read_dir("/proc").unwrap().flatten() {
        let command = std::fs::read(process.path().join("cmdline")).unwrap_or_default();
        let command = String::from_utf8_lossy(&command).replace('\0', " ");
        if command.contains(&name) {
            found.push(command);
        }
    }
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap();
    found.extend(mounts.lines().filter(|it| it.contains(&name)).map(str::to_owned));
    found.extend(cgroups(folder).iter().map(|it| it.display().to_string()));
    found
}

/// The cgroups of a folder, in each hierarchy that there is.
fn cgroups(folder: &Path) -> Vec<PathBuf> {
    let root = Path::new("/sys/fs/cgroup");
    let hierarchies = std::fs::read_dir(root).into_iter().flatten().flatten().map(|it| it.path());
    let name = cgroup(folder);
    let all = hierarchies.chain([root.to_owned()]).map(|it| it.join(name.trim_start_matches('/')));
    all.filter(|it| it.is_dir()).collect()
}

/// A cgroup is removed from its leaves up; processes that were killed a moment ago may still be in it.
fn remove_cgroup(cgroup: &Path) {
    for child in std::fs::read_dir(cgroup).into_iter().flatten().flatten().filter(|it| it.path().is_dir()) {
        remove_cgroup(&child.path());
    }
    for _ in 0..100 {
        if std::fs::remove_dir(cgroup).is_ok() {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}
