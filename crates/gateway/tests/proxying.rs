//! What passes through the gateway does not stay in it: many requests on one connection, and large bodies both ways.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed expectation is how a test speaks"
)]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use serde_json::json;
use testkit::{Answer, Connection, Engine, Gateway, Upstream};

const MIB: usize = 1 << 20;
/// Of the large bodies.
const LARGE: usize = 200 * MIB;
/// What may be added while they pass: buffers of two connections, never the bodies.
const ROOM_KIB: u64 = 16 * 1024;

fn plugin() -> Gateway {
    Gateway::new().plugin("header-injector", json!({}))
}

#[test]
fn ten_thousand_requests_on_one_connection() {
    let body = "b".repeat(1024);
    let upstream = Upstream::start(|seen| Answer::ok(&seen.body));
    let gateway = plugin().upstream(&upstream).log_level("wasm", "warning").start_on(Engine::Gateway);
    let mut connection = Connection::open(gateway.address(), Duration::from_secs(10));
    let request = gateway.post("/", &body);
    let mut send = |count: usize| {
        for _ in 0..count {
            let reply = connection.send(&request);
            assert!(reply.status == 200 && reply.body == body.as_bytes(), "{reply:#?}");
        }
    };
    send(1_000);
    let before = gateway.memory_kib();
    let began = Instant::now();
    send(9_000);
    let (after, took) = (gateway.memory_kib(), began.elapsed());
    println!("9000 requests in {took:?}; memory {before} KiB before, {after} KiB after");
    assert!(after < before + 4 * 1024, "the gateway grew from {before} to {after} KiB");
    assert_eq!(upstream.connections(), 1, "the connection to the upstream is kept too");
}

/// Reads a head and a large body, then answers with a large body; tells how many bytes came.
fn large_upstream() -> (std::net::SocketAddr, std::thread::JoinHandle<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let received = read_message(&mut stream);
        write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {LARGE}\r\n\r\n").unwrap();
        write_large(&mut stream);
        received
    });
    (address, server)
}

fn write_large(stream: &mut TcpStream) {
    let piece = vec![b'x'; MIB];
    for _ in 0..LARGE / MIB {
        stream.write_all(&piece).unwrap();
    }
}

/// Reads a head and a body of [`LARGE`] bytes without keeping them; gives the body's length.
fn read_message(stream: &mut TcpStream) -> usize {
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let mut piece = vec![0; MIB];
    let mut head = Vec::new();
    let mut body = loop {
        let count = stream.read(&mut piece).unwrap();
        assert!(count > 0, "closed in the head: {}", String::from_utf8_lossy(&head));
        head.extend_from_slice(&piece[..count]);
        if let Some(end) = head.windows(4).position(|window| window == b"\r\n\r\n") {
            break head.len() - end - 4;
        }
    };
    while body < LARGE {
        let count = stream.read(&mut piece).unwrap();
        assert!(count > 0, "closed after {body} bytes");
        body += count;
    }
    body
}

#[test]
fn two_hundred_megabytes_both_ways() {
    let (address, server) = large_upstream();
    let gateway = plugin().upstream(address).route_timeout(Duration::from_secs(120)).start_on(Engine::Gateway);
    let before = gateway.peak_memory_kib();
    let began = Instant::now();
    let mut client = TcpStream::connect(gateway.address()).unwrap();
    write!(client, "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: {LARGE}\r\n\r\n").unwrap();
    write_large(&mut client);
    assert_eq!(read_message(&mut client), LARGE);
    assert_eq!(server.join().unwrap(), LARGE);
    let after = gateway.peak_memory_kib();
    println!(
        "{} MiB each way in {:?}; peak memory {before} KiB before, {after} KiB after",
        LARGE / MIB,
        began.elapsed()
    );
    assert!(after < before + ROOM_KIB, "the gateway grew from {before} to {after} KiB");
}
