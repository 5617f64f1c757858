//! Connections that become something else than HTTP, and requests that break off.

use std::io::{Read, Write};
use std::net::TcpListener;

use bytes::Bytes;
use gateway::cluster::{BoxError, UpstreamError};
use http::Request;
use http_body_util::BodyExt;
use http_body_util::channel::Channel;
use hyper_util::rt::TokioIo;
use testkit::{Answer, Upstream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::stage::{Stage, body, on_a_worker};

#[test]
fn an_upgraded_connection_carries_bytes_both_ways() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        // The first words come along with the head.
        let answer = b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\nhello ";
        stream.write_all(answer).unwrap();
        std::io::copy(&mut stream.try_clone().unwrap(), &mut stream).unwrap();
        head
    });
    on_a_worker(async {
        let stage = Stage::with("echo", address);
        let request = Request::get("/socket").header("host", "x").header("connection", "upgrade");
        let request = request.header("upgrade", "echo").body(body("")).unwrap();
        let answered = stage.clusters.get("echo").unwrap().request(request, None).await.unwrap();
        assert_eq!(answered.response.status(), 101);
        let mut upgraded = TokioIo::new(hyper::upgrade::on(answered.response).await.unwrap());
        upgraded.write_all(b"world").await.unwrap();
        upgraded.shutdown().await.unwrap();
        let mut read = String::new();
        upgraded.read_to_string(&mut read).await.unwrap();
        assert_eq!(read, "hello world");
    });
    let head = String::from_utf8(server.join().unwrap()).unwrap();
    assert!(head.starts_with("GET /socket HTTP/1.1\r\n") && head.contains("upgrade: echo\r\n"), "{head}");
}

#[test]
fn a_request_whose_body_breaks_off_is_not_taken_for_whole() {
    let upstream = Upstream::start(|_| Answer::ok("never"));
    on_a_worker(async {
        let stage = Stage::with("shop", upstream.address());
        let (mut parts, body) = Channel::<Bytes, BoxError>::new(1);
        let request = Request::post("/").header("host", "x").body(body.boxed()).unwrap();
        let shop = stage.clusters.get("shop").unwrap();
        let answer = tokio::task::spawn_local(async move { shop.request(request, None).await });
        parts.send_data(Bytes::from("begun")).await.unwrap();
        while upstream.started() == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        parts.abort("the client left".into());
        assert_eq!(answer.await.unwrap().unwrap_err(), UpstreamError::RequestBody);
    });
    let seen = upstream.wait_for(1).pop().unwrap();
    assert!(!seen.complete);
}
