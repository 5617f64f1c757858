//! `make run` as a person runs it: the local gateway with all plugins, Redis and an upstream, on free ports.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed expectation is how a test speaks"
)]

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// Covers a first build of the plugins.
const START: Duration = Duration::from_secs(600);
const END: Duration = Duration::from_secs(30);

/// Three ports that were free a moment ago: gateway, httpbin, admin.
fn free_ports() -> [u16; 3] {
    let listeners = [(); 3].map(|()| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}

/// A command with the ports in its environment, and the gateway that cargo has built beside this test.
fn with_ports(mut command: Command, [gateway, httpbin, admin]: [u16; 3]) -> Command {
    let program = Path::new(env!("CARGO_BIN_EXE_xtask")).with_file_name("gateway");
    assert!(program.is_file(), "no {}; run: cargo build --package gateway", program.display());
    command.env("GATEWAY", program);
    command.env("GATEWAY_PORT", gateway.to_string()).env("HTTPBIN_PORT", httpbin.to_string());
    command.env("ADMIN_PORT", admin.to_string()).stdout(Stdio::piped());
    command
}

fn get(port: u16, host: &str, path: &str) -> String {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    stream.set_read_timeout(Some(END)).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    reply
}

/// The running program; ends with the test, whatever becomes of it.
struct Running {
    child: Child,
    output: Receiver<String>,
}

impl Running {
    fn start(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let stdout = child.stdout.take().unwrap();
        let (send, output) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let _ = send.send(line);
            }
        });
        Self { child, output }
    }

    /// Waits for a line that starts so, and gives all lines up to it.
    fn wait_for(&self, start: &str) -> Vec<String> {
        let mut lines = Vec::new();
        while !lines.last().is_some_and(|line: &String| line.starts_with(start)) {
            match self.output.recv_timeout(START) {
                Ok(line) => lines.push(line),
                Err(RecvTimeoutError::Disconnected) => panic!("it ended before {start:?}: {lines:#?}"),
                Err(RecvTimeoutError::Timeout) => panic!("no {start:?} in time: {lines:#?}"),
            }
        }
        lines
    }

    fn end(&mut self, signal: Signal) -> ExitStatus {
        let pid = i32::try_from(self.child.id()).unwrap();
        kill(Pid::from_raw(pid), signal).unwrap();
        let deadline = Instant::now() + END;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "{signal} does not end it");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.child.try_wait().unwrap().is_none() {
            self.end(Signal::SIGTERM);
        }
    }
}

fn assert_nothing_is_left(ports: [u16; 3]) {
    let deadline = Instant::now() + END;
    for port in ports {
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() {
            assert!(Instant::now() < deadline, "port {port} is still served");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

#[test]
fn one_curl_shows_one_plugin() {
    let ports = free_ports();
    let [gateway, httpbin, admin] = ports;
    let folder = std::env::temp_dir().join(format!("xtask-run-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let config = folder.join("envoy.yaml");
    let checked_in = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../envoy.yaml");
    std::fs::copy(checked_in, &config).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.arg("run").arg("--config").arg(&config);
    let mut running = Running::start(with_ports(command, ports));
    running.wait_for("ready");

    assert!(!get(httpbin, "test", "/get").contains("\"Hello\""));
    let injected = get(gateway, "test", "/get");
    assert!(injected.contains("\"Hello\": \"world\"") && !injected.contains("X-Token"), "{injected}");
    assert!(get(gateway, "mock.example", "/get").ends_with("\r\n\r\nhello world"));
    assert!(get(gateway, "token.example", "/get").contains("\"X-Token\": \"demo\""));
    let limited: Vec<bool> =
        (0..4).map(|_| get(gateway, "limited.example", "/get").starts_with("HTTP/1.1 429")).collect();
    // A minute may begin in between.
    assert!(!limited[0], "{limited:?}");
    assert!(get(gateway, "all.example", "/get").contains("\"X-Token\": \"demo\""));
    assert!(get(admin, "test", "/ready").starts_with("HTTP/1.1 200"));

    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace("\"mockEnable\": true", "\"mockEnable\": true, \"body\": \"changed\""))
        .unwrap();
    let deadline = Instant::now() + END;
    while !get(gateway, "mock.example", "/get").ends_with("\r\n\r\nchanged") {
        assert!(Instant::now() < deadline, "the saved configuration does not take effect");
        std::thread::sleep(Duration::from_millis(50));
    }

    assert!(running.end(Signal::SIGTERM).success(), "ending it is not an error");
    assert_nothing_is_left(ports);
    std::fs::remove_dir_all(folder).unwrap();
}

/// A supervisor that sends SIGINT to make alone tells nobody else.
#[test]
#[cfg(target_os = "linux")]
fn an_interrupted_make_ends_everything() {
    let ports = free_ports();
    let folder = std::env::temp_dir().join(format!("xtask-make-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("Makefile"), format!("run:\n\t{} run\n", env!("CARGO_BIN_EXE_xtask"))).unwrap();
    // A shell's background jobs, of which this test may be one, begin with SIGINT ignored.
    let mut command = Command::new("env");
    command.args(["--default-signal=INT", "make", "--file"]).arg(folder.join("Makefile")).arg("run");
    let mut running = Running::start(with_ports(command, ports));
    running.wait_for("ready");
    running.end(Signal::SIGINT);
    assert_nothing_is_left(ports);
    std::fs::remove_dir_all(folder).unwrap();
}
