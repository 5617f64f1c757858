//! Trailers of which the head said nothing, over HTTP/1.1.

use bytes::Bytes;
use gateway::bootstrap::UpstreamProtocol;
use gateway::cluster::{Answered, BoxError};
use http::{HeaderMap, HeaderValue, Request};
use http_body_util::BodyExt;
use http_body_util::channel::Channel;
use testkit::{Answer, Upstream};

use crate::stage::{Stage, cluster, on_a_worker};

/// Sends a request whose body comes piece by piece, with trailers at its end.
async fn send(stage: &Stage, method: &str, size: usize) -> Answered {
    let (mut parts, body) = Channel::<Bytes, BoxError>::new(1);
    let request = Request::builder().method(method).uri("/").header("host", "x").body(body.boxed()).unwrap();
    let shop = stage.clusters.get("shop").unwrap();
    let answer = tokio::task::spawn_local(async move { shop.request(request, None).await.unwrap() });
    let mut trailers = HeaderMap::new();
    trailers.append("x-sum", HeaderValue::from_static("7"));
    trailers.append("x-raw", HeaderValue::from_bytes("é".as_bytes()).unwrap());
    parts.send_data(Bytes::from(vec![b'x'; size])).await.unwrap();
    parts.send_trailers(trailers).await.unwrap();
    drop(parts);
    answer.await.unwrap()
}

#[test]
fn trailers_pass_both_ways_and_the_connection_goes_on() {
    let upstream = Upstream::start(|request| Answer::status(200).chunk(&request.body).trailer("x-sum", "8"));
    on_a_worker(async {
        let stage = Stage::with("shop", upstream.address());
        for method in ["POST", "GET"] {
            for size in [1, 1000, 200_000] {
                let answered = send(&stage, method, size).await;
                assert!(answered.trailers);
                let read = answered.response.into_body().collect().await.unwrap();
                assert_eq!(read.trailers().unwrap()["x-sum"], "8");
                assert_eq!(read.to_bytes().len(), size);
                tokio::task::yield_now().await;
            }
        }
    });
    for seen in upstream.wait_for(6) {
        assert_eq!(seen.trailers.text("x-sum"), Some("7"), "{} of {} bytes", seen.method, seen.body.len());
        assert_eq!(seen.trailers.get("x-raw"), Some("é".as_bytes()));
        assert_eq!(seen.header_text("transfer-encoding"), Some("chunked"));
    }
    assert_eq!(upstream.connections(), 1);
}

#[test]
fn where_they_are_not_wanted_they_are_dropped() {
    let upstream = Upstream::start(|_| Answer::ok("").trailer("x-sum", "8"));
    on_a_worker(async {
        let mut shop = cluster("shop", upstream.address());
        shop.protocol = UpstreamProtocol::Http1 { trailers: false };
        assert!(!send(&Stage::new(&[shop]), "POST", 3).await.trailers);
    });
    let seen = upstream.only();
    assert_eq!((seen.text(), seen.trailers.text("x-sum")), ("xxx", None));
}
