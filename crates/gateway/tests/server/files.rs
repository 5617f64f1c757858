//! Files that change at an awkward moment. Named pipes stand for files whose reading takes long.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc;

use testkit::{Answer, Upstream};

use super::running::{Config, PATIENCE};
use super::wasm;

fn pipe(path: PathBuf) -> PathBuf {
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    path
}

/// Waits until somebody reads a pipe, then lets `meanwhile` happen before they get `bytes`.
fn feed(pipe: &Path, bytes: &[u8], meanwhile: impl FnOnce()) {
    let mut writer = OpenOptions::new().write(true).open(pipe).unwrap();
    meanwhile();
    writer.write_all(bytes).unwrap();
}

#[test]
fn a_file_that_changes_while_the_gateway_starts_is_read_again() {
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let folder = tempfile::tempdir().unwrap();
    let (early, slow) = (folder.path().join("early.wasm"), pipe(folder.path().join("slow.wasm")));
    fs::write(&early, wasm::adding("x-one")).unwrap();
    let config = Config::to(&upstream).plugin("early", &early, "", "").plugin("slow", &slow, "", "");
    let first = std::thread::spawn({
        let slow = slow.clone();
        move || feed(&slow, &wasm::adding("x-slow"), || fs::write(early, wasm::adding("x-two")).unwrap())
    });
    let gateway = config.start();
    first.join().unwrap();
    let (fed, again) = mpsc::channel();
    std::thread::spawn(move || {
        feed(&slow, &wasm::adding("x-slow"), || {});
        fed.send(()).unwrap();
    });
    again.recv_timeout(PATIENCE).expect("the change is noticed");
    gateway.wait_for_log("the new configuration is in force");
    gateway.get("/").send();
    let seen = upstream.only();
    assert!(seen.headers.contains("x-two") && !seen.headers.contains("x-one"), "{:?}", seen.headers);
}

#[test]
fn a_refused_configuration_is_tried_again_when_any_of_its_files_is_mended() {
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let folder = tempfile::tempdir().unwrap();
    let module = folder.path().join("plugin.wasm");
    fs::write(&module, b"no module").unwrap();
    let gateway = Config::to(&upstream).start();
    gateway.configure(&Config::to(&upstream).plugin("adding", &module, "", ""));
    gateway.wait_for_log("the new configuration is refused, the last good one stays");
    fs::write(&module, wasm::adding("x-mended")).unwrap();
    gateway.wait_for_log("the new configuration is in force");
    gateway.get("/").send();
    assert!(upstream.only().headers.contains("x-mended"));
}

#[test]
fn the_end_does_not_wait_for_a_file_that_is_being_read() {
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let mut gateway = Config::to(&upstream).start();
    let slow = pipe(gateway.path("slow"));
    fs::rename(slow, gateway.path("envoy.yaml")).unwrap();
    gateway.wait_for_log("envoy.yaml has changed, the configuration is read again");
    assert!(gateway.end("-TERM").success());
}
