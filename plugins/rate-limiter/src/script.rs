//! The script that decides inside Redis, where nothing can come in between: its arguments and its answer.
//!
//! It is one round trip, works on Redis 5 and newer, and touches only the keys it is given. The clock is Redis's own,
//! so gateways whose clocks differ count in the same windows; tests give the time instead. Every key that it writes gets
//! its time to live in the same command, and a key that lost it gets a new one.

use crate::decide::{Bucket, Taken, Verdict};
use crate::limit::State;

/// Lua, for `EVAL`.
pub const SCRIPT: &str = include_str!("script.lua");

/// The script's arguments behind the keys, of which there is one for each bucket.
///
/// `now` is for tests, in milliseconds since 1970; without it the script takes Redis's clock.
pub fn arguments(now: Option<u64>, wanted: u64, buckets: &[Bucket]) -> Vec<String> {
    let mut arguments = vec![now.map(|now| now.to_string()).unwrap_or_default(), wanted.to_string()];
    for Bucket { limit, cost, shadow } in buckets {
        arguments.push(limit.algorithm.letter().to_owned());
        arguments.extend([limit.count, limit.window, limit.burst, *cost].map(|number| number.to_string()));
        arguments.push(u8::from(*shadow).to_string());
    }
    arguments
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
