//! Each way a command can fail, and what the error says.

use crate::{CLUSTER, CONFIG, error, plugin, text};
use plugin_core::ErrorKind;
use plugin_core::prelude::*;
use plugin_core::redis::{Code, Value};
use plugin_core::testing::Bench;
use std::cell::RefCell;

thread_local! {
    static LAST: RefCell<Option<Error>> = const { RefCell::new(None) };
}

fn last() -> Error {
    LAST.with(|last| last.borrow_mut().take()).unwrap()
}

#[derive(Debug, Deserialize)]
struct Fails {
    redis: Redis,
}

impl Plugin for Fails {
    async fn on_request(self: Rc<Self>, request: Request) -> Result<Flow> {
        let result = match request.path().as_str() {
            "/incr" => self.redis.incr("the-key").await.map(drop),
            "/select" => self.redis.command(("SELECT", 1)).await.map(drop),
            _ => self.redis.set("the-key", "the-secret-value").await,
        };
        match result {
            Ok(()) => Ok(request.forward()),
            Err(error) => {
                LAST.with(|last| *last.borrow_mut() = Some(error.clone()));
                Err(error)
            }
        }
    }
}

fn bench() -> Bench<Fails> {
    Bench::new(CONFIG).unwrap()
}

#[test]
fn an_unknown_cluster_is_named_and_asked_for_again_with_the_next_command() {
    let bench = bench();
    bench.forget_cluster(CLUSTER);
    let exchange = bench.get("/");
    assert_eq!(last().kind(), ErrorKind::UnknownCluster);
    assert_eq!(exchange.reply().unwrap().status, 503);
    bench.remember_cluster(CLUSTER);
    let exchange = bench.get("/");
    assert_eq!((bench.redis_inits().len(), bench.serve_redis(|_| text("OK"))), (1, 1));
    assert!(exchange.is_forwarded());
    // The gateway drops the cluster and gets a new one of that name, which knows of no login.
    bench.forget_cluster(CLUSTER);
    drop(bench.get("/"));
    assert!(last().to_string().contains(CLUSTER));
    bench.remember_cluster(CLUSTER);
    drop(bench.get("/"));
    assert_eq!(bench.redis_inits().len(), 2);
}

#[test]
fn a_cluster_without_a_host() {
    let bench = bench();
    bench.empty_cluster(CLUSTER);
    drop(bench.get("/"));
    assert_eq!(last().kind(), ErrorKind::NoHost);
    assert_eq!(bench.redis_inits().len(), 1);
}

#[test]
fn a_broken_connection() {
    let bench = bench();
    let exchange = bench.get("/");
    bench.break_redis(0);
    let error = last();
    assert_eq!((error.kind(), exchange.reply().unwrap().status), (ErrorKind::Unreachable, 503));
    assert!(error.to_string().contains("check that Redis runs"), "{error}");
    drop(bench.get("/"));
    assert_eq!(bench.redis_inits().len(), 1, "a broken connection is no reason to close everybody's");
}

#[test]
fn no_reply_in_time() {
    let bench = Bench::<Fails>::new(r#"{"redis": {"serviceName": "redis.static", "timeout": 200}}"#).unwrap();
    let exchange = bench.get("/");
    assert_eq!(bench.redis_inits()[0].timeout_ms, 250, "the gateway's own timer comes a little later");
    bench.advance(Duration::from_millis(199));
    assert!(exchange.reply().is_none());
    bench.advance(Duration::from_millis(2));
    assert_eq!(exchange.reply().unwrap().status, 504);
    let error = last();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert_eq!(error.to_string(), format!("cluster {CLUSTER:?}: Redis did not answer within 200 ms"));
    bench.answer_redis(0, text("OK"));
    assert_eq!(exchange.resumes(), 0);
}

#[test]
fn redis_s_own_errors_have_a_code_and_say_what_to_do() {
    for (reply, code, hint) in [
        ("WRONGPASS invalid username-password pair or user is disabled.", Code::WrongPassword, "check `username`"),
        ("NOAUTH Authentication required.", Code::NoAuth, "set `password`"),
        ("ERR Protocol error: unauthenticated multibulk length", Code::NoAuth, "set `password`"),
        ("ERR Protocol error: unauthenticated bulk length", Code::NoAuth, "set `password`"),
        ("NOPERM this user has no permissions to run the 'set' command", Code::NoPermission, "extend its ACL"),
        ("MOVED 3999 127.0.0.1:6381", Code::Moved, "proxy in front of the cluster"),
        ("ASK 3999 127.0.0.1:6381", Code::Moved, "does not follow"),
        ("CROSSSLOT Keys in request don't hash to the same slot", Code::CrossSlot, "`{hash tag}`"),
        ("CLUSTERDOWN Hash slot not served", Code::Down, "try again"),
        ("READONLY You can't write against a read only replica.", Code::ReadOnly, "point the service at the primary"),
        ("LOADING Redis is loading the dataset in memory", Code::Loading, "try again soon"),
        ("OOM command not allowed when used memory > 'maxmemory'.", Code::OutOfMemory, "`maxmemory`"),
        ("MISCONF Redis is configured to save RDB snapshots", Code::CannotSave, "its disk"),
        ("BUSY Redis is busy running a script.", Code::Busy, "`SCRIPT KILL`"),
        ("WRONGTYPE Operation against a key", Code::WrongType, "another key prefix"),
        ("DENIED Redis is running in protected mode", Code::Denied, "protected mode"),
        ("ERR value is not an integer or out of range", Code::Other, "ERR value is not an integer"),
    ] {
        let bench = bench();
        let exchange = bench.get("/");
        bench.answer_redis(0, error(reply));
        assert_eq!(exchange.reply().unwrap().status, 500, "{reply}");
        let failure = last();
        assert_eq!(failure.kind(), ErrorKind::Redis(code), "{reply}");
        let start = format!("cluster {CLUSTER:?}: Redis refused SET: {}", reply.split(' ').next().unwrap());
        assert!(failure.to_string().starts_with(&start) && failure.to_string().contains(hint), "{failure}");
    }
}

#[test]
fn what_was_sent_is_in_no_error_and_no_log() {
    let config = r#"{"redis": {"serviceName": "r.dns", "username": "the-user", "password": "the-password"}}"#;
    let bench = Bench::<Fails>::new(config).unwrap();
    let _first = bench.get("/");
    bench.answer_redis(0, error("ERR something with the-key = the-secret-value"));
    assert!(last().to_string().ends_with("ERR something with *** = ***"));
    let _second = bench.get("/");
    bench.answer_redis(1, Value::List(vec![text("the-secret-value")]));
    let log = bench.log().join("\n");
    assert!(
        !log.is_empty() && ["the-secret", "the-key", "the-password"].iter().all(|text| !log.contains(text)),
        "{log}"
    );
}

#[test]
fn a_reply_of_another_type_is_an_error() {
    let bench = bench();
    for (index, (reply, found)) in
        [(text("many"), "a text"), (Value::Null, "null"), (Value::List(vec![]), "a list")].into_iter().enumerate()
    {
        drop(bench.get("/incr"));
        assert!(LAST.with(|last| last.borrow().is_none()));
        let exchange = bench.get("/incr");
        bench.answer_redis(2 * index + 1, reply);
        let error = last();
        let expected = format!("cluster {CLUSTER:?}: Redis answered INCR with {found}, expected a whole number");
        assert_eq!((error.kind(), error.to_string()), (ErrorKind::Answer, expected));
        assert_eq!(exchange.reply().unwrap().status, 500);
    }
}

#[test]
fn bytes_that_are_no_reply() {
    let bench = bench();
    for (index, (bytes, told)) in [
        (&b"HTTP/1.1 400 Bad Request\r\n"[..], "no RESP2; check that a Redis listens there"),
        (b"$10\r\nabc\r\n", "cut short"),
        (b"", "cut short"),
        (b":1\r\n:2\r\n", "more than one reply"),
    ]
    .into_iter()
    .enumerate()
    {
        let _exchange = bench.get("/incr");
        bench.answer_redis_bytes(index, bytes);
        let error = last();
        assert_eq!(error.kind(), ErrorKind::Answer);
        assert!(error.to_string().contains(told), "{error}");
    }
}

#[test]
fn a_reply_that_is_too_large_is_not_taken() {
    let bench = bench();
    let _exchange = bench.get("/incr");
    bench.answer_redis(0, Value::Bytes(vec![0; 1 << 20]));
    assert!(last().to_string().ends_with("answered 1048588 bytes, the plugin takes 1048576"));
}

#[test]
fn a_command_that_would_change_the_connection_is_not_sent() {
    let bench = bench();
    drop(bench.get("/select"));
    assert!(last().to_string().contains("SELECT changes the connection"));
    assert!(bench.redis_calls().is_empty());
}

#[test]
fn a_backoff_tries_again_what_may_succeed_later() {
    plugin!(Tries, |plugin, request| {
        let count = Backoff::new(3, Duration::from_millis(10)).run(|| plugin.redis.incr("k")).await?;
        request.headers_mut().set("x-count", count.to_string())?;
        Ok(request.forward())
    });
    let bench = Bench::<Tries>::new(CONFIG).unwrap();
    let exchange = bench.get("/");
    bench.break_redis(0);
    bench.advance(Duration::from_millis(11));
    bench.answer_redis(1, error("LOADING Redis is loading the dataset in memory"));
    bench.advance(Duration::from_millis(21));
    bench.answer_redis(2, Value::Int(1));
    assert!(exchange.is_forwarded());
    let exchange = bench.get("/");
    bench.answer_redis(3, error("WRONGTYPE Operation against a key"));
    assert_eq!(exchange.reply().unwrap().status, 500);
}
