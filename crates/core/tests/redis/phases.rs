//! Commands wherever a plugin may wait: in both phases, side by side, in time, in the background.

use crate::{CLUSTER, CONFIG, error, plugin, text};
use plugin_core::prelude::*;
use plugin_core::redis::Value;
use plugin_core::testing::Bench;

const STOP_ALL: u32 = 4;

#[test]
fn a_command_holds_the_request_and_its_reply_resumes_it_once() {
    plugin!(Counts, |plugin, request| {
        let count = plugin.redis.incr("visits").await?;
        request.headers_mut().set("x-visits", count.to_string())?;
        Ok(request.forward())
    });
    let bench = Bench::<Counts>::new(CONFIG).unwrap();
    assert!(bench.redis_calls().is_empty() && bench.redis_inits().is_empty(), "nothing before the first command");
    let exchange = bench.get("/");
    assert_eq!((exchange.verdict(), exchange.is_forwarded()), (STOP_ALL, false));
    let calls = bench.redis_calls();
    assert_eq!((calls[0].cluster.as_str(), calls[0].parts.join(" ").as_str()), (CLUSTER, "INCR visits"));
    bench.answer_redis(0, Value::Int(7));
    assert_eq!((exchange.resumes(), exchange.request_header("x-visits").as_deref()), (1, Some("7")));
    bench.answer_redis(0, Value::Int(8));
    assert_eq!((exchange.resumes(), exchange.request_header("x-visits").as_deref()), (1, Some("7")));
}

#[test]
fn a_command_in_the_response_phase_holds_the_response() {
    plugin!(Both, |plugin, request| {
        plugin.redis.set("seen", "1").await?;
        let mut response = request.forward_and_wait().await;
        let seen = plugin.redis.get("seen").await?.unwrap_or_default();
        response.headers_mut().set("x-seen", seen)?;
        Ok(response.forward())
    });
    let bench = Bench::<Both>::new(CONFIG).unwrap();
    let exchange = bench.get("/");
    bench.answer_redis(0, text("OK"));
    assert!(exchange.is_forwarded());
    exchange.response(200, &[], true);
    assert!(!exchange.is_answered());
    bench.answer_redis(1, text("yes"));
    assert!(exchange.is_answered());
    assert_eq!(exchange.response_header("x-seen").as_deref(), Some("yes"));
}

#[test]
fn several_commands_are_under_way_at_once_and_may_end_in_any_order() {
    plugin!(Joins, |plugin, request| {
        let (a, b) = join!(plugin.redis.get("a"), plugin.redis.incr_by("b", 5));
        request.headers_mut().set("x-a", a?.unwrap_or_default())?;
        request.headers_mut().set("x-b", b?.to_string())?;
        Ok(request.forward())
    });
    let bench = Bench::<Joins>::new(CONFIG).unwrap();
    let exchange = bench.get("/");
    assert_eq!((bench.redis_calls().len(), bench.redis_inits().len()), (2, 1));
    bench.answer_redis(1, Value::Int(5));
    assert!(!exchange.is_forwarded());
    bench.answer_redis(0, text("one"));
    assert_eq!(exchange.request_header("x-a").as_deref(), Some("one"));
    assert_eq!(exchange.request_header("x-b").as_deref(), Some("5"));
}

#[test]
fn a_reply_finds_the_exchange_that_waits_for_it() {
    plugin!(Path, |plugin, request| {
        let path = request.path();
        let value = plugin.redis.get(&path).await?.unwrap_or_default();
        request.headers_mut().set("x-value", value)?;
        Ok(request.forward())
    });
    let bench = Bench::<Path>::new(CONFIG).unwrap();
    let (first, second, gone) = (bench.get("/1"), bench.get("/2"), bench.get("/3"));
    drop(gone);
    bench.answer_redis(2, text("nobody"));
    bench.answer_redis(1, text("two"));
    assert!(!first.is_forwarded());
    assert_eq!(second.request_header("x-value").as_deref(), Some("two"));
    bench.answer_redis(0, text("one"));
    assert_eq!(first.request_header("x-value").as_deref(), Some("one"));
}

#[test]
fn an_http_call_after_a_reply_is_booked_on_the_exchange() {
    plugin!(Chain, |plugin, request| {
        let token = plugin.redis.get("token").await?.unwrap_or_default();
        let answer = Cluster::fqdn("auth.static", None)?.get("/").header("x-token", token).send().await?;
        request.headers_mut().set("x-status", answer.status().to_string())?;
        plugin.redis.incr("calls").await?;
        Ok(request.forward())
    });
    let bench = Bench::<Chain>::new(CONFIG).unwrap();
    let exchange = bench.get("/");
    bench.answer_redis(0, text("t"));
    bench.answer(0, 204, &[], "");
    bench.answer_redis(1, Value::Int(1));
    assert!(exchange.is_forwarded());
    assert_eq!(exchange.request_header("x-status").as_deref(), Some("204"));
}

#[test]
fn a_race_with_the_clock_forgets_the_command() {
    plugin!(Races, |plugin, request| {
        let value = timeout(Duration::from_millis(20), plugin.redis.get("k")).await;
        request.headers_mut().set("x-late", value.is_err().to_string())?;
        Ok(request.forward())
    });
    let bench = Bench::<Races>::new(CONFIG).unwrap();
    let exchange = bench.get("/");
    bench.advance(Duration::from_millis(30));
    assert_eq!(exchange.request_header("x-late").as_deref(), Some("true"));
    bench.answer_redis(0, text("late"));
    assert_eq!(exchange.resumes(), 1);
}

#[test]
fn background_work_waits_for_redis_too() {
    #[derive(Debug, Deserialize)]
    struct Refreshes {
        redis: Redis,
    }
    impl Plugin for Refreshes {
        fn on_start(self: Rc<Self>, background: Background) {
            background.spawn(async move {
                match self.redis.get("limit").await {
                    Ok(limit) => log::info!("limit has {} bytes", limit.unwrap_or_default().len()),
                    Err(error) => log::warn!("{error}"),
                }
            });
        }

        async fn on_request(self: Rc<Self>, request: Request) -> Result<Flow> {
            Ok(request.forward())
        }
    }
    let bench = Bench::<Refreshes>::new(CONFIG).unwrap();
    bench.advance(Duration::from_millis(2));
    bench.answer_redis(0, text("12345"));
    assert!(bench.log().iter().any(|line| line.contains("limit has 5 bytes")), "{:?}", bench.log());
}

#[test]
fn a_script_is_sent_only_to_a_redis_that_does_not_know_it() {
    const SCRIPT: Script = Script::new("return redis.call('INCRBY', KEYS[1], ARGV[1])");
    plugin!(Runs, |plugin, request| {
        let count: i64 = plugin.redis.run(&SCRIPT, ["k"], (5, "x")).await?;
        request.headers_mut().set("x-count", count.to_string())?;
        Ok(request.forward())
    });
    let bench = Bench::<Runs>::new(CONFIG).unwrap();
    let exchange = bench.get("/");
    assert_eq!(bench.redis_calls()[0].parts[2..], ["1", "k", "5", "x"]);
    assert_eq!((bench.redis_calls()[0].parts[0].as_str(), bench.redis_calls()[0].parts[1].len()), ("EVALSHA", 40));
    bench.answer_redis(0, error("NOSCRIPT No matching script. Please use EVAL."));
    let eval = bench.redis_calls()[1].parts.clone();
    assert_eq!(eval, ["EVAL", "return redis.call('INCRBY', KEYS[1], ARGV[1])", "1", "k", "5", "x"]);
    bench.answer_redis(1, Value::Int(5));
    assert_eq!(exchange.request_header("x-count").as_deref(), Some("5"));
    let exchange = bench.get("/");
    assert_eq!(bench.serve_redis(|command| Value::Int(command.len() as i64)), 1);
    assert_eq!(exchange.request_header("x-count").as_deref(), Some("6"));
}
