//! Commands on hashes.

use super::commands;
use super::keys::with_pairs;
use crate::redis::from_value::Pairs;
use crate::redis::{Arg, Args, Command, Redis};

commands! {
    /// `HEXISTS`: whether the hash has the field.
    hexists(key: impl Arg, field: impl Arg) -> bool = Command::new("HEXISTS").arg(key).arg(field);
    /// `HDEL`: how many of the fields there were.
    hdel(key: impl Arg, fields: impl Args) -> u64 = Command::new("HDEL").arg(key).args(fields);
    /// `HLEN`: how many fields there are.
    hlen(key: impl Arg) -> u64 = Command::new("HLEN").arg(key);
    /// `HGET`: the value of a field.
    hget(key: impl Arg, field: impl Arg) -> Option<Vec<u8>> = Command::new("HGET").arg(key).arg(field);
    /// `HSET`: sets a field; true if it is new.
    hset(key: impl Arg, field: impl Arg, value: impl Arg) -> bool =
        Command::new("HSET").arg(key).arg(field).arg(value);
    /// `HMGET`: the values in the order of the fields, `None` where there is none.
    hmget(key: impl Arg, fields: impl Args) -> Vec<Option<Vec<u8>>> = Command::new("HMGET").arg(key).args(fields);
    /// `HMSET`: sets several fields at once.
    hmset(key: impl Arg, pairs: &[(impl Arg, impl Arg)]) -> () = with_pairs(Command::new("HMSET").arg(key), pairs);
    /// `HKEYS`: all fields.
    hkeys(key: impl Arg) -> Vec<Vec<u8>> = Command::new("HKEYS").arg(key);
    /// `HVALS`: all values.
    hvals(key: impl Arg) -> Vec<Vec<u8>> = Command::new("HVALS").arg(key);
    /// `HINCRBY`: adds to a field's value.
    hincr_by(key: impl Arg, field: impl Arg, by: i64) -> i64 = Command::new("HINCRBY").arg(key).arg(field).arg(by);
    /// `HINCRBYFLOAT`: adds to a field's value.
    hincr_by_float(key: impl Arg, field: impl Arg, by: f64) -> f64 =
        Command::new("HINCRBYFLOAT").arg(key).arg(field).arg(by);
}

impl Redis {
    /// `HGETALL`: all fields with their values.
    pub async fn hgetall(&self, key: impl Arg) -> crate::Result<Vec<(Vec<u8>, Vec<u8>)>> {
        self.ask::<Pairs>(Command::new("HGETALL").arg(key)).await.map(|pairs| pairs.0)
    }
}
