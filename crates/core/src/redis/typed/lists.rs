//! Commands on lists.

use super::commands;
use crate::redis::{Arg, Args, Command};

commands! {
    /// `LLEN`: how long the list is; 0 if there is none.
    llen(key: impl Arg) -> u64 = Command::new("LLEN").arg(key);
    /// `LPOP`: takes the first value off.
    lpop(key: impl Arg) -> Option<Vec<u8>> = Command::new("LPOP").arg(key);
    /// `RPOP`: takes the last value off.
    rpop(key: impl Arg) -> Option<Vec<u8>> = Command::new("RPOP").arg(key);
    /// `LPUSH`: puts values in front, one after the other; how long the list is then.
    lpush(key: impl Arg, values: impl Args) -> u64 = Command::new("LPUSH").arg(key).args(values);
    /// `RPUSH`: puts values behind; how long the list is then.
    rpush(key: impl Arg, values: impl Args) -> u64 = Command::new("RPUSH").arg(key).args(values);
    /// `LINDEX`: the value at a place; -1 is the last.
    lindex(key: impl Arg, index: i64) -> Option<Vec<u8>> = Command::new("LINDEX").arg(key).arg(index);
    /// `LRANGE`: the values from one place to another, both included; -1 is the last.
    lrange(key: impl Arg, first: i64, last: i64) -> Vec<Vec<u8>> =
        Command::new("LRANGE").arg(key).arg(first).arg(last);
    /// `LREM`: removes `count` values like this, from behind if negative, all if 0; how many there were.
    lrem(key: impl Arg, count: i64, value: impl Arg) -> u64 = Command::new("LREM").arg(key).arg(count).arg(value);
    /// `LINSERT BEFORE`: how long the list is then; -1 without the pivot, 0 without the list.
    linsert_before(key: impl Arg, pivot: impl Arg, value: impl Arg) -> i64 =
        Command::new("LINSERT").arg(key).arg("BEFORE").arg(pivot).arg(value);
    /// `LINSERT AFTER`: how long the list is then; -1 without the pivot, 0 without the list.
    linsert_after(key: impl Arg, pivot: impl Arg, value: impl Arg) -> i64 =
        Command::new("LINSERT").arg(key).arg("AFTER").arg(pivot).arg(value);
}
