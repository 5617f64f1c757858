//! Bodies go through as they come: nothing is kept that no plugin holds.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::time::Duration;

use testkit::{Answer, Upstream};

use super::running::{Config, PATIENCE};

const MANY: usize = 200_000_000;

#[test]
fn trailers_travel_both_ways_where_they_are_enabled() {
    let upstream = Upstream::start(|_| Answer::ok("hi").trailer("x-down", "2"));
    let config = Config::to(&upstream);
    let gateway = config.clone().manager("http_protocol_options: { enable_trailers: true }").start();
    let reply = gateway.request("POST", "/").chunk("body").trailer("x-up", "1").send();
    assert_eq!((reply.text(), reply.trailers.text("x-down")), ("hi", Some("2")));
    assert_eq!(upstream.last().trailers.text("x-up"), Some("1"));
    let gateway = config.start();
    let reply = gateway.request("POST", "/").chunk("body").trailer("x-up", "1").send();
    assert_eq!((reply.text(), reply.trailers.len()), ("hi", 0));
    assert_eq!((upstream.last().text().to_owned(), upstream.last().trailers.len()), ("body".to_owned(), 0));
}

#[test]
fn the_first_piece_arrives_before_the_last_is_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, (arrived, first)) = (listener.local_addr().unwrap(), mpsc::channel());
    let upstream = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut request = Vec::new();
        let mut read = |until: &[u8]| {
            while !request.ends_with(until) {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                request.push(byte[0]);
            }
        };
        read(b"one\r\n");
        arrived.send(()).unwrap();
        read(b"0\r\n\r\n");
        stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nthe\r\n").unwrap();
        stream
    });
    let gateway = Config::default().cluster("up", address).route("{ prefix: / }", "route: { cluster: up }").start();
    let mut client = gateway.request("POST", "/").header("transfer-encoding", "chunked").start_head();
    client.write("3\r\none\r\n");
    first.recv_timeout(PATIENCE).expect("the upstream has the first piece while the client still holds the last");
    client.write("0\r\n\r\n");
    let mut upstream = upstream.join().unwrap();
    // Only now does the upstream send the rest; the reply is whole all the same.
    std::thread::sleep(Duration::from_millis(50));
    upstream.write_all(b"4\r\n end\r\n0\r\n\r\n").unwrap();
    assert_eq!(client.reply().text(), "the end");
}

/// Answers each request with as many bytes as it has read, and sends as many as the path says.
fn large_upstream() -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            std::thread::spawn(move || {
                let mut buffer = vec![0; 1 << 16];
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    let mut byte = [0];
                    if stream.read_exact(&mut byte).is_err() {
                        return;
                    }
                    head.push(byte[0]);
                }
                let text = String::from_utf8_lossy(&head).to_ascii_lowercase();
                let length = text.split("content-length: ").nth(1).and_then(|it| it.split("\r\n").next());
                let mut left: usize = length.map_or(0, |it| it.parse().unwrap());
                let size = if left == 0 { MANY } else { 0 };
                while left > 0 {
                    left -= stream.read(&mut buffer).unwrap();
                }
                stream.write_all(format!("HTTP/1.1 200 OK\r\ncontent-length: {size}\r\n\r\n").as_bytes()).unwrap();
                let mut left = size;
                while left > 0 {
                    let piece = left.min(buffer.len());
                    if stream.write_all(&buffer[..piece]).is_err() {
                        return;
                    }
                    left -= piece;
                }
            });
        }
    });
    address
}

#[test]
fn two_hundred_megabytes_leave_the_memory_flat_both_ways() {
    let address = large_upstream();
    let gateway = Config::default().cluster("up", address).route("{ prefix: / }", "route: { cluster: up }").start();
    let connect = || {
        let stream = TcpStream::connect(gateway.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    };
    let before = gateway.memory();
    let mut most = before;
    let mut buffer = vec![0; 1 << 20];

    let mut down = connect();
    down.write_all(b"GET /down HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    let mut got = 0;
    loop {
        let size = down.read(&mut buffer).unwrap();
        if size == 0 {
            break;
        }
        got += size;
        most = most.max(gateway.memory());
    }
    assert!(got > MANY, "{got} bytes came");

    let mut up = connect();
    let head = format!("POST /up HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {MANY}\r\n\r\n");
    up.write_all(head.as_bytes()).unwrap();
    for _ in 0..MANY / 1_000_000 {
        up.write_all(&buffer[..1_000_000]).unwrap();
        most = most.max(gateway.memory());
    }
    let mut reply = String::new();
    up.read_to_string(&mut reply).unwrap();
    assert!(reply.starts_with("HTTP/1.1 200 "), "{reply}");
    assert!(most < before + 20_000, "from {before} KiB to {most} KiB");
}

#[test]
fn a_client_that_does_not_read_makes_the_upstream_wait() {
    let address = large_upstream();
    let gateway = Config::default().cluster("up", address).route("{ prefix: / }", "route: { cluster: up }").start();
    let before = gateway.memory();
    let mut client = TcpStream::connect(gateway.address).unwrap();
    client.write_all(b"GET /down HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    client.read_exact(&mut [0; 100]).unwrap();
    std::thread::sleep(Duration::from_secs(1));
    let after = gateway.memory();
    assert!(after < before + 20_000, "from {before} KiB to {after} KiB while nobody reads");
}

#[test]
fn an_answer_reaches_a_client_that_still_sends() {
    let config = Config::default()
        .cluster("none", ([127, 0, 0, 1], 1).into())
        .route("{ prefix: / }", "direct_response: { status: 401, body: { inline_string: no } }");
    let gateway = config.start();
    for connection in ["keep-alive", "close"] {
        let mut client = TcpStream::connect(gateway.address).unwrap();
        client.set_read_timeout(Some(PATIENCE)).unwrap();
        let size = 4 << 20;
        let head = format!("POST / HTTP/1.1\r\nhost: x\r\nconnection: {connection}\r\ncontent-length: {size}\r\n\r\n");
        client.write_all(head.as_bytes()).unwrap();
        client.write_all(&vec![0; size]).expect("what is sent is read");
        let mut status = [0; 12];
        client.read_exact(&mut status).expect("the answer is not lost");
        assert_eq!(&status, b"HTTP/1.1 401", "{connection}");
    }
}
