//! Commands on sorted sets.

use super::commands;
use super::keys::with_pairs;
use crate::redis::{Arg, Args, Command};

commands! {
    /// `ZCARD`: how many members there are.
    zcard(key: impl Arg) -> u64 = Command::new("ZCARD").arg(key);
    /// `ZADD`: sets members with their scores, score first; how many of them are new.
    zadd(key: impl Arg, members: &[(f64, impl Arg)]) -> u64 = with_pairs(Command::new("ZADD").arg(key), members);
    /// `ZCOUNT`: how many members have a score from `min` to `max`; these may be texts too, such as `"(5"` or `"+inf"`.
    zcount(key: impl Arg, min: impl Arg, max: impl Arg) -> u64 = Command::new("ZCOUNT").arg(key).arg(min).arg(max);
    /// `ZINCRBY`: adds to a member's score.
    zincr_by(key: impl Arg, by: f64, member: impl Arg) -> f64 = Command::new("ZINCRBY").arg(key).arg(by).arg(member);
    /// `ZSCORE`: the score of a member.
    zscore(key: impl Arg, member: impl Arg) -> Option<f64> = Command::new("ZSCORE").arg(key).arg(member);
    /// `ZRANK`: the place of a member, from 0 for the lowest score.
    zrank(key: impl Arg, member: impl Arg) -> Option<u64> = Command::new("ZRANK").arg(key).arg(member);
    /// `ZREVRANK`: the place of a member, from 0 for the highest score.
    zrevrank(key: impl Arg, member: impl Arg) -> Option<u64> = Command::new("ZREVRANK").arg(key).arg(member);
    /// `ZREM`: how many of the members there were.
    zrem(key: impl Arg, members: impl Args) -> u64 = Command::new("ZREM").arg(key).args(members);
    /// `ZRANGE`: the members from one place to another, lowest score first; -1 is the last.
    zrange(key: impl Arg, first: i64, last: i64) -> Vec<Vec<u8>> =
        Command::new("ZRANGE").arg(key).arg(first).arg(last);
    /// `ZREVRANGE`: the members from one place to another, highest score first; -1 is the last.
    zrevrange(key: impl Arg, first: i64, last: i64) -> Vec<Vec<u8>> =
        Command::new("ZREVRANGE").arg(key).arg(first).arg(last);
}
