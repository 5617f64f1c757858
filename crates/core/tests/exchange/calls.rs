//! Calls: how they end, and when.

use super::auth;
use plugin_core::prelude::*;
use plugin_core::testing::Bench;

#[test]
fn a_failed_call_becomes_the_reply_of_on_error() {
    plugin!(Asks, |request| {
        auth().get("/token").send().await?;
        Ok(request.forward())
    });
    let bench = Bench::<Asks>::new("").unwrap();
    let exchange = bench.get("/");
    bench.break_call(0);
    let reply = exchange.reply().unwrap();
    assert_eq!((reply.status, reply.details.as_str()), (503, "plugin.reset"));
    assert_eq!(exchange.resumes(), 0, "never resume after a reply");

    bench.forget_cluster("outbound|80||auth.static");
    let exchange = bench.get("/");
    assert_eq!(exchange.reply().unwrap().details, "plugin.unknown_cluster");
    let log = bench.log().join("\n");
    assert!(log.contains("outbound|80||auth.static") && log.contains("`.static`"), "{log}");
}

/// The host breaks a call off when its time is up in the middle of the answer, and says no more than that it broke.
#[test]
fn an_answer_that_breaks_off_when_its_time_is_up_came_too_late() {
    plugin!(Asks, |request| {
        auth().get("/token").timeout(Duration::from_millis(200)).send().await?;
        Ok(request.forward())
    });
    for (after, details) in [(100, "plugin.reset"), (199, "plugin.timeout"), (200, "plugin.timeout")] {
        let bench = Bench::<Asks>::new("").unwrap();
        let exchange = bench.get("/");
        bench.advance(Duration::from_millis(after));
        bench.break_call(0);
        assert_eq!(exchange.reply().unwrap().details, details, "after {after} ms");
    }
}

#[test]
fn the_plugins_own_deadline_ends_a_call_that_the_host_forgot() {
    plugin!(Asks, |request| {
        auth().get("/token").timeout(Duration::from_millis(200)).send().await?;
        Ok(request.forward())
    });
    let bench = Bench::<Asks>::new("").unwrap();
    let exchange = bench.get("/");
    bench.advance(Duration::from_millis(200));
    assert!(exchange.reply().is_none());
    bench.advance(Duration::from_millis(60));
    assert_eq!(exchange.reply().unwrap().status, 504);
    bench.advance(Duration::from_secs(1));
    assert!(!bench.is_ticking(), "no timer, no tick");
}

#[test]
fn two_calls_at_once_are_both_under_way_before_one_is_answered() {
    plugin!(Both, |request| {
        let (a, b) = join!(auth().get("/a").send(), auth().get("/b").send());
        request.headers_mut().set("x-both", format!("{}{}", a?.status(), b?.status()))?;
        Ok(request.forward())
    });
    let bench = Bench::<Both>::new("").unwrap();
    let exchange = bench.get("/");
    assert_eq!(bench.calls().len(), 2);
    bench.answer(1, 201, &[], "");
    assert!(!exchange.is_forwarded());
    bench.answer(0, 200, &[], "");
    assert_eq!(exchange.request_header("x-both").as_deref(), Some("200201"));
}

#[test]
fn a_prepared_call_is_sent_again_and_each_time_with_its_own_timeout() {
    plugin!(Asks, |request| {
        let call = auth().post("/token").header("x-a", "1").body("who?").prepare()?;
        call.send().await?.require_status(200)?;
        call.send_within(Duration::ZERO).await?.require_status(204)?;
        Ok(request.forward())
    });
    let bench = Bench::<Asks>::new("").unwrap();
    let exchange = bench.get("/");
    bench.answer(0, 200, &[], "");
    bench.answer(1, 204, &[], "");
    let calls = bench.calls();
    assert_eq!(exchange.resumes(), 1);
    assert_eq!(calls.iter().map(|call| call.timeout_ms).collect::<Vec<_>>(), [500, 1]);
    assert_eq!((&calls[0].headers, &calls[0].body), (&calls[1].headers, &calls[1].body));
    assert_eq!(calls[0].body, b"who?");
}

#[test]
fn an_answer_whose_status_is_none_is_an_answer_that_broke() {
    plugin!(Asks, |request| {
        auth().get("/token").send().await?;
        Ok(request.forward())
    });
    for status in [0, 99, 1000] {
        let bench = Bench::<Asks>::new("").unwrap();
        let exchange = bench.get("/");
        bench.answer(0, status, &[], "");
        assert_eq!(exchange.reply().unwrap().details, "plugin.reset", "{status}");
    }
}

#[test]
fn a_call_cannot_be_made_to_say_more_than_it_says() {
    #[derive(Debug, Deserialize)]
    struct Calls {
        method: String,
        path: String,
        header: String,
    }

    impl Plugin for Calls {
        async fn on_request(self: Rc<Self>, request: Request) -> Result<Flow> {
            auth().call(&self.method, self.path.as_str()).header(&self.header, "60").send().await?;
            Ok(request.forward())
        }
    }

    for (method, path, header) in [
        ("GET /evil HTTP/1.1 ", "/", "x-a"),
        ("CONNECT", "/", "x-a"),
        ("GET", "/a b", "x-a"),
        ("GET", "/a#b", "x-a"),
        ("GET", "/", "Content-Length"),
        ("GET", "/", "transfer-encoding"),
        ("GET", "/", "host"),
        ("GET", "/", ":path"),
    ] {
        let bench =
            Bench::<Calls>::new(&format!(r#"{{"method":"{method}","path":"{path}","header":"{header}"}}"#)).unwrap();
        let exchange = bench.get("/");
        assert_eq!(exchange.reply().unwrap().details, "plugin.invalid_header", "{method} {path} {header}");
        assert!(bench.calls().is_empty());
    }
}
