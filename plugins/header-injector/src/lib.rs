//! Sets, appends, removes and renames headers of requests and responses, in the order written.

mod name;
mod operation;

use name::{RequestName, ResponseName};
use operation::Operation;
use plugin_core::prelude::*;

/// The plugin's configuration.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(from = "Settings")]
#[schemars(with = "Settings")]
pub struct HeaderInjector {
    request: Vec<Operation<RequestName>>,
    response: Vec<Operation<ResponseName>>,
    reroute: bool,
}

#[derive(Deserialize, JsonSchema)]
struct Settings {
    /// Operations on the request's headers. Without it and `response`, `hello: world` is added.
    request: Option<Vec<Operation<RequestName>>>,
    /// Operations on the response's headers.
    response: Option<Vec<Operation<ResponseName>>>,
    /// Whether the gateway picks the route again, with the changed request headers. See below.
    #[serde(default)]
    reroute: bool,
}

impl From<Settings> for HeaderInjector {
    fn from(Settings { request, response, reroute }: Settings) -> Self {
        let request = match (request, &response) {
            (None, None) => vec![Operation::hello_world()],
            (request, _) => request.unwrap_or_default(),
        };
        Self { request, response: response.unwrap_or_default(), reroute }
    }
}

impl Plugin for HeaderInjector {
    const CLEANUP: Cleanup = Cleanup::Lazy;

    async fn on_request(self: Rc<Self>, mut request: Request) -> Result<Flow> {
        if !self.reroute && !self.request.is_empty() {
            request.keep_route();
        }
        for operation in &self.request {
            operation.apply(&mut request.headers_mut())?;
        }
        if self.response.is_empty() {
            return Ok(request.forward());
        }
        let mut response = request.forward_and_wait().await;
        for operation in &self.response {
            operation.apply(&mut response.headers_mut())?;
        }
        Ok(response.forward())
    }
}

register!(HeaderInjector, "header-injector");
