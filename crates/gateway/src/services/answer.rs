//! What an HTTP call shows to the plugin that made it.

use http::HeaderMap;
use http_body_util::BodyExt;

use super::room::Taken;
use crate::cluster::{Answered, UpstreamError};
use crate::headers::Headers;
use crate::log::Level;
use crate::world::HttpAnswer;

/// The most bytes of an answer: what Envoy's own client keeps.
const MOST_BYTES: usize = 32 << 20;

/// Why there is no whole answer, and how loudly that is to be said.
pub(super) type Lost = (Level, &'static str);

/// The whole answer, which takes its bytes of the room.
///
/// # Errors
/// When it broke off or is too large.
pub(super) async fn read(answered: Answered, room: &mut Option<Taken>) -> Result<HttpAnswer, Lost> {
    let (head, mut incoming) = answered.response.into_parts();
    let mut headers: Headers = [(":status", head.status.as_str())].into_iter().collect();
    add(&mut headers, &head.headers);
    let (mut body, mut trailers) = (Vec::new(), Headers::default());
    while let Some(frame) = incoming.frame().await {
        match frame.map_err(|_| (Level::Debug, "the answer broke off"))?.into_data() {
            Ok(data) if body.len() + data.len() > MOST_BYTES => {
                return Err((Level::Warn, "the answer is larger than 32 MiB"));
            }
            Ok(data) if !room.as_mut().is_some_and(|room| room.more(data.len())) => {
                return Err((Level::Warn, "too many bytes of answers wait for the plugin already"));
            }
            Ok(data) => body.extend_from_slice(&data),
            Err(frame) if answered.trailers => {
                if let Ok(map) = frame.into_trailers() {
                    add(&mut trailers, &map);
                }
            }
            Err(_) => {}
        }
    }
    Ok(HttpAnswer { headers, body, trailers })
}

/// What a gateway answers when the service did not.
pub(super) fn in_place(error: &UpstreamError) -> HttpAnswer {
    local(error.status(), error.body())
}

/// What a gateway answers when nothing of the service's answer came in time.
pub(super) fn timed_out() -> HttpAnswer {
    local(504, "upstream request timeout".to_owned())
}

/// The plugin's headers are no request that could be sent.
pub(super) fn invalid() -> HttpAnswer {
    local(400, "invalid request headers".to_owned())
}

fn local(status: u16, body: String) -> HttpAnswer {
    let (status, length) = (status.to_string(), body.len().to_string());
    let headers = [(":status", status.as_str()), ("content-length", &length), ("content-type", "text/plain")];
    HttpAnswer { headers: headers.into_iter().collect(), body: body.into_bytes(), trailers: Headers::default() }
}

fn add(headers: &mut Headers, map: &HeaderMap) {
    for (name, value) in map {
        headers.add(name.as_str().as_bytes(), value.as_bytes());
    }
}
