//! The cache over a gateway made of plain data, which calls back into the plugin from every call it makes.

#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test that panics is a test that fails")]

use plugin_core::testing::Bench;
use std::time::Duration;
use token_fetcher::TokenFetcher;

const CONFIG: &str = r#"{"serviceName": "auth.static", "requestPath": "/token", "tokenHeader": "x-token", "timeoutMs": 5000,
        "cache": {"staleMs": 10000}}"#;

fn bench() -> Bench<TokenFetcher> {
    Bench::new(CONFIG).expect("a good configuration")
}

/// Until the next tick, with which work in the background begins.
fn tick(bench: &Bench<TokenFetcher>) {
    bench.advance(Duration::from_millis(2));
}

#[test]
fn one_fetch_serves_all_who_wait_and_those_who_come_later() {
    let bench = bench();
    let waiting = [bench.get("/1"), bench.get("/2")];
    tick(&bench);
    assert_eq!(bench.calls().len(), 1);
    assert!(waiting.iter().all(|exchange| !exchange.is_forwarded()));
    bench.answer(0, 200, &[("x-token", "t-1")], "");
    for exchange in waiting.iter().chain([&bench.get("/3")]) {
        assert!(exchange.is_forwarded());
        assert_eq!(exchange.request_header("x-token").as_deref(), Some("t-1"));
    }
    assert_eq!(bench.calls().len(), 1);
}

#[test]
fn a_failure_is_told_to_all_and_remembered_for_a_second() {
    let bench = bench();
    let waiting = [bench.get("/1"), bench.get("/2")];
    tick(&bench);
    bench.break_call(0);
    for exchange in waiting.iter().chain([&bench.get("/3")]) {
        assert_eq!(exchange.reply().expect("a reply").status, 500);
    }
    bench.advance(Duration::from_secs(2));
    let next = bench.get("/4");
    tick(&bench);
    assert_eq!(bench.calls().len(), 2);
    bench.answer(1, 200, &[("x-token", "t-2")], "");
    assert_eq!(next.request_header("x-token").as_deref(), Some("t-2"));
}

#[test]
fn a_token_in_use_is_renewed_and_one_that_is_not_is_forgotten() {
    let bench = bench();
    let first = bench.get("/");
    tick(&bench);
    bench.answer(0, 200, &[("x-token", "t-1")], "");
    assert!(first.is_forwarded());
    bench.advance(Duration::from_secs(49));
    assert_eq!(bench.calls().len(), 2, "80 percent of a minute have passed");
    bench.answer(1, 200, &[("x-token", "t-2")], "");
    bench.advance(Duration::from_secs(80));
    assert_eq!(bench.calls().len(), 2, "nobody has used the second one");
    bench.advance(Duration::from_secs(2));
    assert!(!bench.is_ticking(), "nothing is left to look after");
}

#[test]
fn a_token_is_renewed_when_80_percent_of_its_life_have_passed() {
    for lifetime in [5_000, 15_000, 3_600_000] {
        let config = CONFIG.replace("\"staleMs\": 10000", &format!("\"lifetimeMs\": {lifetime}, \"jitterPercent\": 0"));
        let bench = Bench::<TokenFetcher>::new(&config).expect("a good configuration");
        let first = bench.get("/");
        tick(&bench);
        bench.answer(0, 200, &[("x-token", "t-1")], "");
        assert!(first.is_forwarded());
        bench.advance(Duration::from_millis(lifetime * 8 / 10 - 50));
        assert_eq!(bench.calls().len(), 1, "{lifetime}");
        bench.advance(Duration::from_millis(200));
        assert_eq!(bench.calls().len(), 2, "{lifetime}");
    }
}

#[test]
fn a_service_that_is_silent_holds_a_request_no_longer_than_its_deadline() {
    for more in ["", r#", "retry": {"tries": 10, "pauseMs": 10, "tryTimeoutMs": 100}"#, r#", "cache": {}"#] {
        let config = format!(
            r#"{{"serviceName": "auth.static", "requestPath": "/", "tokenHeader": "x-token", "timeoutMs": 500{more}}}"#
        );
        let bench = Bench::<TokenFetcher>::new(&config).expect("a good configuration");
        let request = bench.get("/");
        bench.advance(Duration::from_millis(400));
        assert!(request.reply().is_none(), "{more}");
        // The gateway's own timer, which is earlier, is not played here.
        bench.advance(Duration::from_millis(155));
        let reply = request.reply().expect("a reply");
        assert_eq!((reply.status, &*reply.details), (500, "plugin.timeout"), "{more}");
        assert!(bench.log().iter().any(|line| line.contains("no answer within")), "{:?}", bench.log());
    }
}

#[test]
fn a_new_configuration_leaves_nobody_waiting() {
    let bench = bench();
    let waiting: Vec<_> = (0..10).map(|_| bench.get("/")).collect();
    tick(&bench);
    assert!(bench.configure(&CONFIG.replace("/token", "/other")));
    let next = bench.get("/");
    tick(&bench);
    // The fetch of the old configuration goes on for those who wait for it; the new one has its own.
    assert_eq!(bench.calls().len(), 2);
    for index in 0..2 {
        bench.answer(index, 200, &[("x-token", "t-1")], "");
    }
    assert!(waiting.iter().all(|exchange| exchange.is_forwarded()) && next.is_forwarded());
}

#[test]
fn an_old_token_spares_the_wait_for_a_service_that_is_down() {
    let bench = bench();
    let first = bench.get("/");
    tick(&bench);
    bench.answer(0, 200, &[("x-token", "t-1")], "");
    assert!(first.is_forwarded());
    bench.advance(Duration::from_secs(61));
    let (mut asked, mut waited) = (bench.calls().len(), 0);
    bench.break_call(asked - 1);
    for _ in 0..4 {
        bench.advance(Duration::from_millis(1_500));
        let request = bench.get("/");
        tick(&bench);
        waited += u32::from(!request.is_forwarded());
        assert_eq!(request.request_header("x-token").as_deref(), Some("t-1"));
        assert_eq!(bench.calls().len(), asked + 1, "the service is asked again behind the request's back");
        asked += 1;
        bench.break_call(asked - 1);
    }
    assert_eq!(waited, 0);
    bench.advance(Duration::from_millis(1_500));
    bench.get("/");
    tick(&bench);
    bench.answer(bench.calls().len() - 1, 200, &[("x-token", "t-2")], "");
    assert_eq!(bench.get("/").request_header("x-token").as_deref(), Some("t-2"));
}

#[test]
fn a_token_that_one_answer_refuses_serves_until_there_is_another() {
    let bench = bench();
    let first = bench.get("/");
    tick(&bench);
    bench.answer(0, 200, &[("x-token", "t-1")], "");
    bench.set_property("response.code_details", b"via_upstream");
    first.response(403, &[], true);
    // The next one waits for a new token; because the service is down it gets the old one, which may still be good.
    let next = bench.get("/");
    tick(&bench);
    assert_eq!((next.is_forwarded(), bench.calls().len()), (false, 2));
    bench.break_call(1);
    for request in [&next, &bench.get("/")] {
        assert!(request.is_forwarded(), "{:?}", request.reply());
        assert_eq!(request.request_header("x-token").as_deref(), Some("t-1"));
        request.response(403, &[], true);
    }
    bench.advance(Duration::from_millis(1_500));
    let later = bench.get("/");
    tick(&bench);
    assert!(later.is_forwarded(), "it is not held while the service is asked");
    bench.answer(bench.calls().len() - 1, 200, &[("x-token", "t-2")], "");
    assert_eq!(bench.get("/").request_header("x-token").as_deref(), Some("t-2"));
    let refusals = bench.log().iter().filter(|line| line.contains("the upstream answered 403")).count();
    assert_eq!(refusals, 1);
}
