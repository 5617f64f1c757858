//! Answers with a configured response at once; the upstream is not asked.

mod headers;

use headers::Headers;
use plugin_core::prelude::*;

/// The plugin's configuration.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(try_from = "Settings")]
#[schemars(with = "Settings")]
pub struct MockResponse {
    reply: Option<Reply>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Settings {
    /// Whether to answer. Without it, the other fields are checked but have no effect.
    #[serde(default)]
    mock_enable: bool,
    /// The HTTP status, 200 to 599.
    #[serde(default)]
    #[schemars(extend("default" = 200))]
    status: Status,
    /// Response headers; a list gives one header several values. Without `content-type`, the gateway adds `text/plain`
    /// to a body. `connection`, `content-length`, `keep-alive`, `proxy-connection`, `transfer-encoding`, `upgrade` and
    /// names with `:` are refused: the gateway writes these itself.
    #[serde(default)]
    headers: Headers,
    /// The response's body. Without it, `hello world`, or empty for 204 and 304, which allow none.
    body: Option<String>,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(try_from = "i64")]
#[schemars(with = "i64", extend("minimum" = 200, "maximum" = 599))]
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
    const CLEANUP: Cleanup = Cleanup::Lazy;

    async fn on_request(self: Rc<Self>, request: Request) -> Result<Flow> {
        Ok(match &self.reply {
            Some(reply) => request.reply(reply.clone()),
            None => request.forward(),
        })
    }
}

register!(MockResponse, "mock-response");
