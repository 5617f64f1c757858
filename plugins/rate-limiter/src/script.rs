//! The script that decides inside Redis, where nothing can come in between: its arguments and its answer.
//!
//! It is one round trip, works on Redis 5 and newer, and touches only the keys it is given. The clock is Redis's own,
//! so gateways whose clocks differ count in the same windows; tests give the time instead. Every key that it writes gets
//! its time to live in the same command, and a key that lost it gets a new one.

use crate::decide::{Bucket, Taken, Verdict};
use crate::limit::State;

/// Lua, for `EVAL`.
pub const SCRIPT: &str = include_str!("script.lua");

/// The script's one argument behind the keys, of which there is one for each bucket: numbers with spaces between.
///
/// It is one, because a Redis that is not logged in to refuses what has more than ten parts as a broken message and
/// hangs up, instead of asking for the password. `now` is for tests, in milliseconds since 1970; without it the script
/// takes Redis's clock.
pub fn argument(now: Option<u64>, wanted: u64, buckets: &[Bucket]) -> String {
    let mut text = now.map_or_else(|| "-".to_owned(), |now| now.to_string());
    let mut add = |word: &str| {
        text.push(' ');
        text.push_str(word);
    };
    add(&wanted.to_string());
    for Bucket { limit, cost, shadow } in buckets {
        add(limit.algorithm.letter());
        [limit.count, limit.window, limit.burst, *cost].iter().for_each(|number| add(&number.to_string()));
        add(if *shadow { "1" } else { "0" });
    }
    text
}

/// Reads the script's answer; `None` if it is not one.
pub fn verdict(buckets: usize, answer: &[i64]) -> Option<Verdict> {
    let (head, rest) = answer.split_first_chunk::<2>()?;
    let [now, granted] = whole(head)?;
    let mut taken = Vec::with_capacity(buckets);
    for bucket in rest.chunks(4) {
        let [requests, at, used, before] = whole(bucket.first_chunk::<4>()?)?;
        taken.push(Taken { requests, state: State { at, used, before } });
    }
    (taken.len() == buckets).then_some(Verdict { now, granted, buckets: taken })
}

fn whole<const N: usize>(numbers: &[i64; N]) -> Option<[u64; N]> {
    let mut whole = [0; N];
    for (to, from) in whole.iter_mut().zip(numbers) {
        *to = u64::try_from(*from).ok()?;
    }
    Some(whole)
}
