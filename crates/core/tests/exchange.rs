//! The machine of one exchange, over a fake gateway that re-enters on purpose.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test speaks by panicking")]

use plugin_core::prelude::*;
use plugin_core::testing::Bench;

/// A plugin whose line is written in the test itself.
macro_rules! plugin {
    ($name:ident, |$request:ident| $line:block) => {
        #[derive(Debug, Deserialize)]
        struct $name;

        impl Plugin for $name {
            const ABI: Abi = Abi::V0_2_100;

            #[allow(unused_mut, reason = "not each line changes its request")]
            async fn on_request(self: Rc<Self>, mut $request: Request) -> Result<Flow> $line
        }
    };
}

fn auth() -> Cluster {
    Cluster::fqdn("auth.static", None).unwrap()
}

const GO: u32 = 0;
const STOP_ITERATION: u32 = 1;
const BUFFER: u32 = 1;
const STOP_ALL: u32 = 4;

#[test]
fn a_plugin_that_forwards_at_once_never_pauses() {
    plugin!(Through, |request| {
        request.headers_mut().set("x-seen", "1")?;
        Ok(request.forward())
    });
    let bench = Bench::<Through>::new("").unwrap();
    let exchange = bench.get("/");
    assert_eq!((exchange.verdict(), exchange.resumes()), (GO, 0));
    assert_eq!(exchange.request_header("x-seen").as_deref(), Some("1"));
}

#[test]
fn a_call_holds_the_request_and_its_answer_resumes_it_once() {
    plugin!(Asks, |request| {
        let answer = auth().get("/token").send().await?.require_status(200)?;
        request.headers_mut().set("token", answer.require_header("token")?)?;
        Ok(request.forward())
    });
    let bench = Bench::<Asks>::new("").unwrap();
    let exchange = bench.get("/");
    assert_eq!(exchange.verdict(), STOP_ALL);
    assert!(!exchange.is_forwarded());
    let calls = bench.calls();
    assert_eq!((calls[0].cluster.as_str(), calls[0].timeout_ms), ("outbound|80||auth.static", 500));
    bench.answer(0, 200, &[("token", "t")], "");
    assert_eq!(exchange.resumes(), 1);
    assert_eq!(exchange.request_header("token").as_deref(), Some("t"));
    bench.answer(0, 200, &[("token", "late")], "");
    assert_eq!(exchange.resumes(), 1);
}

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
fn one_line_from_request_to_response_with_a_call_in_each() {
    plugin!(Line, |request| {
        let first = auth().get("/1").send().await?;
        let mut response = request.forward_and_wait().await;
        let second = auth().get("/2").send().await?;
        response.headers_mut().set("x-calls", format!("{},{}", first.status(), second.status()))?;
        Ok(response.forward())
    });
    let bench = Bench::<Line>::new("").unwrap();
    let exchange = bench.get("/");
    bench.answer(0, 200, &[], "");
    assert!(exchange.is_forwarded());
    exchange.response(200, &[], false);
    assert_eq!(exchange.verdict(), STOP_ITERATION);
    exchange.response_body("abc", true);
    assert_eq!(exchange.verdict(), BUFFER, "the body waits behind the headers");
    assert!(!exchange.is_answered());
    bench.answer(1, 204, &[], "");
    assert_eq!(exchange.response_header("x-calls").as_deref(), Some("200,204"));
    assert_eq!((exchange.client_body().as_str(), exchange.resumes()), ("abc", 2));
}

#[test]
fn a_response_may_be_replaced_while_its_headers_are_held() {
    plugin!(Replaces, |request| {
        let response = request.forward_and_wait().await;
        match response.status() {
            500.. => Ok(response.reply(Reply::text(200, "better"))),
            _ => Ok(response.forward()),
        }
    });
    let bench = Bench::<Replaces>::new("").unwrap();
    let exchange = bench.get("/");
    exchange.response(503, &[], true);
    assert_eq!(exchange.reply().unwrap().body, b"better");
}

#[test]
fn a_body_before_headers_decides_over_the_headers() {
    plugin!(First, |request| {
        let mut request = request.collect(10).await?;
        let text = String::from_utf8_lossy(request.body()).into_owned();
        request.headers_mut().set("x-body", text)?;
        request.append_body("!")?;
        Ok(request.forward())
    });
    let bench = Bench::<First>::new("").unwrap();
    let exchange = bench.request("POST", "/", &[("content-length", "4")], false);
    assert_eq!(exchange.verdict(), STOP_ITERATION);
    assert_eq!(exchange.request_body("ab", false).verdict(), BUFFER);
    assert_eq!(exchange.request_body("cd", true).verdict(), GO);
    assert_eq!(exchange.request_header("x-body").as_deref(), Some("abcd"));
    assert_eq!(exchange.request_header("content-length").as_deref(), Some("5"));
    assert_eq!(exchange.upstream_body(), "abcd!");

    let exchange = bench.request("POST", "/", &[], false);
    exchange.request_body("ab", false).request_trailers(&[("t", "1")]);
    assert_eq!(exchange.upstream_body(), "ab!", "trailers end a body");

    let exchange = bench.request("POST", "/", &[("content-length", "11")], false);
    assert_eq!(exchange.reply().unwrap().status, 413, "refused before it is sent");
    let exchange = bench.request("POST", "/", &[], false);
    exchange.request_body("0123456789", false).request_body("0", false);
    assert_eq!(exchange.reply().unwrap().status, 413);
}

#[test]
fn a_gateway_that_keeps_the_body_back_is_found_out() {
    plugin!(First, |request| { Ok(request.collect(10).await?.forward()) });
    let bench = Bench::<First>::new("").unwrap();
    bench.set_property("request.total_size", &100_i64.to_le_bytes());
    let exchange = bench.request("POST", "/", &[], false);
    bench.advance(Duration::from_secs(5));
    assert!(exchange.reply().is_none(), "a slow client is waited for");
    bench.set_property("request.total_size", &104_i64.to_le_bytes());
    bench.advance(Duration::from_secs(1));
    assert_eq!(exchange.reply().unwrap().details, "plugin.no_body");
    let log = bench.log().join("\n");
    assert!(log.contains("allow_on_headers_stop_iteration"), "{log}");
}

#[test]
fn a_whole_body_is_held_and_a_call_may_come_between() {
    plugin!(Body, |request| {
        let mut body = request.into_editable_body(100).await?;
        let answer = auth().post("/check").body(body.bytes().to_vec()).send().await?;
        body.replace(format!("{}:{}", answer.status(), String::from_utf8_lossy(body.bytes())))?;
        Ok(body.forward())
    });
    let bench = Bench::<Body>::new("").unwrap();
    let exchange = bench.request("POST", "/", &[("content-length", "4")], false);
    assert_eq!(exchange.verdict(), GO, "the headers go on");
    assert_eq!(exchange.request_header("content-length"), None);
    assert_eq!(exchange.request_body("ab", false).verdict(), BUFFER);
    assert_eq!(exchange.request_body("abcd", true).verdict(), BUFFER);
    assert_eq!(bench.calls()[0].body, b"ababcd");
    bench.answer(0, 200, &[], "");
    assert_eq!(exchange.upstream_body(), "200:ababcd");
}

#[test]
fn chunks_pass_one_by_one_and_wait_in_the_gateways_buffer() {
    plugin!(Chunks, |request| {
        let mut chunks = request.forward_and_wait().await.into_editable_chunks()?;
        while let Some(chunk) = chunks.next().await? {
            let text = String::from_utf8_lossy(chunk.bytes()).into_owned();
            if text == "ask" {
                auth().get("/").send().await?;
            }
            chunk.replace(format!("<{text}>"))?;
        }
        Ok(chunks.forward())
    });
    let bench = Bench::<Chunks>::new("").unwrap();
    let exchange = bench.get("/");
    exchange.response(200, &[], false).response_body("a", false);
    assert_eq!((exchange.verdict(), exchange.client_body().as_str()), (GO, "<a>"));
    assert_eq!(exchange.response_body("ask", false).verdict(), BUFFER);
    assert_eq!(exchange.response_body("b", false).verdict(), BUFFER);
    assert_eq!(exchange.client_body(), "<a>");
    bench.answer(0, 200, &[], "");
    assert_eq!(exchange.client_body(), "<a><ask><b>");
    exchange.response_body("c", true);
    assert_eq!(exchange.client_body(), "<a><ask><b><c>");
}

#[test]
fn an_early_answer_ends_the_wait_for_the_request_body() {
    plugin!(Reads, |request| {
        let mut chunks = request.into_chunks();
        let mut count = 0;
        while chunks.next().await?.is_some() {
            count += 1;
        }
        let mut response = chunks.forward_and_wait().await;
        response.headers_mut().set("x-chunks", count.to_string())?;
        Ok(response.forward())
    });
    let bench = Bench::<Reads>::new("").unwrap();
    let exchange = bench.request("POST", "/", &[], false);
    exchange.request_body("a", false).response(413, &[], true);
    assert_eq!(exchange.response_header("x-chunks").as_deref(), Some("1"));
    assert_eq!(exchange.verdict(), GO);
}

#[test]
fn trailers_can_be_read_and_changed() {
    plugin!(Trailers, |request| {
        let mut chunks = request.forward_and_wait().await.into_chunks();
        if let Some(mut trailers) = chunks.trailers().await {
            let status = trailers.get("grpc-status").map(|value| value.to_string()).unwrap_or_default();
            trailers.set("x-status", status)?;
        }
        Ok(chunks.forward())
    });
    let bench = Bench::<Trailers>::new("").unwrap();
    let exchange = bench.get("/");
    exchange.response(200, &[], false).response_body("a", false);
    assert_eq!(exchange.verdict(), GO, "the body passes while trailers are awaited");
    assert_eq!(exchange.response_trailers(&[("grpc-status", "7")]).verdict(), GO);
    assert_eq!(exchange.response_trailer("x-status").as_deref(), Some("7"));
}

#[test]
fn a_future_that_nothing_will_wake_fails_instead_of_hanging() {
    plugin!(Hangs, |request| {
        std::future::pending::<()>().await;
        Ok(request.forward())
    });
    let bench = Bench::<Hangs>::new("").unwrap();
    let reply = bench.get("/").reply().unwrap();
    assert_eq!((reply.status, reply.details.as_str()), (500, "plugin.stuck"));
}

#[test]
fn the_gateways_own_reply_ends_the_plugins_part() {
    plugin!(Asks, |request| {
        auth().get("/").send().await?;
        Ok(request.reply(Reply::text(403, "no")))
    });
    let bench = Bench::<Asks>::new("").unwrap();
    let exchange = bench.get("/");
    exchange.response(408, &[], true);
    assert_eq!(exchange.verdict(), GO);
    bench.answer(0, 200, &[], "");
    assert!(exchange.reply().is_none());
    assert_eq!(exchange.resumes(), 0);
}

#[test]
fn an_error_after_the_headers_went_out_resets_the_stream() {
    plugin!(Fails, |request| {
        let mut chunks = request.forward_and_wait().await.into_chunks();
        chunks.next().await?;
        Err(Error::other("no more"))
    });
    let bench = Bench::<Fails>::new("").unwrap();
    let exchange = bench.get("/");
    exchange.response(200, &[], false).response_body("a", false);
    assert!(exchange.is_reset() && exchange.reply().is_none());
}

#[test]
fn a_client_that_leaves_takes_the_future_and_its_calls_along() {
    plugin!(Asks, |request| {
        auth().get("/").send().await?;
        Ok(request.forward())
    });
    let bench = Bench::<Asks>::new("").unwrap();
    drop(bench.get("/"));
    bench.answer(0, 200, &[], "");
    assert!(bench.log().is_empty(), "{:?}", bench.log());
}

#[test]
fn the_end_of_the_stream_sees_what_the_line_knew() {
    plugin!(Ends, |request| {
        let path = request.path();
        request
            .at_end(move |end| log::info!("{path} ended, {} response headers", end.response_headers().to_vec().len()));
        Ok(request.forward())
    });
    let bench = Bench::<Ends>::new("").unwrap();
    let exchange = bench.get("/a?b");
    exchange.end();
    assert_eq!(bench.log(), ["[plugin] [-] /a ended, 0 response headers"]);
}

#[test]
fn time_passes_in_exchanges_and_in_the_background() {
    #[derive(Debug, Deserialize)]
    struct Clock;

    impl Plugin for Clock {
        fn on_start(self: Rc<Self>, background: Background) {
            background.spawn(async {
                loop {
                    sleep(Duration::from_secs(1)).await;
                    log::info!("beat");
                }
            });
        }

        async fn on_request(self: Rc<Self>, request: Request) -> Result<Flow> {
            let slow = timeout(Duration::from_millis(30), sleep(Duration::from_secs(60))).await;
            assert!(slow.is_err());
            Ok(request.forward())
        }
    }

    let bench = Bench::<Clock>::new("").unwrap();
    let exchange = bench.get("/");
    bench.advance(Duration::from_millis(29));
    assert!(!exchange.is_forwarded());
    bench.advance(Duration::from_millis(2));
    assert!(exchange.is_forwarded());
    bench.advance(Duration::from_secs(2));
    assert_eq!(bench.log(), ["[plugin] [-] beat", "[plugin] [-] beat"]);
}

#[test]
fn waiters_of_one_result_are_woken_across_exchanges() {
    use std::cell::RefCell;
    use std::task::{Poll, Waker};

    thread_local! {
        static DOOR: RefCell<(bool, Vec<Waker>)> = const { RefCell::new((false, Vec::new())) };
    }
    plugin!(Door, |request| {
        if request.path() == "/open" {
            let wakers = DOOR.with(|door| {
                let mut door = door.borrow_mut();
                door.0 = true;
                std::mem::take(&mut door.1)
            });
            wakers.into_iter().for_each(Waker::wake);
            return Ok(request.reply(Reply::text(200, "open")));
        }
        std::future::poll_fn(|cx| {
            DOOR.with(|door| {
                let mut door = door.borrow_mut();
                if door.0 {
                    return Poll::Ready(());
                }
                door.1.push(cx.waker().clone());
                Poll::Pending
            })
        })
        .await;
        Ok(request.forward())
    });
    let bench = Bench::<Door>::new("").unwrap();
    let (first, second) = (bench.get("/1"), bench.get("/2"));
    assert!(!first.is_forwarded() && !second.is_forwarded());
    let opener = bench.get("/open");
    assert_eq!(opener.reply().unwrap().body, b"open");
    bench.advance(Duration::from_millis(2));
    assert!(first.is_forwarded() && second.is_forwarded());
    assert_eq!((first.resumes(), second.resumes(), opener.resumes()), (1, 1, 0));
}

#[test]
fn higress_gets_a_buffer_that_the_body_fits_in() {
    plugin!(Big, |request| { Ok(request.into_body(1 << 20).await?.forward()) });
    let bench = Bench::<Big>::new("").unwrap();
    bench.be_higress();
    let exchange = bench.request("POST", "/", &[], false);
    assert_eq!(bench.property("set_decoder_buffer_limit").as_deref(), Some("1048576"));
    exchange.request_body("a", true);
    assert_eq!(exchange.upstream_body(), "a");
}

#[test]
fn what_the_end_of_one_stream_wakes_in_another_runs() {
    use std::cell::RefCell;
    use std::task::{Poll, Waker};

    /// One at a time: who leaves wakes who waits.
    #[derive(Default)]
    struct Permit;
    thread_local! {
        static TAKEN: RefCell<(bool, Option<Waker>)> = const { RefCell::new((false, None)) };
    }
    impl Drop for Permit {
        fn drop(&mut self) {
            let waker = TAKEN.with(|taken| {
                let mut taken = taken.borrow_mut();
                taken.0 = false;
                taken.1.take()
            });
            waker.into_iter().for_each(Waker::wake);
        }
    }
    plugin!(OneAtATime, |request| {
        let permit = std::future::poll_fn(|cx| {
            TAKEN.with(|taken| {
                let mut taken = taken.borrow_mut();
                if taken.0 {
                    taken.1 = Some(cx.waker().clone());
                    return Poll::Pending;
                }
                taken.0 = true;
                Poll::Ready(Permit)
            })
        })
        .await;
        request.at_end(move |_| drop(permit));
        Ok(request.forward())
    });
    let bench = Bench::<OneAtATime>::new("").unwrap();
    let (first, second) = (bench.get("/1"), bench.get("/2"));
    assert!(first.is_forwarded() && !second.is_forwarded());
    first.end();
    assert!(second.is_forwarded());
}

#[test]
fn a_future_that_wakes_itself_goes_on() {
    use std::task::Poll;

    plugin!(Yields, |request| {
        let mut yielded = false;
        std::future::poll_fn(|cx| {
            cx.waker().wake_by_ref();
            if std::mem::replace(&mut yielded, true) { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        Ok(request.forward())
    });
    let bench = Bench::<Yields>::new("").unwrap();
    let exchange = bench.get("/");
    assert!(exchange.is_forwarded() && exchange.reply().is_none());
    assert_eq!(exchange.verdict(), GO);
}

#[test]
fn an_error_that_only_looks_closed_still_fails_closed() {
    plugin!(Fails, |_request| { Err(Error::new(ErrorKind::Closed, "the store closed the session")) });
    let bench = Bench::<Fails>::new("").unwrap();
    assert_eq!(bench.get("/").reply().unwrap().status, 500);
}

#[test]
fn a_held_body_does_not_slip_past_when_the_upstream_answers_early() {
    plugin!(Scans, |request| {
        let body = request.into_body(100).await?;
        Ok(body.forward())
    });
    let bench = Bench::<Scans>::new("").unwrap();
    bench.set_property("response.code_details", b"via_upstream");
    let exchange = bench.request("POST", "/", &[], false);
    exchange.request_body("evil ", false).response(200, &[], false);
    assert_eq!(exchange.reply().unwrap().details, "plugin.closed");
    assert_eq!(exchange.upstream_body(), "");
}

#[test]
fn a_tunnel_has_no_whole_body() {
    plugin!(Reads, |request| { Ok(request.into_body(100).await?.forward()) });
    let bench = Bench::<Reads>::new("").unwrap();
    let exchange = bench.request("GET", "/", &[("upgrade", "websocket")], false);
    assert_eq!(exchange.reply().unwrap().details, "plugin.no_body");
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
