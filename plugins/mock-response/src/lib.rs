//! Answers with a configured response at once; the upstream is not asked.

mod headers;

use headers::Headers;
use plugin_core::prelude::*;

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
    #[serde(default)]
    status: Status,
    #[serde(default)]
    headers: Headers,
    body: Option<String>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(try_from = "i64")]
struct Status(u16);

impl Status {
    /// Whether a response of this status ends with its headers (RFC 9110, sections 15.3.5 and 15.4.5).
    fn is_bodiless(self) -> bool {
        matches!(self.0, 204 | 304)
    }
}

impl Default for Status {
    fn default() -> Self {
        Self(200)
    }
}

impl TryFrom<i64> for Status {
    type Error = &'static str;

    fn try_from(status: i64) -> Result<Self, Self::Error> {
        match u16::try_from(status) {
            Ok(status @ 200..=599) => Ok(Self(status)),
            _ => Err("allowed: a status from 200 to 599"),
        }
    }
}

impl TryFrom<Settings> for MockResponse {
    type Error = String;

    fn try_from(settings: Settings) -> Result<Self, String> {
        let Settings { mock_enable, status, headers, body } = settings;
        let body = match body {
            Some(body) if status.is_bodiless() && !body.is_empty() => {
                return Err(format!(
                    "$.body: found a body, allowed: none, because a response of status {} has no body",
                    status.0
                ));
            }
            Some(body) => body,
            None if status.is_bodiless() => String::new(),
            None => "hello world".to_owned(),
        };
        let reply = headers.iter().fold(Reply::text(status.0, body), |reply, (name, value)| reply.header(name, value));
        Ok(Self { reply: mock_enable.then_some(reply) })
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
