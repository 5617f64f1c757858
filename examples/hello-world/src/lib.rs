//! Always answers `hello world`; the upstream is never asked.

use plugin_core::prelude::*;

/// A plugin without configuration is a unit struct.
#[derive(Debug, Deserialize)]
pub struct HelloWorld;

impl Plugin for HelloWorld {
    async fn on_request(self: Rc<Self>, request: Request) -> Result<Flow> {
        Ok(request.reply(Reply::text(200, "hello world")))
    }
}

register!(HelloWorld, "hello-world");
