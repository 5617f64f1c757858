//! HTTP/1.0, HTTP/2, upgrades, and requests that are none.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use testkit::{Answer, Upstream};

use super::running::{Config, Gateway, PATIENCE};
use super::wasm;

fn raw(gateway: &Gateway, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(gateway.address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(request).unwrap();
    let mut reply = Vec::new();
    let _ = stream.read_to_end(&mut reply);
    String::from_utf8_lossy(&reply).into_owned()
}

#[test]
fn http2_clients_are_served_on_the_same_port() {
    let upstream = Upstream::start(|seen| Answer::ok(&seen.body).trailer("x-end", "1"));
    let gateway = Config::to(&upstream).start();
    let reply = gateway.request("POST", "/h2").http2().header("x-a", "1").chunk("one ").chunk("two").send();
    assert_eq!((reply.status, reply.text()), (200, "one two"));
    assert_eq!(reply.trailers.text("x-end"), Some("1"));
    let seen = upstream.only();
    assert_eq!((seen.path.as_str(), seen.header_text("x-a")), ("/h2", Some("1")));
    assert_eq!(seen.header_text("host"), Some(gateway.address.to_string().as_str()));
}

#[test]
fn what_is_no_request_is_refused() {
    let upstream = Upstream::start(|_| Answer::ok("hi"));
    let gateway = Config::to(&upstream).manager("max_request_headers_kb: 2").start();
    for (request, expected) in [
        ("GET / HTTP/1.0\r\nhost: x\r\n\r\n".to_owned(), "426 Upgrade Required"),
        ("GET / HTTP/1.1\r\n\r\n".to_owned(), "400 Bad Request"),
        ("GET\r\n\r\n".to_owned(), "400 Bad Request"),
        ("GET / HTTP/1.1\r\nhost: x\r\nbad name: 1\r\n\r\n".to_owned(), "400 Bad Request"),
        (
            format!("GET / HTTP/1.1\r\nhost: x\r\na: {}\r\n\r\n", "a".repeat(3000)),
            "431 Request Header Fields Too Large",
        ),
        ("CONNECT x:80 HTTP/1.1\r\nhost: x\r\n\r\n".to_owned(), "404 Not Found"),
        ("GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n".to_owned(), "403 Forbidden"),
    ] {
        let reply = raw(&gateway, request.as_bytes());
        assert!(reply.split("\r\n").next().unwrap().ends_with(expected), "{expected}: {reply}");
    }
    assert_eq!(upstream.count(), 0);
}

/// Takes a connection, and agrees to the upgrade that its request asks for.
fn upgraded(listener: &TcpListener) -> (TcpStream, String) {
    let (mut stream, _) = listener.accept().unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    let answer = "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n";
    stream.write_all(answer.as_bytes()).unwrap();
    (stream, String::from_utf8(head).unwrap())
}

#[test]
fn an_upgraded_connection_carries_bytes_both_ways() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let upstream = std::thread::spawn(move || {
        let (mut stream, head) = upgraded(&listener);
        stream.write_all(b"first").unwrap();
        let mut piece = [0; 4];
        stream.read_exact(&mut piece).unwrap();
        stream.write_all(&piece.map(|byte| byte.to_ascii_uppercase())).unwrap();
        head
    });
    let gateway = Config::default()
        .cluster("up", address)
        .route("{ prefix: / }", "route: { cluster: up }")
        .manager("upgrade_configs: [ { upgrade_type: websocket } ]")
        .start();
    let mut stream = TcpStream::connect(gateway.address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(b"GET /ws HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\nping").unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    let head = upstream.join().unwrap();
    assert!(head.to_ascii_lowercase().contains("upgrade: websocket"), "{head}");
    assert!(reply.starts_with("HTTP/1.1 101 ") && reply.ends_with("\r\n\r\nfirstPING"), "{reply}");
    assert_eq!(gateway.access_log(1), ["/ws 101 - via_upstream"]);
}

#[test]
fn an_upgrade_with_a_body_is_served_as_a_plain_request() {
    let upstream = Upstream::start(|seen| Answer::ok(&seen.body));
    let gateway = Config::to(&upstream).manager("upgrade_configs: [ { upgrade_type: websocket } ]").start();
    for protocol in ["websocket", "h2c"] {
        let head = format!("POST /{protocol} HTTP/1.1\r\nhost: x\r\nconnection: upgrade, http2-settings, close\r\n");
        let rest = format!("upgrade: {protocol}\r\nhttp2-settings: AAA\r\ncontent-length: 5\r\n\r\nhello");
        let reply = raw(&gateway, format!("{head}{rest}").as_bytes());
        assert!(reply.starts_with("HTTP/1.1 200 ") && reply.ends_with("\r\n\r\nhello"), "{protocol}: {reply}");
        let seen = upstream.last();
        assert_eq!((seen.body.as_slice(), seen.header_text("content-length")), (&b"hello"[..], Some("5")));
        assert!(!seen.headers.contains("upgrade") && !seen.headers.contains("connection"), "{:?}", seen.headers);
    }
}

#[test]
fn the_end_of_an_upstream_that_a_plugin_holds_back_costs_no_time() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let upstream = std::thread::spawn(move || {
        upgraded(&listener);
    });
    let folder = tempfile::tempdir().unwrap();
    let module = folder.path().join("hold.wasm");
    std::fs::write(&module, wasm::holding_responses()).unwrap();
    let gateway = Config::default()
        .cluster("up", address)
        .route("{ prefix: / }", "route: { cluster: up }")
        .plugin("hold", &module, "", "")
        .manager("upgrade_configs: [ { upgrade_type: websocket } ]")
        .start();
    let mut stream = TcpStream::connect(gateway.address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(b"GET /ws HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n").unwrap();
    let mut start = [0; 12];
    stream.read_exact(&mut start).unwrap();
    assert_eq!(&start, b"HTTP/1.1 101");
    upstream.join().unwrap();
    gateway.wait_for_log("holds the end");
    let before = gateway.processor_time();
    std::thread::sleep(std::time::Duration::from_secs(1));
    let used = gateway.processor_time() - before;
    stream.set_nonblocking(true).unwrap();
    let rest = stream.read_to_end(&mut Vec::new()).map_err(|error| error.kind());
    assert_eq!(rest, Err(std::io::ErrorKind::WouldBlock), "the connection is open: the plugin holds its end");
    assert!(used < std::time::Duration::from_millis(200), "{used:?} of processor time in a second of nothing");
}
