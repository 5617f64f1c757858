//! A headless Chromium of the machine, with a profile of its own.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

const NAMES: &[&str] = &["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"];

/// A browser that ends with the value.
pub(crate) struct Chromium {
    child: Child,
    profile: PathBuf,
}

impl Chromium {
    /// Opens an address in a window of this size. `name` keeps browsers of one test run apart.
    pub(crate) fn open(name: &str, size: (u32, u32), more: &[String], url: &str) -> Self {
        let profile = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("chromium-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&profile).unwrap();
        let child = Command::new(program())
            // It shows this program's own page alone, and root may have no sandbox.
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run"])
            .arg(format!("--user-data-dir={}", profile.display()))
            .arg(format!("--window-size={},{}", size.0, size.1))
            .args(more)
            .arg(url)
            // It starts many processes, which are to end with it.
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self { child, profile }
    }

    /// Waits until it ends by itself.
    pub(crate) fn wait(&mut self) {
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // The group of the browser that was started here, and nothing else.
        let group = format!("-{}", self.child.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
        let _ = self.child.wait();
        // What is dying may still write.
        for _ in 0..50 {
            if std::fs::remove_dir_all(&self.profile).is_ok() || !self.profile.exists() {
                break;
            }
            thread::sleep(Duration::from_millis(50));
        }
    }
}

fn program() -> PathBuf {
    if let Some(path) = std::env::var_os("CHROMIUM") {
        return path.into();
    }
    let directories: Vec<PathBuf> = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).collect();
    NAMES.iter().find_map(|name| directories.iter().map(|it| it.join(name)).find(|it| it.is_file())).unwrap_or_else(
        || {
            panic!(
                "no Chromium is installed (looked for {NAMES:?}); on Debian: apt-get install chromium-headless-shell, \
                 or set CHROMIUM to the program"
            )
        },
    )
}
