//! The files of the page, which are part of the program.

use crate::admin::Reply;

const HTML: &str = "text/html; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// The file of the page that is served under this path.
pub(super) fn file(path: &str) -> Option<Reply> {
    let (kind, text) = match path {
        "/inspector" => (HTML, include_str!("page/index.html")),
        "/inspector/style.css" => (STYLE, include_str!("page/style.css")),
        "/inspector/main.js" => (SCRIPT, include_str!("page/main.js")),
        "/inspector/dom.js" => (SCRIPT, include_str!("page/dom.js")),
        "/inspector/words.js" => (SCRIPT, include_str!("page/words.js")),
        "/inspector/exchanges.js" => (SCRIPT, include_str!("page/exchanges.js")),
        "/inspector/exchange.js" => (SCRIPT, include_str!("page/exchange.js")),
        "/inspector/timeline.js" => (SCRIPT, include_str!("page/timeline.js")),
        "/inspector/gateway.js" => (SCRIPT, include_str!("page/gateway.js")),
        _ => return None,
    };
    Some(Reply { content_type: kind, ..Reply::text(text) })
}
