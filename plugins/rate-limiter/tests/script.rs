//! The script in a real Redis decides exactly as the function in Rust does, and leaves no key behind for ever.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that panics is a test that fails"
)]

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use rate_limiter::decide::{Bucket, Verdict, decide};
use rate_limiter::limit::{Algorithm, Limit, MAX_LEVEL, State};
use rate_limiter::script::{SCRIPT, argument, verdict};
use testkit::{Redis, RedisReply};

const ALGORITHMS: [Algorithm; 4] =
    [Algorithm::FixedWindow, Algorithm::FirstRequestWindow, Algorithm::SlidingWindow, Algorithm::Gcra];

fn eval(redis: &Redis, now: Option<u64>, wanted: u64, keys: &[String], buckets: &[Bucket]) -> Verdict {
    let mut words = vec!["EVAL".to_owned(), SCRIPT.to_owned(), keys.len().to_string()];
    words.extend(keys.iter().cloned());
    words.push(argument(now, wanted, buckets));
    let RedisReply::Array(answer) = redis.command(&words) else { panic!("the script answered no list") };
    let number = |frame: &RedisReply| match frame {
        RedisReply::Integer(number) => *number,
        other => panic!("the script answered {other:?}"),
    };
    verdict(buckets.len(), &answer.iter().map(number).collect::<Vec<_>>()).unwrap()
}

prop_compose! {
    fn bucket()(
        kind in 0..ALGORITHMS.len(),
        count in prop_oneof![0..20_u64, 1..=1_000_000_000_u64],
        window in prop_oneof![1..5_000_u64, Just(60_000), Just(86_400_000), 1..=31_622_400_000_u64],
        burst in prop_oneof![1..20_u64, 1..1_000_000_u64],
        cost in prop_oneof![Just(1), 1..10_u64],
        shadow in prop::bool::weighted(0.2),
    ) -> Bucket {
        let burst = burst.min(MAX_LEVEL / window);
        Bucket { limit: Limit { algorithm: ALGORITHMS[kind], count, window, burst }, cost, shadow }
    }
}

/// How far the clock goes from one decision to the next: sometimes back.
fn step() -> impl Strategy<Value = i64> {
    prop_oneof![Just(0), 0..100_i64, 0..70_000_i64, 0..100_000_000_i64, -70_000..0_i64]
}

#[test]
fn script_and_function_are_the_same() {
    let redis = Redis::start();
    let steps = prop::collection::vec((step(), prop_oneof![Just(1_u64), 1..50_u64]), 1..30);
    let buckets = prop::collection::vec(bucket(), 1..5);
    let mut runner =
        TestRunner::new(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() });
    let result = runner.run(&(buckets, steps), |(buckets, steps)| {
        let keys: Vec<String> = (0..buckets.len()).map(|index| format!("{{t}}:{index}")).collect();
        let mut states = vec![None; buckets.len()];
        let mut now = 1_700_000_000_000_u64;
        for (step, wanted) in steps {
            now = now.saturating_add_signed(step);
            // The test's clock is not Redis's, so a key may run out before its time there. And each lost its life here.
            redis.command(["FLUSHALL"]);
            for (key, state) in keys.iter().zip(&states) {
                if let Some(State { at, used, before }) = state {
                    redis.command(["SET", key, &format!("{at}:{used}:{before}")]);
                }
            }
            let known: Vec<_> =
                buckets.iter().zip(&states).map(|(bucket, state)| (*bucket, state.unwrap_or_default())).collect();
            let expected = decide(now, wanted, &known);
            prop_assert_eq!(&eval(&redis, Some(now), wanted, &keys, &buckets), &expected);
            for ((key, state), (taken, bucket)) in
                keys.iter().zip(&mut states).zip(expected.buckets.iter().zip(&buckets))
            {
                let left: i64 = redis.text(["PTTL", key]).unwrap().parse().unwrap();
                prop_assert!(left != -1, "a key without an end");
                let life = i64::try_from(bucket.limit.life(taken.state, now)).unwrap();
                prop_assert!(left <= life, "{left} of {life} ms");
                if taken.requests > 0 {
                    *state = Some(taken.state);
                    prop_assert!(left > life - 10_000 || left == -2, "{left} of {life} ms");
                }
            }
        }
        Ok(())
    });
    result.unwrap();
}

#[test]
fn it_takes_the_clock_of_redis() {
    let redis = Redis::start();
    let limit = Limit { algorithm: Algorithm::Gcra, count: 10, window: 60_000, burst: 10 };
    let verdict = eval(&redis, None, 1, &["key".to_owned()], &[Bucket { limit, cost: 1, shadow: false }]);
    let now: u64 = redis.text(["EVAL", "return redis.call('TIME')[1]", "0"]).unwrap().parse().unwrap();
    assert!(verdict.now / 1000 <= now && verdict.now / 1000 + 60 > now, "{} {now}", verdict.now);
    assert_eq!(redis.text(["GET", "key"]).unwrap(), format!("{}:60000:0", verdict.now));
}

#[test]
fn what_is_no_state_counts_as_none() {
    let redis = Redis::start();
    for text in ["", "abc", "1:2", "-1:2:3", "1:2:3:4", "nil", "1e9:0:0"] {
        for algorithm in ALGORITHMS {
            redis.command(["SET", "key", text]);
            let limit = Limit { algorithm, count: 2, window: 60_000, burst: 2 };
            let verdict = eval(&redis, None, 3, &["key".to_owned()], &[Bucket { limit, cost: 1, shadow: false }]);
            assert_eq!(verdict.granted, 2, "{text:?}");
            assert_ne!(redis.text(["PTTL", "key"]).as_deref(), Some("-1"));
        }
    }
}

#[test]
fn a_refusal_repairs_a_life_that_was_lost() {
    let redis = Redis::start();
    for algorithm in ALGORITHMS {
        let limit = Limit { algorithm, count: 1, window: 3_600_000, burst: 1 };
        let ask = || eval(&redis, None, 1, &["key".to_owned()], &[Bucket { limit, cost: 1, shadow: false }]).granted;
        redis.command(["DEL", "key"]);
        assert_eq!(ask(), 1);
        redis.command(["PERSIST", "key"]);
        assert_eq!((ask(), redis.text(["TTL", "key"]).map(|ttl| ttl != "-1")), (0, Some(true)), "{algorithm:?}");
    }
}
