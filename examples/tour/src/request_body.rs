//! The request's body once its headers have gone: whole, or chunk by chunk as it passes.

use crate::Tour;
use plugin_core::prelude::*;

/// Larger bodies are refused with 413.
const LIMIT: usize = 16 << 10;

pub(crate) async fn visit(step: &str, request: Request, tour: &Tour) -> Result<Flow> {
    match step {
        "chunks"
        | "call-between-chunks"
        | "call-at-first-chunk"
        | "call-before-trailers"
        | "count-chunks"
        | "trailers-after-chunks" => {
            return chunks(step, request, tour).await;
        }
        "get" => {
            let body = request.into_body(LIMIT).await?;
            let text = String::from_utf8_lossy(body.bytes()).into_owned();
            return Ok(body.reply(Reply::text(200, format!("{} bytes: {text}", text.len()))));
        }
        "read-and-forward" => {
            let body = request.into_body(LIMIT).await?;
            let length = body.bytes().len();
            let mut response = body.forward_and_wait().await;
            response.headers_mut().set("x-body-length", length.to_string())?;
            return Ok(response.forward());
        }
        _ => {}
    }
    let mut body = request.into_editable_body(LIMIT).await?;
    match step {
        "append" => body.append(" and more")?,
        "prepend" => body.prepend("more and ")?,
        "replace" => body.replace("something else")?,
        "empty" => body.replace("")?,
        "call" => {
            let mark = tour.service("auth")?.get("/mark").send().await?;
            body.append(mark.body())?;
            if let Some(mut trailers) = body.trailers_mut() {
                trailers.set("x-mark", mark.body())?;
            }
        }
        "trailers" => {
            let bytes = body.bytes().len().to_string();
            if let Some(mut trailers) = body.trailers_mut() {
                trailers.set("x-sum", bytes)?;
                trailers.remove("x-secret")?;
                trailers.append("x-by", "tour")?;
            }
        }
        _ => {}
    }
    Ok(body.forward())
}

async fn chunks(step: &str, request: Request, tour: &Tour) -> Result<Flow> {
    if step == "count-chunks" {
        return count(request).await;
    }
    let mut chunks = request.into_editable_chunks()?;
    let mut length = 0_usize;
    while let Some(chunk) = chunks.next().await? {
        let first = length == 0;
        length = length.saturating_add(chunk.bytes().len());
        let mut bytes = chunk.bytes().to_ascii_uppercase();
        if step == "call-between-chunks" || step == "call-at-first-chunk" && first {
            // What arrives meanwhile waits in the gateway's buffer.
            bytes.extend(tour.service("auth")?.get("/mark").send().await?.body());
        }
        chunk.replace(bytes)?;
    }
    if let Some(mut trailers) = chunks.trailers().await {
        if step == "call-before-trailers" {
            trailers.set("x-mark", tour.service("auth")?.get("/mark").send().await?.body())?;
        }
        trailers.set("x-length", length.to_string())?;
    }
    Ok(chunks.forward())
}

async fn count(request: Request) -> Result<Flow> {
    let mut chunks = request.into_chunks();
    let mut length = 0_usize;
    while let Some(chunk) = chunks.next().await? {
        length = length.saturating_add(chunk.bytes().len());
    }
    let mut response = chunks.forward_and_wait().await;
    response.headers_mut().set("x-body-length", length.to_string())?;
    Ok(response.forward())
}
