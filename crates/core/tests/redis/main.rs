//! The Redis client over a fake gateway that re-enters on purpose.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test speaks by panicking")]

mod failures;
mod login;
mod phases;
mod typed;

use plugin_core::redis::{ErrorReply, Value};

/// A plugin with a Redis in its configuration, whose line is written in the test itself.
macro_rules! plugin {
    ($name:ident, |$plugin:ident, $request:ident| $line:block) => {
        #[derive(Debug, Deserialize)]
        struct $name {
            redis: Redis,
        }

        impl Plugin for $name {
            #[allow(unused_mut, reason = "not each line changes its request")]
            async fn on_request(self: Rc<Self>, mut $request: Request) -> Result<Flow> {
                let $plugin = self;
                $line
            }
        }
    };
}

pub(crate) use plugin;

pub(crate) const CONFIG: &str = r#"{"redis": {"serviceName": "redis.static"}}"#;
pub(crate) const CLUSTER: &str = "outbound|80||redis.static";

pub(crate) fn error(text: &str) -> Value {
    Value::Error(ErrorReply::new(text))
}

pub(crate) fn text(text: &str) -> Value {
    Value::Bytes(text.as_bytes().to_vec())
}
