//! Redis commands against a real redis-server.

use std::time::Duration;

use gateway::{RedisSettings, Refused, World};
use testkit::Redis;

use crate::stage::{Stage, cluster, nobody, on_a_worker};

/// A command as a plugin sends it.
pub(crate) fn command(words: &[&str]) -> Vec<u8> {
    let words: String = words.iter().map(|word| format!("${}\r\n{word}\r\n", word.len())).collect();
    let count = words.matches('$').count();
    format!("*{count}\r\n{words}").into_bytes()
}

pub(crate) fn settings(timeout: u64) -> RedisSettings {
    RedisSettings {
        cluster: "redis".into(),
        username: String::new(),
        password: String::new(),
        timeout: Duration::from_millis(timeout),
        parameters: Vec::new(),
    }
}

async fn ask(stage: &mut Stage, words: &[&str]) -> String {
    stage.world.redis_call(3, "redis", command(words)).unwrap();
    let (token, reply) = stage.redis().await;
    assert_eq!(token, 3);
    String::from_utf8(reply.expect("a reply")).unwrap()
}

#[test]
fn replies_come_in_order_as_they_are() {
    let redis = Redis::start();
    on_a_worker(async {
        let mut stage = Stage::with("redis", redis.address());
        assert_eq!(ask(&mut stage, &["SET", "a", "1"]).await, "+OK\r\n");
        assert_eq!(ask(&mut stage, &["GET", "none"]).await, "$-1\r\n");
        assert_eq!(ask(&mut stage, &["LPUSH", "a", "x"]).await.split(' ').next(), Some("-WRONGTYPE"));
        assert_eq!(ask(&mut stage, &["EVAL", "return {1,{'a'},{}}", "0"]).await, "*3\r\n:1\r\n*1\r\n$1\r\na\r\n*0\r\n");
        let before = redis.connections();

        for number in 0..500 {
            stage.world.redis_call(number, "redis", command(&["INCR", "count"])).unwrap();
        }
        for number in 0..500 {
            let reply = format!(":{}\r\n", number + 1).into_bytes();
            assert_eq!(stage.redis().await, (number, Some(reply)));
        }
        assert_eq!(redis.connections(), before, "all go over one connection");
    });
}

#[test]
fn a_connection_begins_with_password_and_database() {
    let redis = Redis::options().password("s3cret").start();
    on_a_worker(async {
        let mut stage = Stage::with("redis", redis.address());
        assert!(ask(&mut stage, &["GET", "a"]).await.starts_with("-NOAUTH"), "without settings there is no password");

        let parameters = [("db", "5"), ("buffer_flush_timeout", "1"), ("max_buffer_size_before_flush", "0")];
        let parameters: Vec<_> = parameters.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
        let with = RedisSettings { password: "s3cret".into(), parameters, ..settings(5000) };
        stage.world.redis_init(with).unwrap();
        assert_eq!(ask(&mut stage, &["SET", "a", "in five"]).await, "+OK\r\n");
        let inside = ask(&mut stage, &["CLIENT", "INFO"]).await;
        assert!(inside.contains(" db=5 "), "{inside}");

        stage.world.redis_init(RedisSettings { password: "wrong-one".into(), ..settings(5000) }).unwrap();
        assert!(ask(&mut stage, &["GET", "a"]).await.starts_with("-NOAUTH"));
        let logged = stage.logged();
        assert!(logged.contains("warning|redis|cluster \"redis\": the server refused AUTH with WRONGPASS"), "{logged}");
        assert!(!logged.contains("wrong-one") && !logged.contains("s3cret"), "{logged}");
    });
}

#[test]
fn a_user_has_a_password_of_their_own() {
    let redis = Redis::options().user("alice", "w0nder").start();
    on_a_worker(async {
        let mut stage = Stage::with("redis", redis.address());
        let as_alice = RedisSettings { username: "alice".into(), password: "w0nder".into(), ..settings(5000) };
        stage.world.redis_init(as_alice).unwrap();
        assert_eq!(ask(&mut stage, &["ACL", "WHOAMI"]).await, "$5\r\nalice\r\n");
    });
}

#[test]
fn new_settings_close_the_connection_and_fail_what_waits() {
    let redis = Redis::start();
    on_a_worker(async {
        let mut stage = Stage::with("redis", redis.address());
        ask(&mut stage, &["PING"]).await;
        stage.world.redis_call(7, "redis", command(&["BLPOP", "never", "0"])).unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
        stage.world.redis_init(settings(5000)).unwrap();
        assert_eq!(stage.redis().await, (7, None));
        assert_eq!(ask(&mut stage, &["PING"]).await, "+PONG\r\n");
    });
}

#[test]
fn a_server_that_vanishes_fails_what_waits_and_is_met_again() {
    let redis = Redis::start();
    on_a_worker(async {
        let mut stage = Stage::with("redis", redis.address());
        ask(&mut stage, &["PING"]).await;
        for token in [7, 11] {
            stage.world.redis_call(token, "redis", command(&["BLPOP", "never", "0"])).unwrap();
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        redis.kill();
        assert_eq!([stage.redis().await, stage.redis().await], [(7, None), (11, None)]);
        stage.world.redis_call(15, "redis", command(&["PING"])).unwrap();
        assert_eq!(stage.redis().await, (15, None), "nobody listens");
        redis.restart();
        assert_eq!(ask(&mut stage, &["PING"]).await, "+PONG\r\n");
    });
}

#[test]
fn a_server_that_stalls_fails_all_that_waits() {
    let redis = Redis::start();
    on_a_worker(async {
        let mut stage = Stage::with("redis", redis.address());
        stage.world.redis_init(settings(300)).unwrap();
        assert_eq!(ask(&mut stage, &["PING"]).await, "+PONG\r\n");
        redis.pause();
        for token in [7, 11] {
            stage.world.redis_call(token, "redis", command(&["PING"])).unwrap();
        }
        assert_eq!([stage.redis().await, stage.redis().await], [(7, None), (11, None)]);
        redis.resume();
        assert_eq!(ask(&mut stage, &["PING"]).await, "+PONG\r\n");
        assert!(stage.logged().contains("no reply within the plugin's timeout"));
    });
}

#[test]
fn a_host_that_the_cluster_has_no_more_is_left() {
    let [old, new] = [Redis::start(), Redis::start()];
    on_a_worker(async {
        let mut stage = Stage::with("redis", old.address());
        ask(&mut stage, &["PING"]).await;
        stage.world.redis_call(7, "redis", command(&["BLPOP", "never", "0"])).unwrap();
        stage.clusters.configure(&[cluster("redis", new.address())], &stage.log);
        stage.world.redis_call(11, "redis", command(&["SET", "where", "new"])).unwrap();
        let mut ended = [stage.redis().await, stage.redis().await];
        ended.sort();
        assert_eq!(ended, [(7, None), (11, Some(b"+OK\r\n".to_vec()))]);
    });
    assert_eq!(new.text(["GET", "where"]).as_deref(), Some("new"));
}

#[test]
fn large_replies_arrive_whole() {
    let redis = Redis::start();
    on_a_worker(async {
        let mut stage = Stage::with("redis", redis.address());
        stage.world.redis_init(settings(20_000)).unwrap();
        let size = 10_000_000;
        ask(&mut stage, &["SETRANGE", "large", &(size - 1).to_string(), "x"]).await;
        let reply = ask(&mut stage, &["GET", "large"]).await;
        assert_eq!(reply.len(), size + "$10000000\r\n\r\n".len());

        let script = "local t = {} for i = 1, 500000 do t[i] = i end return t";
        let reply = ask(&mut stage, &["EVAL", script, "0"]).await;
        assert_eq!((reply.matches("\r\n").count(), reply.ends_with(":500000\r\n")), (500_001, true));
    });
}

#[test]
fn what_goes_nowhere_is_refused_at_once() {
    on_a_worker(async {
        let mut empty = cluster("redis", nobody());
        empty.endpoints.clear();
        let mut stage = Stage::new(&[empty]);
        stage.world.redis_init(settings(100)).unwrap();
        assert_eq!(stage.world.redis_call(3, "redis", command(&["PING"])), Err(Refused::NoHost));
        assert_eq!(stage.world.redis_call(3, "other", command(&["PING"])), Err(Refused::UnknownCluster));
        let other = RedisSettings { cluster: "other".into(), password: "s3cret".into(), ..settings(100) };
        assert_eq!(stage.world.redis_init(other), Err(Refused::UnknownCluster));
        assert!(stage.is_quiet());
        let logged = stage.logged();
        assert!(logged.contains("cluster \"other\" is refused") && !logged.contains("s3cret"), "{logged}");
    });
}

#[test]
fn connections_end_with_their_cluster() {
    let redis = Redis::start();
    on_a_worker(async {
        let mut stage = Stage::with("redis", redis.address());
        assert_eq!(ask(&mut stage, &["PING"]).await, "+PONG\r\n");
        let old = std::rc::Rc::downgrade(&stage.clusters.get("redis").unwrap());
        let mut other = cluster("redis", redis.address());
        other.connect_timeout *= 2;
        stage.clusters.configure(&[other], &stage.log);
        stage.services.clusters_changed();
        assert!(old.upgrade().is_none(), "a connection keeps no cluster");
        assert_eq!(ask(&mut stage, &["PING"]).await, "+PONG\r\n");

        stage.world.redis_call(9, "redis", command(&["BLPOP", "nothing", "0"])).unwrap();
        stage.clusters.configure(&[], &stage.log);
        stage.services.clusters_changed();
        assert_eq!(stage.redis().await, (9, None), "what waits on it fails");
    });
}
