//! HTTP calls of plugins.

use std::time::Duration;

use gateway::services::EventKind;
use gateway::{Headers, HttpAnswer, HttpCall, Refused, World};
use testkit::{Answer, Fault, Upstream};

use crate::stage::{Stage, cluster, nobody, on_a_worker};

fn call(path: &str, timeout: u64) -> HttpCall {
    HttpCall {
        cluster: "auth".into(),
        headers: [(":method", "POST"), (":path", path), (":authority", "auth.example"), ("x-raw", "\u{e9}")]
            .into_iter()
            .collect(),
        body: b"ping".to_vec(),
        trailers: Headers::default(),
        timeout: Some(Duration::from_millis(timeout)),
    }
}

async fn answer(stage: &mut Stage, call: HttpCall) -> Option<HttpAnswer> {
    stage.world.http_call(4, call).unwrap();
    match stage.event().await {
        EventKind::Http { token: 4, answer } => answer,
        other => panic!("{other:?}"),
    }
}

fn status(answer: &HttpAnswer) -> &str {
    std::str::from_utf8(answer.headers.get(b":status").unwrap()).unwrap()
}

#[test]
fn an_answer_comes_whole_and_as_it_is() {
    let upstream = Upstream::start(|request| {
        Answer::status(201).header("x-raw", b"\xfe").chunk(&request.body).chunk("pong").trailer("x-sum", "1")
    });
    on_a_worker(async {
        let mut stage = Stage::with("auth", upstream.address());
        let answer = answer(&mut stage, call("/token?a=%2F", 30_000)).await.unwrap();
        assert_eq!(status(&answer), "201");
        assert_eq!(answer.headers.get(b"x-raw"), Some(&b"\xfe"[..]));
        assert_eq!((answer.body.as_slice(), answer.trailers.get(b"x-sum")), (&b"pingpong"[..], Some(&b"1"[..])));
        assert!(stage.is_quiet(), "there is one answer");
    });
    let seen = upstream.only();
    assert_eq!((seen.method.as_str(), seen.path.as_str(), seen.text()), ("POST", "/token?a=%2F", "ping"));
    assert_eq!((seen.header_text("host"), seen.header_text("content-length")), (Some("auth.example"), Some("4")));
    assert_eq!(seen.header("x-raw"), Some("\u{e9}".as_bytes()));
    let added = ["x-envoy-internal", "x-envoy-expected-rq-timeout-ms"].map(|name| seen.header_text(name));
    assert_eq!(added, [Some("true"), Some("30000")], "as Envoy's client says");
}

#[test]
fn trailers_of_a_call_are_sent() {
    let upstream = Upstream::start(|_| Answer::ok(""));
    on_a_worker(async {
        let mut stage = Stage::with("auth", upstream.address());
        let with = HttpCall { trailers: [("x-end", "z")].into_iter().collect(), ..call("/", 30_000) };
        assert_eq!(status(&answer(&mut stage, with).await.unwrap()), "200");
    });
    let seen = upstream.only();
    assert_eq!((seen.text(), seen.trailers.text("x-end")), ("ping", Some("z")));
}

#[test]
fn what_the_gateway_says_in_place_of_the_service() {
    let upstream = Upstream::start(|_| Answer::hang());
    on_a_worker(async {
        let mut stage = Stage::new(&[cluster("auth", upstream.address()), cluster("gone", nobody())]);
        let late = answer(&mut stage, call("/", 50)).await.unwrap();
        assert_eq!((status(&late), late.body.as_slice()), ("504", &b"upstream request timeout"[..]));
        assert_eq!(late.headers.len(), 3);

        let gone = answer(&mut stage, HttpCall { cluster: "gone".into(), ..call("/", 30_000) }).await.unwrap();
        assert_eq!((status(&gone), gone.headers.len(), gone.body.len()), ("503", 3, 98));
        assert_eq!(gone.headers.get(b"content-type"), Some(&b"text/plain"[..]));
    });
}

#[test]
fn an_answer_that_breaks_off_is_none() {
    let upstream = Upstream::start(|request| match request.path.as_str() {
        "/cut" => Answer::ok("0123456789").cut_in_body(4, Fault::Reset),
        "/slow" => Answer::status(200).chunk("begun").pause(Duration::from_secs(60)).chunk("late"),
        _ => Answer::ok(vec![b'x'; 33 << 20]),
    });
    on_a_worker(async {
        let mut stage = Stage::with("auth", upstream.address());
        assert!(answer(&mut stage, call("/cut", 30_000)).await.is_none());
        assert!(answer(&mut stage, call("/slow", 500)).await.is_none());
        assert!(answer(&mut stage, call("/large", 30_000)).await.is_none());
    });
}

#[test]
fn a_call_that_goes_nowhere_is_refused_at_once_and_told() {
    on_a_worker(async {
        let mut empty = cluster("auth", nobody());
        empty.endpoints.clear();
        let mut stage = Stage::new(&[empty]);
        assert_eq!(stage.world.http_call(4, call("/", 100)), Err(Refused::NoHost));
        let misspelt = HttpCall { cluster: "outbound|80||auth.dns".into(), ..call("/", 100) };
        assert_eq!(stage.world.http_call(4, misspelt), Err(Refused::UnknownCluster));
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert!(stage.is_quiet(), "nothing comes for a refused call");
        assert!(stage.logged().contains("cluster \"outbound|80||auth.dns\" is refused: the configuration has no"));
    });
}

#[test]
fn headers_that_are_no_request_are_answered() {
    on_a_worker(async {
        let mut stage = Stage::with("auth", nobody());
        for (name, value) in [(":path", "no path"), (":method", "a b"), ("x y", "1"), ("x", "a\r\nb")] {
            let mut bad = call("/", 30_000);
            bad.headers.set(name.as_bytes(), value.as_bytes());
            assert_eq!(status(&answer(&mut stage, bad).await.unwrap()), "400", "{name}: {value:?}");
        }
    });
}

#[test]
fn calls_end_with_their_machine() {
    let upstream = Upstream::start(|_| Answer::hang());
    on_a_worker(async {
        let mut stage = Stage::with("auth", upstream.address());
        let other = stage.services.world(8);
        other.http_call(4, call("/", 300)).unwrap();
        drop(other);
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert!(stage.is_quiet());
    });
}

#[test]
fn too_many_or_too_large_calls_are_refused() {
    let upstream = Upstream::start(|_| Answer::ok(""));
    on_a_worker(async {
        let mut stage = Stage::with("auth", upstream.address());
        let large = || HttpCall { body: vec![b'x'; 30 << 20], ..call("/", 30_000) };
        stage.world.http_call(1, large()).unwrap();
        stage.world.http_call(2, large()).unwrap();
        assert_eq!(stage.world.http_call(3, large()), Err(Refused::NoHost));
        assert!(stage.logged().contains("too much waits"), "{}", stage.logged());
        for _ in 0..2 {
            assert!(matches!(stage.event().await, EventKind::Http { answer: Some(_), .. }));
        }

        let other = stage.services.world(8);
        let started = (0..10_000).take_while(|token| other.http_call(*token, call("/", 30_000)).is_ok()).count();
        assert_eq!(started, 4_096);
        stage.world.http_call(3, large()).expect("each machine has its own room, and answers make room");
    });
}

#[test]
fn answers_that_wait_for_their_plugin_have_a_bound_together() {
    let upstream = Upstream::start(|_| Answer::ok(vec![b'x'; 31 << 20]));
    on_a_worker(async {
        let mut stage = Stage::with("auth", upstream.address());
        for token in 0..5 {
            stage.world.http_call(token, call("/", 60_000)).unwrap();
        }
        while !stage.logged().contains("too many bytes of answers wait for the plugin") {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let mut whole = 0;
        for _ in 0..5 {
            let EventKind::Http { answer, .. } = stage.event().await else { panic!("no answer") };
            whole += usize::from(answer.is_some());
        }
        assert_eq!(whole, 4);
        assert!(answer(&mut stage, call("/", 60_000)).await.is_some(), "there is room again");
    });
}
