//! Request headers: they are in hand until the request is let go.

use plugin_core::prelude::*;

pub(crate) fn visit(step: &str, mut request: Request) -> Result<Flow> {
    match step {
        "get-all" => {
            let names: Vec<String> = request.headers().to_vec().into_iter().map(|(name, _)| name).collect();
            request.headers_mut().set("x-names", names.join(","))?;
        }
        "replace-all" => {
            let mut headers = request.headers().to_vec();
            // `:method`, `:path` and the like must stay: without them there is no request, and without
            // `x-forwarded-proto` the gateway finds no route.
            headers
                .retain(|(name, _)| name.starts_with(':') || matches!(name.as_str(), "x-forwarded-proto" | "x-keep"));
            headers.push(("x-new".to_owned(), b"1".to_vec().into()));
            request.headers_mut().replace_all(&headers)?;
        }
        "get" => {
            if let Some(value) = request.headers().get("x-value") {
                request.headers_mut().set("x-copy", value)?;
            }
        }
        "get-every-value" => {
            for value in request.headers().get_all("x-value") {
                request.headers_mut().append("x-copy", value)?;
            }
        }
        "remove" => request.headers_mut().remove("x-value")?,
        "replace" => request.headers_mut().set("x-value", "replaced")?,
        "add" => request.headers_mut().append("x-value", "added")?,
        "line" => return Ok(line(request)),
        "rewrite" => {
            let mut headers = request.headers_mut();
            headers.set(":method", "PUT")?;
            headers.set(":path", "/rewritten?by=tour")?;
            headers.set(":authority", "rewritten.example")?;
        }
        "bad-value" => request.headers_mut().set("x-value", "one\r\nx-forged: two")?,
        "open" => return Ok(request.forward_open()),
        _ => {}
    }
    Ok(request.forward())
}

fn line(request: Request) -> Flow {
    let query = request.query().unwrap_or_else(|| "no query".to_owned());
    let parts = [
        request.method(),
        request.scheme(),
        request.authority(),
        request.path(),
        query,
        request.path_and_query(),
        format!("body {}", request.has_body()),
        format!("upgrade {}", request.is_upgrade()),
    ];
    request.reply(Reply::text(200, parts.join("\n")))
}
