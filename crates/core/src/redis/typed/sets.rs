//! Commands on sets.

use super::commands;
use crate::redis::{Arg, Args, Command};

commands! {
    /// `SCARD`: how many members there are.
    scard(key: impl Arg) -> u64 = Command::new("SCARD").arg(key);
    /// `SADD`: how many of the members are new.
    sadd(key: impl Arg, members: impl Args) -> u64 = Command::new("SADD").arg(key).args(members);
    /// `SREM`: how many of the members there were.
    srem(key: impl Arg, members: impl Args) -> u64 = Command::new("SREM").arg(key).args(members);
    /// `SISMEMBER`: whether it is a member.
    sismember(key: impl Arg, member: impl Arg) -> bool = Command::new("SISMEMBER").arg(key).arg(member);
    /// `SMEMBERS`: all members, in no order.
    smembers(key: impl Arg) -> Vec<Vec<u8>> = Command::new("SMEMBERS").arg(key);
    /// `SDIFF`: the members of the first set that are in none of the others.
    sdiff(keys: impl Args) -> Vec<Vec<u8>> = Command::new("SDIFF").args(keys);
    /// `SINTER`: the members that are in all sets.
    sinter(keys: impl Args) -> Vec<Vec<u8>> = Command::new("SINTER").args(keys);
    /// `SUNION`: the members that are in any of the sets.
    sunion(keys: impl Args) -> Vec<Vec<u8>> = Command::new("SUNION").args(keys);
    /// `SDIFFSTORE`: stores what [`Self::sdiff`] gives; how many members that are.
    sdiff_store(to: impl Arg, keys: impl Args) -> u64 = Command::new("SDIFFSTORE").arg(to).args(keys);
    /// `SINTERSTORE`: stores what [`Self::sinter`] gives; how many members that are.
    sinter_store(to: impl Arg, keys: impl Args) -> u64 = Command::new("SINTERSTORE").arg(to).args(keys);
    /// `SUNIONSTORE`: stores what [`Self::sunion`] gives; how many members that are.
    sunion_store(to: impl Arg, keys: impl Args) -> u64 = Command::new("SUNIONSTORE").arg(to).args(keys);
}
