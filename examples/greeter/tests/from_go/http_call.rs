//! The sample `http-call` of Higress's Go guide: puts a header of a service's answer into the request.

use plugin_core::config::Both;
use plugin_core::prelude::*;

/// `Both`: the keys of `Service`, such as `serviceName`, stand beside our own.
#[derive(Debug, Deserialize)]
pub struct HttpCall(Both<Settings, Service>);

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Settings {
    request_path: String,
    token_header: HeaderName,
}

impl Plugin for HttpCall {
    async fn on_request(self: Rc<Self>, mut request: Request) -> Result<Flow> {
        let Both(settings, service) = &self.0;
        let answer = service.cluster().get(&settings.request_path).send().await?.require_status(200)?;
        if let Some(token) = answer.header(&settings.token_header) {
            request.headers_mut().append(&settings.token_header, token)?;
        }
        Ok(request.forward())
    }

    fn on_error(&self, error: &Error) -> Fallback {
        match error.kind() {
            ErrorKind::UnknownCluster | ErrorKind::NoHost => Fallback::Forward,
            _ => Fallback::Reply(Reply::text(500, "http call failed")),
        }
    }
}

register!(HttpCall, "http-call");
