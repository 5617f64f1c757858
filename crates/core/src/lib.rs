//! Everything a Higress or Envoy plugin needs, as straight-line `async` Rust.
//!
//! ```
//! use plugin_core::prelude::*;
//!
//! #[derive(Debug, Deserialize)]
//! struct HelloWorld;
//!
//! impl Plugin for HelloWorld {
//!     async fn on_request(self: Rc<Self>, request: Request) -> Result<Flow> {
//!         Ok(request.reply(Reply::text(200, "hello world")))
//!     }
//! }
//!
//! plugin_core::register!(HelloWorld, "hello-world");
//! ```

#![cfg_attr(
    not(any(target_arch = "wasm32", feature = "testing")),
    allow(dead_code, reason = "nothing calls the callbacks in a native build without the fake host")
)]

#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
pub mod abi;
pub mod body;
pub mod config;
mod doubling;
mod end;
pub mod env;
mod error;
mod exchange;
mod field;
mod header_list;
mod headers;
pub mod host;
pub mod http;
mod ids;
mod join;
mod logger;
#[cfg(all(test, not(target_arch = "wasm32")))]
#[allow(unsafe_code, reason = "an allocator, which is part of `abi` and tested natively")]
#[path = "abi/memory.rs"]
mod memory;
pub mod metric;
mod plugin;
pub mod property;
pub mod redis;
mod reply;
mod request;
mod response;
mod retry;
mod root;
pub mod rules;
mod runtime;
pub mod shared;
mod slot;
mod task;
#[cfg(all(feature = "testing", not(target_arch = "wasm32")))]
pub mod testing;
pub mod time;
mod uses;

#[doc(hidden)]
pub use join::join as __join;
#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
pub use plugin_core_macros::JsonSchema;
#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
pub use proxy_wasm;
/// For a plugin's configuration: `#[derive(Deserialize, JsonSchema)]` makes the console's form, the editor's schema and
/// the tables of options from its types. In a `.wasm` it makes nothing.
#[cfg(not(target_arch = "wasm32"))]
#[doc(no_inline)]
pub use schemars::JsonSchema;

pub use end::End;
pub use error::{Error, ErrorKind, Result};
pub use field::{FieldValue, HeaderName};
pub use headers::{HeaderValue, Headers, HeadersMut, is_name, is_value};
pub use join::join_all;
pub use plugin::{Abi, Cleanup, Fallback, Flow, Overflow, Plugin};
pub use reply::Reply;
pub use request::Request;
pub use response::Response;
pub use retry::Backoff;
pub use task::Background;

/// What nearly every plugin uses.
pub mod prelude {
    pub use crate::http::{Answer, Cluster, Service};
    pub use crate::redis::{Redis, Script};
    pub use crate::time::{sleep, timeout};
    pub use crate::{
        Abi, Background, Backoff, Cleanup, End, Error, ErrorKind, Fallback, FieldValue, Flow, HeaderName, HeaderValue,
        JsonSchema, Overflow, Plugin, Reply, Request, Response, Result, join, join_all, register,
    };
    pub use log;
    pub use serde::{self, Deserialize};
    pub use std::rc::Rc;
    pub use std::time::Duration;
}
