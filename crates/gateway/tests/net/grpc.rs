//! gRPC calls and streams of plugins, to services that speak HTTP/2.

use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use bytes::Bytes;
use gateway::bootstrap::UpstreamProtocol;
use gateway::services::EventKind;
use gateway::{GrpcAsked, GrpcCall, GrpcNews, Headers, Refused, World};
use http::{HeaderMap, HeaderValue, Response};
use testkit::{Answer, Fault, Upstream};

use crate::stage::{LIMIT, Stage, cluster, nobody, on_a_worker};

const CALL: u32 = 5;
const STREAM: u32 = 6;

fn frame(message: &[u8]) -> Vec<u8> {
    [&[0][..], &u32::try_from(message.len()).unwrap().to_be_bytes(), message].concat()
}

fn call(method: &str, timeout: u64) -> GrpcCall {
    let asked = GrpcAsked::Call { message: b"ask".to_vec(), timeout: Duration::from_millis(timeout) };
    GrpcCall {
        cluster: "prices".into(),
        authority: None,
        service: "shop.Prices".into(),
        method: method.into(),
        metadata: [("x-key", "abc")].into_iter().collect(),
        asked,
        most: None,
    }
}

fn stream() -> GrpcCall {
    GrpcCall { asked: GrpcAsked::Stream, ..call("Echo", 0) }
}

/// With one cluster of one host that speaks HTTP/2.
fn stage(address: SocketAddr) -> Stage {
    let mut prices = cluster("prices", address);
    prices.protocol = UpstreamProtocol::Http2;
    Stage::new(&[prices])
}

async fn news(stage: &mut Stage, token: u32) -> GrpcNews {
    match stage.event().await {
        EventKind::Grpc(event) if event.token == token => event.news,
        other => panic!("{other:?}"),
    }
}

async fn closed(stage: &mut Stage, token: u32) -> (u32, String) {
    match news(stage, token).await {
        GrpcNews::Closed { status, message } => (status, message),
        other => panic!("{other:?}"),
    }
}

async fn message(stage: &mut Stage, token: u32) -> Vec<u8> {
    match news(stage, token).await {
        GrpcNews::Message(message) => message,
        other => panic!("{other:?}"),
    }
}

async fn headers(stage: &mut Stage) -> Headers {
    match news(stage, STREAM).await {
        GrpcNews::Headers(headers) => headers,
        other => panic!("{other:?}"),
    }
}

async fn trailers(stage: &mut Stage) -> Headers {
    match news(stage, STREAM).await {
        GrpcNews::Trailers(trailers) => trailers,
        other => panic!("{other:?}"),
    }
}

fn status(headers: &Headers) -> Option<&[u8]> {
    headers.get(b"grpc-status")
}

#[test]
fn a_call_carries_its_message_and_brings_one_back() {
    let upstream = Upstream::start_http2(|request| {
        Answer::ok(&request.body).header("content-type", "application/grpc").trailer("grpc-status", "0")
    });
    on_a_worker(async {
        let mut stage = stage(upstream.address());
        stage.world.grpc_open(CALL, call("Get", 30_000)).unwrap();
        assert_eq!(message(&mut stage, CALL).await, b"ask");
        tokio::task::yield_now().await;
        assert!(stage.is_quiet(), "a call that goes well has no end of its own");
    });
    let seen = upstream.only();
    assert_eq!((seen.method.as_str(), seen.path.as_str()), ("POST", "/shop.Prices/Get"));
    assert_eq!(seen.body, frame(b"ask"));
    let expected = [
        ("host", "prices"),
        ("te", "trailers"),
        ("content-type", "application/grpc"),
        ("grpc-timeout", "30000m"),
        ("x-envoy-internal", "true"),
        ("x-envoy-expected-rq-timeout-ms", "30000"),
        ("x-key", "abc"),
    ];
    for (name, value) in expected {
        assert_eq!(seen.header_text(name), Some(value), "{name}");
    }
}

#[test]
fn a_call_that_fails_has_grpcs_status_or_what_http_stands_for() {
    let upstream = Upstream::start_http2(|request| match request.path.rsplit('/').next().unwrap() {
        "Refused" => Answer::status(200).header("grpc-status", "7").header("grpc-message", "not%20you"),
        "Missing" => Answer::ok(frame(b"half")).trailer("grpc-status", "5"),
        "Nothing" => Answer::status(200).chunk("").trailer("grpc-status", "0"),
        "Http" => Answer::status(404),
        "Both" => Answer::status(503).header("grpc-status", "8"),
        "Bare" => Answer::ok(frame(b"x")),
        "Odd" => Answer::ok(frame(b"x")).trailer("grpc-status", "good"),
        "Zipped" => Answer::ok(b"\x01\x00\x00\x00\x01x").trailer("grpc-status", "0"),
        "Large" => Answer::ok(b"\x00\x7f\x00\x00\x00x").trailer("grpc-status", "0"),
        "Cut" => Answer::ok(frame(b"whole?")).cut_in_body(7, Fault::Reset),
        other => panic!("{other}"),
    });
    on_a_worker(async {
        let mut stage = stage(upstream.address());
        for (method, status, message) in [
            ("Refused", 7, "not%20you{via_upstream}"),
            ("Missing", 5, "via_upstream"),
            ("Nothing", 13, ""),
            ("Http", 12, "via_upstream"),
            ("Both", 8, "via_upstream"),
            ("Bare", 2, "via_upstream"),
            ("Odd", u32::MAX, "via_upstream"),
            ("Zipped", 13, "via_upstream"),
            ("Large", 8, "via_upstream"),
            ("Cut", 13, "upstream_reset_after_response_started{remote_reset}"),
        ] {
            stage.world.grpc_open(CALL, call(method, 30_000)).unwrap();
            assert_eq!(closed(&mut stage, CALL).await, (status, message.to_owned()), "{method}");
        }
    });
}

#[test]
fn what_the_gateway_says_in_place_of_the_service() {
    let upstream = Upstream::start_http2(|_| Answer::hang());
    on_a_worker(async {
        let mut prices = cluster("prices", upstream.address());
        let mut gone = cluster("gone", nobody());
        let mut empty = cluster("empty", nobody());
        empty.endpoints.clear();
        for cluster in [&mut prices, &mut gone, &mut empty] {
            cluster.protocol = UpstreamProtocol::Http2;
        }
        let mut stage = Stage::new(&[prices, gone, empty]);
        stage.world.grpc_open(CALL, call("Get", 50)).unwrap();
        assert_eq!(closed(&mut stage, CALL).await, (14, "upstream request timeout{response_timeout}".into()));
        let empty = GrpcCall { cluster: "empty".into(), ..call("Get", 0) };
        assert_eq!(stage.world.grpc_open(CALL, empty), Err(Refused::NoHost));

        stage.world.grpc_open(STREAM, GrpcCall { cluster: "gone".into(), ..stream() }).unwrap();
        assert_eq!(headers(&mut stage).await.len(), 0);
        assert_eq!(status(&trailers(&mut stage).await), Some(&b"14"[..]));
        let (status, message) = closed(&mut stage, STREAM).await;
        assert!(status == 14 && message.contains("reset reason: remote connection failure{"), "{status} {message}");

        let unknown = GrpcCall { cluster: "prizes".into(), ..call("Get", 50) };
        assert_eq!(stage.world.grpc_open(CALL, unknown), Err(Refused::UnknownCluster));
        assert!(stage.logged().contains("a gRPC call to the cluster \"prizes\" is refused: the configuration has no"));
    });
}

#[test]
fn what_is_no_request_is_answered() {
    on_a_worker(async {
        let mut stage = stage(nobody());
        stage.world.grpc_open(CALL, GrpcCall { method: "no method".into(), ..call("", 0) }).unwrap();
        assert_eq!(closed(&mut stage, CALL).await.0, 13);
    });
}

#[test]
fn over_http1_the_log_says_what_is_missing() {
    let upstream = Upstream::start(|request| Answer::ok(&request.body));
    on_a_worker(async {
        let mut stage = Stage::with("prices", upstream.address());
        stage.world.grpc_open(CALL, call("Get", 30_000)).unwrap();
        assert_eq!(closed(&mut stage, CALL).await.0, 2);
        while !stage.logged().contains("gRPC needs http2_protocol_options") {
            tokio::task::yield_now().await;
        }
    });
}

/// What the service says of a stream.
type Told = Receiver<Option<Result<(), h2::Reason>>>;

/// A service that gives back each piece as it comes, and says when a stream begins (`None`) and how it ended.
fn echo() -> (SocketAddr, Told) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (ended, ends) = channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            listener.set_nonblocking(true).unwrap();
            let (stream, _) = tokio::net::TcpListener::from_std(listener).unwrap().accept().await.unwrap();
            let mut connection = h2::server::handshake(stream).await.unwrap();
            while let Some(Ok((request, mut respond))) = connection.accept().await {
                let ended = ended.clone();
                ended.send(None).unwrap();
                tokio::spawn(async move {
                    let mut body = request.into_body();
                    let mut answer = respond.send_response(Response::new(()), false).unwrap();
                    while let Some(data) = body.data().await {
                        let data: Bytes = match data {
                            Ok(data) => data,
                            Err(error) => return ended.send(Some(Err(error.reason().unwrap()))).unwrap(),
                        };
                        body.flow_control().release_capacity(data.len()).unwrap();
                        answer.send_data(data, false).unwrap();
                    }
                    let status =
                        HeaderMap::from_iter([("grpc-status".parse().unwrap(), HeaderValue::from_static("0"))]);
                    answer.send_trailers(status).unwrap();
                    ended.send(Some(Ok(()))).unwrap();
                });
            }
        });
    });
    (address, ends)
}

#[test]
fn messages_of_a_stream_travel_both_ways_until_both_sides_close() {
    let (address, ends) = echo();
    on_a_worker(async {
        let mut stage = stage(address);
        stage.world.grpc_open(STREAM, stream()).unwrap();
        assert_eq!(headers(&mut stage).await.get(b":status"), Some(&b"200"[..]));
        for text in [&b"one"[..], b"", &[7; 100_000]] {
            stage.world.grpc_send(STREAM, Some(text.to_vec()), false).unwrap();
            assert_eq!(message(&mut stage, STREAM).await, text);
        }
        stage.world.grpc_send(STREAM, None, true).unwrap();
        assert_eq!(status(&trailers(&mut stage).await), Some(&b"0"[..]));
        assert_eq!(closed(&mut stage, STREAM).await, (0, "via_upstream".into()));
        stage.world.grpc_send(STREAM, Some(b"late".to_vec()), false).unwrap();
    });
    assert_eq!((ends.recv_timeout(LIMIT), ends.recv_timeout(LIMIT)), (Ok(None), Ok(Some(Ok(())))));
}

#[test]
fn the_next_message_waits_until_the_plugin_has_had_the_last() {
    let (address, _ends) = echo();
    on_a_worker(async {
        let mut stage = stage(address);
        stage.world.grpc_open(STREAM, stream()).unwrap();
        headers(&mut stage).await;
        for text in [b"one", b"two"] {
            stage.world.grpc_send(STREAM, Some(text.to_vec()), false).unwrap();
        }
        let first = stage.event().await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(stage.is_quiet(), "messages do not pile up");
        drop(first);
        assert_eq!(message(&mut stage, STREAM).await, b"two");
    });
}

#[test]
fn a_stream_that_is_cancelled_or_whose_machine_is_gone_is_reset() {
    let (address, ends) = echo();
    on_a_worker(async {
        let mut stage = stage(address);
        let other = stage.services.world(8);
        stage.world.grpc_open(STREAM, stream()).unwrap();
        headers(&mut stage).await;
        stage.world.grpc_cancel(STREAM);
        let heard = async |ends: &Told| loop {
            match ends.try_recv() {
                Ok(told) => return told,
                Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        };
        assert!(heard(&ends).await.is_none() && heard(&ends).await.is_some_and(|end| end.is_err()));
        assert!(stage.is_quiet(), "nothing more comes of it");
        other.grpc_open(STREAM, stream()).unwrap();
        assert!(heard(&ends).await.is_none(), "it begins");
        drop(other);
        assert!(heard(&ends).await.is_some_and(|end| end.is_err()));
    });
}

#[test]
fn messages_that_cannot_be_sent_yet_have_a_bound() {
    let (address, _ends) = echo();
    on_a_worker(async {
        let mut stage = stage(address);
        stage.world.grpc_open(STREAM, stream()).unwrap();
        headers(&mut stage).await;
        let large = || Some(vec![b'x'; 30 << 20]);
        stage.world.grpc_send(STREAM, large(), false).unwrap();
        stage.world.grpc_send(STREAM, large(), false).unwrap();
        assert_eq!(stage.world.grpc_send(STREAM, large(), false), Err(Refused::NoHost));
    });
}

#[test]
fn a_plugin_may_bound_the_messages_of_its_service() {
    let (address, _ends) = echo();
    on_a_worker(async {
        let mut stage = stage(address);
        stage.world.grpc_open(STREAM, GrpcCall { most: Some(4), ..stream() }).unwrap();
        headers(&mut stage).await;
        stage.world.grpc_send(STREAM, Some(b"four".to_vec()), false).unwrap();
        assert_eq!(message(&mut stage, STREAM).await, b"four");
        stage.world.grpc_send(STREAM, Some(b"fives".to_vec()), false).unwrap();
        assert_eq!(trailers(&mut stage).await.len(), 0);
        assert_eq!(closed(&mut stage, STREAM).await.0, 8);
    });
}
