//! The built-in httpbin answers as the real one does.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failed expectation is how a test speaks")]

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::{Httpbin, Reply, Request};

/// Ours, for all tests; its thread ends with them.
fn ours() -> SocketAddr {
    static ADDRESS: OnceLock<SocketAddr> = OnceLock::new();
    *ADDRESS.get_or_init(|| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || gateway::httpbin::serve(listener));
        address
    })
}

/// The answer without what names the server, so that two of them can be compared.
fn shape(reply: &Reply) -> (u16, Option<String>, Vec<Value>) {
    let lines: Result<Vec<Value>, _> = serde_json::Deserializer::from_slice(&reply.body).into_iter().collect();
    (reply.status, reply.header_text("content-type").map(ToOwned::to_owned), lines.unwrap_or_default())
}

/// Method, path, headers and body.
type Case<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], &'a [u8]);

#[test]
fn answers_are_those_of_the_real_one() {
    let real = Httpbin::start();
    let ask = |server: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]| {
        let mut request = Request::new(server, method, path).header("host", "bin.example");
        for (name, value) in headers {
            request = request.header(name, value);
        }
        if body.is_empty() { request.send() } else { request.body(body).send() }
    };
    let form = ("content-type", "application/x-www-form-urlencoded");
    let json = ("content-type", "application/json");
    let cases: &[Case] = &[
        ("GET", "/get", &[], b""),
        ("GET", "/get?a=1&a=2&b=&c=%20x&d", &[("x-two-words", "1"), ("X-Two-Words", "2")], b""),
        ("GET", "/headers", &[("x-bytes", "é"), ("accept", "*/*")], b""),
        ("GET", "/get", &[("x-forwarded-for", "1.2.3.4"), ("x-forwarded-proto", "https"), ("x-request-id", "7")], b""),
        ("GET", "/anything/any/path?x=1", &[], b""),
        ("DELETE", "/anything", &[], b"text"),
        ("POST", "/post", &[form], b"a=1&b=2&a=%20+%C3%A9"),
        ("POST", "/post", &[json], b"{\"x\": [1, {\"y\": null}]}"),
        ("POST", "/post", &[json], b"{broken"),
        ("POST", "/post", &[("content-type", "text/plain")], b"\xff\xfe"),
        ("PUT", "/put", &[json], b"5"),
        ("PATCH", "/patch", &[], b"x"),
        ("DELETE", "/delete", &[], b""),
        ("POST", "/delay/0.05", &[form], b"a=1"),
        ("GET", "/stream/3?a=1", &[], b""),
        ("GET", "/stream/0", &[], b""),
    ];
    for (method, path, headers, body) in cases {
        let expected = ask(real.address(), method, path, headers, body);
        let found = ask(ours(), method, path, headers, body);
        assert_eq!(shape(&found), shape(&expected), "{method} {path} {headers:?}");
    }
    for path in ["/status/200", "/status/204", "/status/418", "/status/503", "/status/999", "/status/abc", "/nothing"] {
        assert_eq!(
            ask(ours(), "GET", path, &[], b"").status,
            ask(real.address(), "GET", path, &[], b"").status,
            "{path}"
        );
    }
    for (method, path) in
        [("POST", "/get"), ("GET", "/post"), ("GET", "/stream/x"), ("GET", "/bytes/x"), ("HEAD", "/get")]
    {
        let (found, expected) = (ask(ours(), method, path, &[], b""), ask(real.address(), method, path, &[], b""));
        assert_eq!(found.status, expected.status, "{method} {path}");
    }
    for count in [0, 1, 13, 200_000] {
        let path = format!("/bytes/{count}");
        let (found, expected) = (ask(ours(), "GET", &path, &[], b""), ask(real.address(), "GET", &path, &[], b""));
        assert_eq!(
            (found.body.len(), found.header("content-type")),
            (expected.body.len(), expected.header("content-type"))
        );
    }
}

#[test]
fn a_delay_lets_others_pass() {
    let began = Instant::now();
    let slow = std::thread::spawn(|| {
        assert_eq!(Request::new(ours(), "GET", "/delay/2").send().status, 200);
        Instant::now()
    });
    assert_eq!(Request::new(ours(), "GET", "/get").send().status, 200);
    let others_passed = Instant::now();
    let slow_ended = slow.join().unwrap();
    assert!(others_passed < slow_ended, "the second client waited for the first");
    assert!(slow_ended - began >= Duration::from_secs(2));
}

#[test]
fn a_connection_is_kept_and_a_list_of_codes_gives_one_of_them() {
    let mut connection = testkit::Connection::open(ours(), Duration::from_secs(10));
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..60 {
        seen.insert(connection.send(&Request::new(ours(), "GET", "/status/201,503")).status);
    }
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [201, 503]);
    let reply = connection.send(&Request::new(ours(), "GET", "/status/302"));
    assert_eq!(reply.header_text("location"), Some("/get"));
}

#[test]
fn clients_beyond_the_systems_limit_wait_at_no_cost() {
    let limited = format!("ulimit -n 24; exec {} httpbin --port 0", env!("CARGO_BIN_EXE_gateway"));
    let mut server = Command::new("sh").args(["-c", &limited]).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address: SocketAddr = line.trim().rsplit("http://").next().unwrap().parse().unwrap();
    // In ticks, of which Linux has 100 a second; see `stat` in proc(5).
    let used = || {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", server.id())).unwrap();
        let fields = stat.rsplit(") ").next().unwrap().split(' ');
        fields.skip(11).take(2).map(|ticks| ticks.parse::<u64>().unwrap()).sum::<u64>()
    };
    let mut clients: Vec<TcpStream> = (0..40).map(|_| TcpStream::connect(address).unwrap()).collect();
    std::thread::sleep(Duration::from_millis(200));
    let before = used();
    std::thread::sleep(Duration::from_secs(1));
    let ticks = used() - before;
    // Others leave, so those that wait are served.
    clients.drain(..30);
    let reply = Request::new(address, "GET", "/get").deadline(Duration::from_secs(20)).try_send();
    server.kill().unwrap();
    server.wait().unwrap();
    assert_eq!(reply.map(|reply| reply.status).ok(), Some(200));
    assert!(ticks < 20, "{ticks} ticks of processor time in a second of nothing");
}

#[test]
fn what_it_does_not_have_is_told_with_what_it_has() {
    let reply = Request::new(ours(), "GET", "/nowhere").send();
    assert!(reply.text().contains("/anything") && reply.text().contains("/status/N"), "{reply:#?}");
    let reply = Request::new(ours(), "GET", "/post").send();
    assert_eq!(reply.header_text("allow"), Some("POST"));
    let reply = Request::new(ours(), "GET", "/response-headers?x-token=demo&x-b=%20c").send();
    assert_eq!((reply.header_text("x-token"), reply.header_text("x-b")), (Some("demo"), Some("c")));
    assert_eq!(shape(&Request::new(ours(), "GET", "/anything").send()).2[0]["json"], json!(null));
}
