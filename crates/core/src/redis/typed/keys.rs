//! Commands on keys and on plain values.

use super::commands;
use crate::redis::{Arg, Args, Command, Redis};

commands! {
    /// `DEL`: how many of the keys there were.
    del(keys: impl Args) -> u64 = Command::new("DEL").args(keys);
    /// `EXISTS`: whether there is such a key.
    exists(key: impl Arg) -> bool = Command::new("EXISTS").arg(key);
    /// `EXPIRE`: lets the key live that long from now; false if there is none.
    expire(key: impl Arg, seconds: u64) -> bool = Command::new("EXPIRE").arg(key).arg(seconds);
    /// `PERSIST`: takes the end of its life off a key; false if it had none.
    persist(key: impl Arg) -> bool = Command::new("PERSIST").arg(key);
    /// `GET`: the value, `None` if there is no such key.
    get(key: impl Arg) -> Option<Vec<u8>> = Command::new("GET").arg(key);
    /// `SET`: sets the value, without an end to its life.
    set(key: impl Arg, value: impl Arg) -> () = Command::new("SET").arg(key).arg(value);
    /// `SET` with `EX`: sets the value for that long.
    set_ex(key: impl Arg, value: impl Arg, seconds: u64) -> () =
        Command::new("SET").arg(key).arg(value).arg("EX").arg(seconds);
    /// `MGET`: the values in the order of the keys, `None` where there is none.
    mget(keys: impl Args) -> Vec<Option<Vec<u8>>> = Command::new("MGET").args(keys);
    /// `MSET`: sets several values at once.
    mset(pairs: &[(impl Arg, impl Arg)]) -> () = with_pairs(Command::new("MSET"), pairs);
    /// `INCR`: adds one; a missing key counts as 0.
    incr(key: impl Arg) -> i64 = Command::new("INCR").arg(key);
    /// `DECR`: takes one off; a missing key counts as 0.
    decr(key: impl Arg) -> i64 = Command::new("DECR").arg(key);
    /// `INCRBY`: adds to the value.
    incr_by(key: impl Arg, by: i64) -> i64 = Command::new("INCRBY").arg(key).arg(by);
    /// `DECRBY`: takes off the value.
    decr_by(key: impl Arg, by: i64) -> i64 = Command::new("DECRBY").arg(key).arg(by);
}

impl Redis {
    /// `SET` with `NX`: sets the value if there is none, for `seconds` or, with `None`, without an end to its life.
    /// False if there was one already.
    pub async fn set_nx(&self, key: impl Arg, value: impl Arg, seconds: Option<u64>) -> crate::Result<bool> {
        let command = Command::new("SET").arg(key).arg(value).arg("NX");
        let command = match seconds {
            Some(seconds) => command.arg("EX").arg(seconds),
            None => command,
        };
        self.ask::<Option<()>>(command).await.map(|set| set.is_some())
    }
}

pub(super) fn with_pairs(command: Command, pairs: &[(impl Arg, impl Arg)]) -> Command {
    pairs.iter().fold(command, |command, (first, second)| command.arg(first).arg(second))
}
