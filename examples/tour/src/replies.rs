//! Replies in the upstream's stead: allowed wherever the type in hand has `reply`.

use crate::Tour;
use plugin_core::prelude::*;

pub(crate) async fn visit(step: &str, request: Request, tour: &Tour) -> Result<Flow> {
    match step {
        "full" => Ok(request.reply(
            Reply::text(418, "short and stout\n")
                .header("x-list", "one")
                .header("x-list", "two")
                .header("X-Bytes", b"\xfa\xce")
                .header("x-bad", "a\r\nb")
                .header("content-type", "text/teapot")
                .details("is a teapot"),
        )),
        "empty" => Ok(request.reply(Reply::new(204))),
        "grpc" => Ok(request.reply(Reply::text(403, "not you").grpc_status(7).details("denied"))),
        "after-call" => {
            let answer = tour.service("auth")?.get("/token").send().await?;
            Ok(request.reply(Reply::text(403, answer.body()).details("after_call")))
        }
        "response" => {
            let response = request.forward_and_wait().await;
            let was = response.status();
            Ok(response.reply(Reply::text(502, format!("instead of {was}")).header("x-by", "tour").details("swapped")))
        }
        "response-after-call" => {
            let response = request.forward_and_wait().await;
            let answer = tour.service("auth")?.get("/token").send().await?;
            Ok(response.reply(Reply::text(502, answer.body()).details("swapped_after_call")))
        }
        "holding-body" => {
            let body = request.into_body(1 << 20).await?;
            let length = body.bytes().len();
            Ok(body.reply(Reply::text(422, format!("{length} bytes refused")).details("bad_body")))
        }
        "between-chunks" => {
            let mut chunks = request.into_chunks();
            while let Some(chunk) = chunks.next().await? {
                if chunk.bytes().contains(&b'!') {
                    return Ok(chunks.reply(Reply::text(422, "no exclamation marks").details("bad_chunk")));
                }
            }
            Ok(chunks.forward())
        }
        "error" => Err(Error::other("the tour's own error: only the log shows this")),
        "error-after-headers" => {
            let mut body = request.forward_and_wait().await.into_chunks();
            if body.next().await?.is_some() {
                return Err(Error::other("too late for a reply"));
            }
            Ok(body.forward())
        }
        "stuck" => std::future::pending().await,
        _ => Ok(request.reply(Reply::text(404, "no such step\n"))),
    }
}
