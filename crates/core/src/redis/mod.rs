//! The Redis client: commands to a Redis that the gateway knows as a cluster. Higress only; stock Envoy cannot do it.
//!
//! ```
//! use plugin_core::prelude::*;
//!
//! #[derive(Debug, Deserialize)]
//! struct Visits {
//!     redis: Redis,
//! }
//!
//! impl Plugin for Visits {
//!     async fn on_request(self: Rc<Self>, mut request: Request) -> Result<Flow> {
//!         let count = self.redis.incr("visits").await?;
//!         request.headers_mut().set("x-visits", count.to_string())?;
//!         Ok(request.forward())
//!     }
//! }
//! ```
//!
//! * **Commands.** [`Redis::command`] sends any command and gives its reply as a [`Value`]; a method for each common
//!   command, such as [`Redis::incr`], gives the type that belongs to it. A reply of another type is an error, never 0.
//!   Several commands under way at once (`join!`) share one connection and wait for each other only in Redis.
//! * **Scripts.** [`Redis::run`] runs a [`Script`] by its name and sends its text only to a Redis that does not know it.
//!   That is the way to do several things in one round trip and without another client in between.
//! * **Time.** Every command has a deadline of core's own: `timeout` of the configuration, 1000 ms unless said
//!   otherwise, including a second try. The gateway's own timer is none: it ends a connection on which nothing comes,
//!   not a command that waits behind others.
//! * **Failure.** [`ErrorKind`](crate::ErrorKind) tells what to do: `UnknownCluster`, `NoHost`, `Unreachable` and
//!   `Timeout` mean that no answer came (the command may have been carried out all the same), `Redis(code)` is Redis's
//!   own error by its [`Code`], `Answer` is a reply of another type than was asked for. The text says what to mend. It
//!   holds nothing that the command sent beside its name, no password, and nothing of a value.
//!
//! **One cluster, one login.** The gateway keeps a single connection for each host of a cluster and worker, shared by all
//! plugins, and user, password and database belong to it, not to a plugin. Whoever sets them last sets them for all, and
//! setting them closes the connection. So core sets them once for each worker and plugin, with the first command.
//! Configurations of one plugin that want one cluster with different logins cannot both be served: the one made last is,
//! and the others fail with a text that says so. Give each login a cluster of its own, and rather a key prefix than a
//! database to each user.
//!
//! **What cannot be sent.** One command has one reply, on a connection that others use too. So commands that change the
//! connection or wait in it (`SELECT`, `MULTI`, `SUBSCRIBE`, `BLPOP` and their like) are refused before they are sent.

mod client;
mod code;
mod command;
mod exclusive;
mod from_value;
mod link;
mod mask;
mod resp;
mod script;
mod settings;
mod typed;
mod value;

pub use client::Redis;
pub use code::Code;
pub use command::{Arg, Args, Command};
pub use from_value::{FromValue, Unexpected};
pub use script::Script;
pub use settings::Settings;
pub use value::{ErrorReply, Value};

#[cfg(all(feature = "testing", not(target_arch = "wasm32")))]
pub(crate) use command::parts_of as parts;
#[cfg(all(feature = "testing", not(target_arch = "wasm32")))]
pub(crate) use resp::encode;
