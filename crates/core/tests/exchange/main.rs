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

mod bodies;
mod calls;

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
fn so_does_one_that_hangs_after_a_call() {
    plugin!(HangsLater, |request| {
        auth().get("/").send().await?;
        std::future::pending::<()>().await;
        Ok(request.forward())
    });
    let bench = Bench::<HangsLater>::new("").unwrap();
    let exchange = bench.get("/");
    assert!(exchange.reply().is_none());
    bench.answer(0, 200, &[], "");
    assert_eq!(exchange.reply().unwrap().details, "plugin.stuck");
}

#[test]
fn work_in_the_background_that_nothing_will_wake_is_ended() {
    #[derive(Debug, Deserialize)]
    struct HangsBehind;

    impl Plugin for HangsBehind {
        async fn on_request(self: Rc<Self>, request: Request) -> Result<Flow> {
            Ok(request.forward())
        }

        fn on_start(self: Rc<Self>, background: Background) {
            background.spawn(async {
                let _ = auth().get("/").send().await;
                std::future::pending::<()>().await;
            });
        }
    }
    let bench = Bench::<HangsBehind>::new("").unwrap();
    bench.advance(Duration::from_millis(2));
    assert_eq!(bench.calls().len(), 1);
    assert!(!bench.log().join("\n").contains("waits for nothing"));
    bench.answer(0, 200, &[], "");
    assert!(bench.log().join("\n").contains("waits for nothing"), "{:?}", bench.log());
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
