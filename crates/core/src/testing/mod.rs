//! Native unit tests of a plugin, without a gateway and in microseconds (feature `testing`).
//!
//! [`Bench`] runs a plugin over a [`FakeHost`], a gateway made of plain data. It follows the callbacks' order and the
//! meaning of their verdicts, and it *re-enters*: each host call first calls back into core, as no real gateway would,
//! so that a borrow held across a host call fails here and not in production.
//!
//! ```
//! use plugin_core::prelude::*;
//! use plugin_core::testing::Bench;
//!
//! #[derive(Debug, Deserialize)]
//! struct Hello;
//!
//! impl Plugin for Hello {
//!     async fn on_request(self: Rc<Self>, mut request: Request) -> Result<Flow> {
//!         request.headers_mut().set("hello", "world")?;
//!         Ok(request.forward())
//!     }
//! }
//!
//! let bench = Bench::<Hello>::new("{}").unwrap();
//! let exchange = bench.get("/orders");
//! assert_eq!(exchange.request_header("hello").as_deref(), Some("world"));
//! assert!(exchange.is_forwarded());
//! ```
//!
//! Calls are answered by the test: [`Bench::answer`] for HTTP, [`Bench::answer_redis`] for Redis.

mod bench;
mod host;
mod redis;
mod side;

pub use bench::{Bench, Call, TestExchange};
pub use host::{FakeHost, RedisInit, SentReply};
pub use redis::SentRedis;
