//! Each method for a command, asked of a real redis-server.

use crate::{CONFIG, plugin};
use plugin_core::ErrorKind;
use plugin_core::prelude::*;
use plugin_core::redis::{Code, ErrorReply, Value};
use plugin_core::testing::Bench;
use testkit::RedisReply;

fn value(reply: RedisReply) -> Value {
    match reply {
        RedisReply::Null => Value::Null,
        RedisReply::Integer(number) => Value::Int(number),
        RedisReply::SimpleString(bytes) | RedisReply::BulkString(bytes) => Value::Bytes(bytes),
        RedisReply::Array(replies) => Value::List(replies.into_iter().map(value).collect()),
        RedisReply::Error(text) => Value::Error(ErrorReply::new(text)),
    }
}

/// Runs the plugin's one request with a real server behind the fake gateway.
fn against_a_server<P: Plugin + serde::de::DeserializeOwned>() -> usize {
    let server = testkit::Redis::start();
    let bench = Bench::<P>::new(CONFIG).unwrap();
    let exchange = bench.get("/");
    let asked = bench.serve_redis(|command| value(server.command(command)));
    assert!(exchange.is_forwarded(), "{:?}", bench.log());
    asked
}

fn texts(values: Vec<Vec<u8>>) -> Vec<String> {
    values.into_iter().map(|value| String::from_utf8(value).unwrap()).collect()
}

fn sorted(values: Vec<Vec<u8>>) -> Vec<String> {
    let mut texts = texts(values);
    texts.sort();
    texts
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    Some(text.as_bytes().to_vec())
}

#[test]
fn keys_and_values() {
    plugin!(Keys, |plugin, request| {
        let redis = &plugin.redis;
        redis.set("a", "1").await?;
        assert_eq!((redis.get("a").await?, redis.get("none").await?), (bytes("1"), None));
        redis.set_ex("b", 2, 60).await?;
        assert_eq!((redis.set_nx("b", "x", None).await?, redis.set_nx("c", "3", Some(60)).await?), (false, true));
        assert!(redis.set_nx("d", "4", None).await?);
        assert_eq!(redis.mget(["a", "none", "c"]).await?, [bytes("1"), None, bytes("3")]);
        redis.mset(&[("e", 5), ("f", 6)]).await?;
        assert_eq!((redis.incr("e").await?, redis.decr("e").await?), (6, 5));
        assert_eq!((redis.incr_by("e", 10).await?, redis.decr_by("e", 20).await?), (15, -5));
        assert_eq!((redis.exists("e").await?, redis.exists("none").await?), (true, false));
        assert_eq!((redis.expire("e", 60).await?, redis.expire("none", 60).await?), (true, false));
        assert_eq!((redis.persist("e").await?, redis.persist("e").await?), (true, false));
        assert_eq!(redis.del(["a", "b", "none"]).await?, 2);
        assert_eq!(redis.command(("STRLEN", "f")).await?, Value::Int(1));
        Ok(request.forward())
    });
    assert_eq!(against_a_server::<Keys>(), 21);
}

#[test]
fn lists() {
    plugin!(Lists, |plugin, request| {
        let redis = &plugin.redis;
        assert_eq!((redis.rpush("l", ["b", "c"]).await?, redis.lpush("l", ["a"]).await?), (2, 3));
        assert_eq!((redis.llen("l").await?, redis.llen("none").await?), (3, 0));
        assert_eq!((redis.lindex("l", -1).await?, redis.lindex("l", 9).await?), (bytes("c"), None));
        assert_eq!(redis.linsert_before("l", "b", "x").await?, 4);
        assert_eq!(redis.linsert_after("l", "none", "x").await?, -1);
        assert_eq!(redis.linsert_after("l", "b", "x").await?, 5);
        assert_eq!(texts(redis.lrange("l", 0, -1).await?), ["a", "x", "b", "x", "c"]);
        assert_eq!(redis.lrem("l", 0, "x").await?, 2);
        assert_eq!((redis.lpop("l").await?, redis.rpop("l").await?), (bytes("a"), bytes("c")));
        assert_eq!((redis.lpop("none").await?, redis.rpop("none").await?), (None, None));
        Ok(request.forward())
    });
    assert_eq!(against_a_server::<Lists>(), 15);
}

#[test]
fn hashes() {
    plugin!(Hashes, |plugin, request| {
        let redis = &plugin.redis;
        assert_eq!((redis.hset("h", "a", 1).await?, redis.hset("h", "a", 2).await?), (true, false));
        redis.hmset("h", &[("b", "3"), ("c", "4")]).await?;
        assert_eq!((redis.hexists("h", "b").await?, redis.hexists("h", "z").await?), (true, false));
        assert_eq!((redis.hget("h", "a").await?, redis.hget("h", "z").await?), (bytes("2"), None));
        assert_eq!(redis.hmget("h", ["c", "z"]).await?, [bytes("4"), None]);
        assert_eq!((redis.hincr_by("h", "a", 5).await?, redis.hincr_by_float("h", "b", 0.5).await?), (7, 3.5));
        assert_eq!((redis.hlen("h").await?, redis.hdel("h", ["c", "z"]).await?), (3, 1));
        assert_eq!(
            (sorted(redis.hkeys("h").await?), sorted(redis.hvals("h").await?)),
            (vec!["a".into(), "b".into()], vec!["3.5".into(), "7".into()])
        );
        let mut all = redis.hgetall("h").await?;
        all.sort();
        assert_eq!(all, [(b"a".to_vec(), b"7".to_vec()), (b"b".to_vec(), b"3.5".to_vec())]);
        assert_eq!(redis.hgetall("none").await?, []);
        Ok(request.forward())
    });
    assert_eq!(against_a_server::<Hashes>(), 16);
}

#[test]
fn sets() {
    plugin!(Sets, |plugin, request| {
        let redis = &plugin.redis;
        assert_eq!((redis.sadd("s", ["a", "b", "a"]).await?, redis.sadd("t", ["b", "c"]).await?), (2, 2));
        assert_eq!((redis.scard("s").await?, redis.srem("s", ["z"]).await?), (2, 0));
        assert_eq!((redis.sismember("s", "a").await?, redis.sismember("s", "z").await?), (true, false));
        assert_eq!(sorted(redis.smembers("s").await?), ["a", "b"]);
        assert_eq!(texts(redis.sdiff(["s", "t"]).await?), ["a"]);
        assert_eq!(texts(redis.sinter(["s", "t"]).await?), ["b"]);
        assert_eq!(sorted(redis.sunion(["s", "t"]).await?), ["a", "b", "c"]);
        assert_eq!(redis.sdiff_store("d", ["s", "t"]).await?, 1);
        assert_eq!(redis.sinter_store("i", ["s", "t"]).await?, 1);
        assert_eq!(redis.sunion_store("u", ["s", "t"]).await?, 3);
        Ok(request.forward())
    });
    assert_eq!(against_a_server::<Sets>(), 13);
}

#[test]
fn sorted_sets() {
    plugin!(SortedSets, |plugin, request| {
        let redis = &plugin.redis;
        assert_eq!(redis.zadd("z", &[(1.5, "a"), (2.0, "b"), (3.0, "c")]).await?, 3);
        assert_eq!((redis.zcard("z").await?, redis.zcount("z", 2, "+inf").await?), (3, 2));
        assert_eq!(redis.zcount("z", "(1.5", 2.0).await?, 1);
        assert_eq!((redis.zscore("z", "a").await?, redis.zscore("z", "x").await?), (Some(1.5), None));
        assert_eq!(redis.zincr_by("z", 9.0, "a").await?, 10.5);
        assert_eq!((redis.zrank("z", "a").await?, redis.zrevrank("z", "a").await?), (Some(2), Some(0)));
        assert_eq!((redis.zrank("z", "x").await?, redis.zrevrank("z", "x").await?), (None, None));
        assert_eq!(texts(redis.zrange("z", 0, -1).await?), ["b", "c", "a"]);
        assert_eq!(texts(redis.zrevrange("z", 0, 0).await?), ["a"]);
        assert_eq!(redis.zrem("z", ["a", "x"]).await?, 1);
        Ok(request.forward())
    });
    assert_eq!(against_a_server::<SortedSets>(), 14);
}

#[test]
fn scripts() {
    const ADD: Script = Script::new("return redis.call('INCRBY', KEYS[1], ARGV[1])");
    plugin!(Scripts, |plugin, request| {
        let redis = &plugin.redis;
        assert_eq!((redis.run::<i64>(&ADD, ["k"], (5,)).await?, redis.run::<i64>(&ADD, ["k"], (2,)).await?), (5, 7));
        assert_eq!(redis.eval::<(i64, String)>("return {1, ARGV[1]}", (), ["x"]).await?, (1, "x".to_owned()));
        let nested: (i64, Vec<Option<i64>>) = redis.eval("return {1, {2, false, 3}}", (), ()).await?;
        assert_eq!(nested, (1, vec![Some(2), None, Some(3)]));
        let error = redis.eval::<i64>("return redis.error_reply('LIMIT ' .. ARGV[1])", (), ["the-secret"]).await;
        let error = error.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Redis(Code::Other));
        assert!(error.to_string().ends_with("Redis refused EVAL: LIMIT ***"), "{error}");
        redis.rpush("list", ["x"]).await?;
        let error = redis.incr("list").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Redis(Code::WrongType));
        let error = redis.run::<i64>(&ADD, ["list"], (1,)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Redis(Code::WrongType), "{error}");
        let error = redis.command(["NOSUCHCOMMAND", "the-secret"]).await.unwrap_err();
        assert!(error.to_string().ends_with("ERR unknown command 'NOSUCHCOMMAND'"), "{error}");
        Ok(request.forward())
    });
    assert_eq!(against_a_server::<Scripts>(), 10);
}
