//! Core's Redis client as it is built: examples/redis-counter in a machine, with a real redis-server behind it.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a panic with a clear text is how a failed test is told"
)]

#[path = "../net/kept.rs"]
mod kept;
mod stage;

use std::time::Duration;

use gateway::{Headers, RedisSettings, World};
use stage::{CLUSTER, Stage, on_a_worker};
use testkit::Redis;

fn text<'a>(headers: &'a Headers, name: &str) -> Option<&'a str> {
    headers.get(name.as_bytes()).map(|value| std::str::from_utf8(value).unwrap())
}

/// The first words of what plugins asked.
fn asked(redis: &Redis) -> Vec<String> {
    redis.commands().into_iter().map(|command| command.words[0].to_uppercase()).collect()
}

#[test]
fn counts_in_both_phases_and_in_the_background() {
    let redis = Redis::start();
    on_a_worker(async {
        let mut stage = Stage::new(&redis, r#"{"redis": {"serviceName": "redis.static"}, "seconds": 60}"#);
        stage.wait_for_log("start number 1").await;

        let first = stage.get("/orders?id=1", "ann").await;
        assert_eq!(text(&first, "x-visits"), Some("1; reset=60"));
        assert_eq!((text(&first, "x-last-user"), text(&first, "x-same-status")), (Some(""), Some("1")));
        let second = stage.get("/orders", "b\u{e9}a").await;
        assert!(text(&second, "x-visits").unwrap().starts_with("2; reset="), "{second:?}");
        assert_eq!((text(&second, "x-last-user"), text(&second, "x-same-status")), (Some("ann"), Some("2")));

        assert_eq!(redis.text(["GET", "counter:visits:/orders"]).as_deref(), Some("2"));
        assert_eq!(redis.text(["GET", "counter:last:/orders"]).as_deref(), Some("b\u{e9}a"));
        let asked = asked(&redis);
        let count = |name: &str| asked.iter().filter(|asked| *asked == name).count();
        assert_eq!((count("EVALSHA"), count("EVAL")), (2, 1), "the script's text is sent once: {asked:?}");
        assert_eq!(redis.connections(), 1);
    });
}

#[test]
fn without_redis_requests_go_on_and_with_it_they_are_counted_again() {
    let redis = Redis::start();
    on_a_worker(async {
        let mut stage = Stage::new(&redis, r#"{"redis": {"serviceName": "redis.static"}}"#);
        stage.wait_for_log("start number 1").await;
        redis.kill();
        assert_eq!(text(&stage.get("/", "ann").await, "x-visits"), None);
        assert!(
            stage.logged().contains("check that Redis runs, listens on the cluster's address"),
            "{}",
            stage.logged()
        );
        redis.restart();
        assert_eq!(text(&stage.get("/", "ann").await, "x-visits"), Some("1; reset=86400"));
    });
}

#[test]
fn a_redis_that_hangs_costs_no_more_than_the_deadline() {
    let redis = Redis::start();
    on_a_worker(async {
        let configuration = r#"{"redis": {"serviceName": "redis.static", "timeout": 100}}"#;
        let mut stage = Stage::new(&redis, configuration);
        stage.wait_for_log("start number 1").await;
        redis.pause();
        assert_eq!(text(&stage.get("/", "ann").await, "x-visits"), None);
        redis.resume();
        assert!(stage.logged().contains("Redis did not answer within 100 ms"), "{}", stage.logged());
        // What was sent in time may have been done: a deadline does not take a command back.
        while text(&stage.get("/", "ann").await, "x-visits").is_none() {}
    });
}

#[test]
fn logs_in_and_again_when_somebody_else_has_changed_it() {
    let redis = Redis::options().user("ann", "s3cr3t").start();
    on_a_worker(async {
        let configuration =
            r#"{"redis": {"serviceName": "redis.static", "username": "ann", "password": "s3cr3t", "database": 3}}"#;
        let mut stage = Stage::new(&redis, configuration);
        stage.wait_for_log("start number 1").await;
        // Another plugin of this worker, with another login.
        let other = RedisSettings {
            cluster: CLUSTER.to_owned(),
            username: String::new(),
            password: String::new(),
            timeout: Duration::from_secs(1),
            parameters: Vec::new(),
        };
        stage.services.world(2).redis_init(other).unwrap();
        assert_eq!(text(&stage.get("/", "ann").await, "x-visits"), Some("1; reset=86400"));
        let mut commands = redis.commands();
        commands.retain(|command| !["AUTH", "SELECT"].contains(&command.words[0].as_str()));
        assert!(!commands.is_empty() && commands.iter().all(|command| command.database == 3), "{commands:?}");
        assert!(!stage.logged().contains("s3cr3t"), "{}", stage.logged());
    });
}

#[test]
fn a_wrong_password_says_what_to_mend_and_not_what_it_is() {
    let redis = Redis::options().password("right").start();
    on_a_worker(async {
        let configuration = r#"{"redis": {"serviceName": "redis.static", "password": "wr0ng"}}"#;
        let mut stage = Stage::new(&redis, configuration);
        assert_eq!(text(&stage.get("/", "ann").await, "x-visits"), None);
        let logged = stage.logged();
        assert!(logged.contains("Redis did not take the configured `username` and `password`"), "{logged}");
        assert!(!logged.contains("wr0ng"), "{logged}");
    });
}
