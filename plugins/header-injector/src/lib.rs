//! Sets, appends, removes and renames headers of requests and responses, in the order written.

mod operation;

use operation::{Operation, Side};
use plugin_core::prelude::*;

/// The plugin's configuration.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Settings")]
pub struct HeaderInjector {
    request: Vec<Operation>,
    response: Vec<Operation>,
    reroute: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Settings {
    request: Option<Vec<Operation>>,
    response: Option<Vec<Operation>>,
    #[serde(default)]
    reroute: bool,
}

impl TryFrom<Settings> for HeaderInjector {
    type Error = String;

    fn try_from(settings: Settings) -> Result<Self, String> {
        let request = match (settings.request, &settings.response) {
            (Some(request), _) => request,
            (None, Some(_)) => Vec::new(),
            (None, None) => vec![Operation::hello_world()],
        };
        let response = settings.response.unwrap_or_default();
        let faults: Vec<String> = [(Side::Request, "request", &request), (Side::Response, "response", &response)]
            .into_iter()
            .flat_map(|(side, key, list)| list.iter().enumerate().map(move |(at, operation)| (side, key, at, operation)))
            .filter_map(|(side, key, at, operation)| {
                operation.check(side).err().map(|fault| format!("$.{key}[{at}]{fault}"))
            })
            .collect();
        match faults.is_empty() {
            true => Ok(Self { request, response, reroute: settings.reroute }),
            false => Err(faults.join("\n")),
        }
    }
}

impl Plugin for HeaderInjector {
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
