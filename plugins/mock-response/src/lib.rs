//! Answers with a configured reply at once; the upstream is not asked.

use plugin_core::prelude::*;
use std::collections::BTreeMap;

/// The plugin's configuration.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Settings")]
pub struct MockResponse {
    reply: Option<Reply>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Settings {
    #[serde(default)]
    mock_enable: bool,
    status: Option<Status>,
    #[serde(default)]
    headers: BTreeMap<HeaderName, Values>,
    body: Option<String>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(try_from = "u16")]
struct Status(u16);

#[derive(Deserialize)]
#[serde(untagged)]
enum Values {
    One(FieldValue),
    Several(Vec<FieldValue>),
}

/// What the gateway writes itself, or what is no header of a response.
const OWNED_BY_GATEWAY: [&str; 3] = ["connection", "content-length", "transfer-encoding"];

impl TryFrom<u16> for Status {
    type Error = &'static str;

    fn try_from(status: u16) -> Result<Self, Self::Error> {
        if (200..600).contains(&status) { Ok(Self(status)) } else { Err("allowed: a status from 200 to 599") }
    }
}

impl TryFrom<Settings> for MockResponse {
    type Error = String;

    fn try_from(settings: Settings) -> Result<Self, String> {
        let Status(status) = settings.status.unwrap_or(Status(200));
        let mut faults = Vec::new();
        for name in settings.headers.keys() {
            if name.is_pseudo() || OWNED_BY_GATEWAY.contains(&&**name) {
                faults.push(format!("$.headers.{name}: allowed: other headers; the gateway sets this one itself"));
            }
        }
        let bodiless = matches!(status, 204 | 304);
        if bodiless && settings.body.as_ref().is_some_and(|body| !body.is_empty()) {
            faults.push(format!("$.body: a response of status {status} has no body; leave `body` out"));
        }
        if !faults.is_empty() {
            return Err(faults.join("\n"));
        }
        let default = if bodiless { "" } else { "hello world" };
        let mut reply = Reply::text(status, settings.body.unwrap_or_else(|| default.to_owned()));
        for (name, values) in &settings.headers {
            let values = match values {
                Values::One(value) => std::slice::from_ref(value),
                Values::Several(values) => values,
            };
            for value in values {
                reply = reply.header(name, value);
            }
        }
        Ok(Self { reply: settings.mock_enable.then_some(reply) })
    }
}

impl Plugin for MockResponse {
    async fn on_request(self: Rc<Self>, request: Request) -> Result<Flow> {
        Ok(match &self.reply {
            Some(reply) => request.reply(reply.clone()),
            None => request.forward(),
        })
    }
}

register!(MockResponse, "mock-response");
