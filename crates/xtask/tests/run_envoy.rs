//! `cargo xtask run-envoy` as a person runs it: on a real Envoy and a real httpbin, on free ports.
#![allow(clippy::unwrap_used, reason = "a failed expectation is how a test speaks")]

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// Covers a first build of the plugins and the installation of Envoy.
const START: Duration = Duration::from_secs(600);
const END: Duration = Duration::from_secs(30);

/// Three ports that were free a moment ago: gateway, httpbin, admin.
fn free_ports() -> [u16; 3] {
    let listeners = [(); 3].map(|()| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}

fn run_envoy([gateway, httpbin, admin]: [u16; 3]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.args(["run-envoy", "--port", &gateway.to_string()]);
    command.args(["--httpbin-port", &httpbin.to_string(), "--admin-port", &admin.to_string()]);
    command
}

fn get(port: u16, host: &str) -> String {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    stream.set_read_timeout(Some(END)).unwrap();
    write!(stream, "GET /get HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    reply
}

/// The lines of a child's output as they come.
fn lines(output: impl Read + Send + 'static) -> Receiver<String> {
    let (send, receive) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            let _ = send.send(line);
        }
    });
    receive
}

/// The running program; ends with the test, whatever becomes of it.
struct Running(Child);

impl Running {
    /// Asks it to end, as `kill` and, in effect, Ctrl-C do, and waits until it has.
    fn terminate(&mut self) -> ExitStatus {
        if let Some(status) = self.0.try_wait().unwrap() {
            return status;
        }
        let pid = i32::try_from(self.0.id()).unwrap();
        kill(Pid::from_raw(pid), Signal::SIGTERM).unwrap();
        self.0.wait().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.terminate();
    }
}

#[test]
fn runs_the_plugins_and_leaves_nothing_behind() {
    let ports = free_ports();
    let [gateway, httpbin, admin] = ports;
    let child = run_envoy(ports).stdout(Stdio::piped()).spawn().unwrap();
    let mut running = Running(child);
    let output = lines(running.0.stdout.take().unwrap());
    while !output.recv_timeout(START).expect("run-envoy ends or hangs before it is ready").starts_with("ready") {}

    let direct = get(httpbin, "test");
    assert!(!direct.contains("\"Hello\""), "{direct}");
    let through = get(gateway, "test");
    assert!(through.contains("\"Hello\": \"world\""), "{through}");

    let mocked = get(gateway, "mock.example");
    assert!(mocked.ends_with("\r\n\r\nhello world"), "{mocked}");

    assert!(running.terminate().success(), "ending it is not an error");
    for port in [gateway, httpbin, admin] {
        assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err(), "port {port} is still served");
    }
}

#[test]
fn a_taken_port_is_named_before_anything_starts() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let [_, httpbin, admin] = free_ports();
    let port = taken.local_addr().unwrap().port();
    let output = run_envoy([port, httpbin, admin]).output().unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains(&format!("port {port}")) && said.contains("--port"), "{said}");
}
