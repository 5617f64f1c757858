//! Requests to clusters: what goes out, what comes back, which connection it takes, and how it fails.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::mpsc;
use std::time::Duration;

use gateway::bootstrap::{LbPolicy, UpstreamProtocol};
use gateway::cluster::UpstreamError;
use http::{HeaderValue, Request};
use http_body_util::BodyExt;
use testkit::{Answer, Fault, Upstream, eventually};

use crate::stage::{LIMIT, Stage, body, cluster, nobody, on_a_worker};

async fn get(stage: &Stage, path: &str) -> Result<(u16, Vec<u8>), UpstreamError> {
    let request = Request::get(path).header("host", "shop.example").body(body("")).unwrap();
    let answered = stage.clusters.get("shop").unwrap().request(request, None).await?;
    let status = answered.response.status().as_u16();
    let read = answered.response.into_body().collect().await.map_err(|_| UpstreamError::Reset)?;
    Ok((status, read.to_bytes().to_vec()))
}

#[test]
fn a_request_and_its_answer_pass_as_they_are() {
    let upstream = Upstream::start(|request| Answer::ok(&request.body).header("x-raw", b"\xff\xfe"));
    on_a_worker(async {
        let stage = Stage::with("shop", upstream.address());
        let raw = HeaderValue::from_bytes(b"caf\xe9").unwrap();
        let request = Request::post("/orders?q=%2F").header("host", "shop.example").header("x-raw", raw);
        let shop = stage.clusters.get("shop").unwrap();
        let answered = shop.request(request.body(body("abc")).unwrap(), None).await.unwrap();
        assert_eq!(answered.host, upstream.address());
        assert_eq!(answered.response.headers()["x-raw"].as_bytes(), b"\xff\xfe");
        assert_eq!(answered.response.into_body().collect().await.unwrap().to_bytes(), "abc");
    });
    let seen = upstream.only();
    assert_eq!((seen.method.as_str(), seen.path.as_str(), seen.text()), ("POST", "/orders?q=%2F", "abc"));
    assert_eq!(seen.header_text("host"), Some("shop.example"));
    assert_eq!(seen.header("x-raw"), Some(&b"caf\xe9"[..]));
    assert_eq!(seen.header_text("content-length"), Some("3"));
}

#[test]
fn a_connection_is_used_again_once_its_answer_is_read() {
    let upstream = Upstream::start(|_| Answer::ok("x".repeat(100_000)));
    on_a_worker(async {
        let stage = Stage::with("shop", upstream.address());
        for _ in 0..5 {
            assert_eq!(get(&stage, "/").await.unwrap().1.len(), 100_000);
            tokio::task::yield_now().await;
        }
    });
    assert_eq!((upstream.count(), upstream.connections()), (5, 1));
}

#[test]
fn a_connection_that_the_host_has_closed_costs_no_request() {
    // The first answer tells nothing of the end of its connection.
    let upstream = Upstream::start(|request| {
        if request.path == "/last" {
            Answer::raw("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
        } else {
            Answer::ok("fresh")
        }
    });
    on_a_worker(async {
        let stage = Stage::with("shop", upstream.address());
        for _ in 0..20 {
            assert_eq!(get(&stage, "/last").await.unwrap().1, b"ok");
            eventually_closed().await;
            assert_eq!(get(&stage, "/next").await.unwrap().1, b"fresh");
        }
    });
    assert_eq!(upstream.count(), 40);
}

#[test]
fn a_connection_that_is_closed_behind_the_workers_back_costs_no_request() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (close, asked) = mpsc::channel();
    let (closed, told) = mpsc::channel();
    let host = std::thread::spawn(move || {
        for text in ["first", "fresh"] {
            let (mut stream, _) = listener.accept().unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            while lines.next().unwrap().unwrap() != "" {}
            write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n{text}").unwrap();
            asked.recv_timeout(LIMIT).unwrap();
            drop((stream, lines));
            closed.send(()).unwrap();
        }
    });
    on_a_worker(async {
        let stage = Stage::with("shop", address);
        assert_eq!(get(&stage, "/").await.unwrap().1, b"first");
        for _ in 0..20 {
            // The connection comes to rest, and waits for its next request.
            tokio::task::yield_now().await;
        }
        close.send(()).unwrap();
        // No task of the worker runs meanwhile, so none hears of it.
        told.recv_timeout(LIMIT).unwrap();
        close.send(()).unwrap();
        assert_eq!(get(&stage, "/").await.unwrap().1, b"fresh");
    });
    host.join().unwrap();
}

/// `Answer::raw` closes the connection; the news travels while the worker does something else.
async fn eventually_closed() {
    tokio::time::sleep(Duration::from_millis(20)).await;
}

#[test]
fn each_fault_has_its_name() {
    let upstream = Upstream::start(|request| match request.path.as_str() {
        "/reset" => Answer::reset(),
        "/close" => Answer::close(),
        "/cut" => Answer::ok("x").cut_in_headers(Fault::Reset),
        "/large" => Answer::ok("").header("x-large", "v".repeat(70 << 10)),
        "/many" => (0..120).fold(Answer::ok(""), |answer, i| answer.header(format!("x-{i}"), "v")),
        _ => Answer::raw("no HTTP\r\n\r\n"),
    });
    on_a_worker(async {
        let stage = Stage::with("shop", upstream.address());
        for (path, wanted) in [
            ("/reset", UpstreamError::Reset),
            ("/close", UpstreamError::Reset),
            ("/cut", UpstreamError::Protocol),
            ("/garbage", UpstreamError::Protocol),
            ("/large", UpstreamError::Protocol),
            ("/many", UpstreamError::Protocol),
        ] {
            assert_eq!(get(&stage, path).await.unwrap_err(), wanted, "{path}");
        }
    });
}

#[test]
fn limits_of_heads_are_the_clusters() {
    let upstream = Upstream::start(|_| {
        (0..120).fold(Answer::ok("").header("x-large", "v".repeat(70 << 10)), |answer, i| {
            answer.header(format!("x-{i}"), "v")
        })
    });
    on_a_worker(async {
        let mut shop = cluster("shop", upstream.address());
        (shop.max_headers_count, shop.max_response_headers_kb) = (Some(200), Some(96));
        assert_eq!(get(&Stage::new(&[shop]), "/").await.unwrap().0, 200);
    });
}

#[test]
fn without_a_host_or_a_connection_there_is_no_answer() {
    on_a_worker(async {
        let refused = get(&Stage::with("shop", nobody()), "/").await.unwrap_err();
        assert_eq!(refused, UpstreamError::ConnectFailure("Connection refused".into()));

        let mut empty = cluster("shop", nobody());
        empty.endpoints.clear();
        assert_eq!(get(&Stage::new(&[empty]), "/").await.unwrap_err(), UpstreamError::NoHost);
    });
}

#[test]
fn connecting_takes_no_longer_than_the_cluster_allows() {
    on_a_worker(async {
        let (address, _full) = silent();
        let mut shop = cluster("shop", address);
        shop.connect_timeout = Duration::from_millis(100);
        assert_eq!(get(&Stage::new(&[shop]), "/").await.unwrap_err(), UpstreamError::ConnectTimeout);
    });
}

#[test]
fn requests_that_wait_for_one_http2_connection_fail_together() {
    on_a_worker(async {
        let (address, _full) = silent();
        let mut shop = cluster("shop", address);
        shop.protocol = UpstreamProtocol::Http2;
        // One after the other they would take longer than a test may.
        shop.connect_timeout = Duration::from_secs(2);
        let stage = Stage::new(&[shop]);
        let failed = (0..60).map(|_| async {
            assert_eq!(get(&stage, "/").await.unwrap_err(), UpstreamError::ConnectTimeout);
        });
        let mut failed: Vec<_> = failed.map(Box::pin).collect();
        std::future::poll_fn(|cx| {
            failed.retain_mut(|one| one.as_mut().poll(cx).is_pending());
            if failed.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
        })
        .await;
    });
}

/// An address where nobody answers: the queue of connections that wait there is full. The sockets keep it so.
fn silent() -> (std::net::SocketAddr, Vec<socket2::Socket>) {
    let socket = || socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    let full = socket();
    full.bind(&"127.0.0.1:0".parse::<std::net::SocketAddr>().unwrap().into()).unwrap();
    full.listen(0).unwrap();
    let address = full.local_addr().unwrap().as_socket().unwrap();
    let mut sockets = vec![full];
    for _ in 0..4 {
        let one = socket();
        one.set_nonblocking(true).unwrap();
        let _ = one.connect(&address.into());
        sockets.push(one);
    }
    (address, sockets)
}

#[test]
fn hosts_have_their_turns_unless_one_is_wanted() {
    let upstreams: Vec<_> = (0..3).map(|_| Upstream::start(|_| Answer::ok(""))).collect();
    on_a_worker(async {
        let mut shop = cluster("shop", upstreams[0].address());
        shop.lb_policy = LbPolicy::RoundRobin;
        for more in &upstreams[1..] {
            shop.endpoints.extend(cluster("", more.address()).endpoints);
        }
        let stage = Stage::new(&[shop]);
        for _ in 0..6 {
            get(&stage, "/").await.unwrap();
        }
        let wanted = upstreams[2].address();
        let request = Request::get("/").header("host", "x").body(body("")).unwrap();
        let answered = stage.clusters.get("shop").unwrap().request(request, Some(wanted)).await.unwrap();
        assert_eq!(answered.host, wanted);
        let stranger = stage.clusters.get("shop").unwrap().choose(Some(nobody())).unwrap();
        assert_ne!(stranger.address(), nobody());
    });
    assert_eq!(upstreams.iter().map(Upstream::count).collect::<Vec<_>>(), [2, 2, 3]);
}

#[test]
fn giving_up_closes_the_connection() {
    let upstream = Upstream::start(|_| Answer::hang());
    on_a_worker(async {
        let stage = Stage::with("shop", upstream.address());
        let waited = tokio::time::timeout(Duration::from_millis(300), get(&stage, "/slow")).await;
        assert!(waited.is_err(), "the upstream hangs");
        let shop = stage.clusters.get("shop").unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(shop.hosts()[0].active(), 0);
    });
    eventually(Duration::from_secs(10), || (upstream.started() == 1).then_some(())).unwrap();
}

#[test]
fn http2_hosts_are_spoken_to_in_http2() {
    let upstream =
        Upstream::start_http2(|request| Answer::ok(&request.body).trailer("grpc-status", "0").header("x-a", "1"));
    on_a_worker(async {
        let mut shop = cluster("shop", upstream.address());
        shop.protocol = UpstreamProtocol::Http2;
        let stage = Stage::new(&[shop]);
        for _ in 0..3 {
            let request = Request::post("/pkg.Service/Call").header("host", "shop.example").body(body("ping")).unwrap();
            let answered = stage.clusters.get("shop").unwrap().request(request, None).await.unwrap();
            assert!(answered.trailers);
            let read = answered.response.into_body().collect().await.unwrap();
            assert_eq!(read.trailers().unwrap()["grpc-status"], "0");
            assert_eq!(read.to_bytes(), "ping");
        }
    });
    assert_eq!((upstream.count(), upstream.connections()), (3, 1));
    assert_eq!(upstream.last().path, "/pkg.Service/Call");
}
