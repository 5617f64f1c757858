//! A request as JSON, in httpbin's words.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::HeaderMap;
use http::request::Parts;
use serde_json::Value;

/// What gateways add on the way; httpbin leaves it out, so that an echo is the same with and without them.
const OF_GATEWAYS: [&str; 15] = [
    "connect-time",
    "total-route-time",
    "via",
    "x-forwarded-for",
    "x-forwarded-port",
    "x-forwarded-proto",
    "x-forwarded-protocol",
    "x-forwarded-ssl",
    "x-heroku-dynos-in-use",
    "x-heroku-queue-depth",
    "x-heroku-queue-wait-time",
    "x-real-ip",
    "x-request-id",
    "x-request-start",
    "x-varnish",
];

/// The fields `keys` of what httpbin tells about a request.
pub(super) fn echo(head: &Parts, body: &[u8], client: SocketAddr, keys: &[&str]) -> BTreeMap<String, Value> {
    let is_form =
        text(&head.headers, "content-type").is_some_and(|it| it.starts_with("application/x-www-form-urlencoded"));
    let (form, data) = if is_form { (body, &[][..]) } else { (&[][..], body) };
    let field = |key: &&str| {
        let value = match *key {
            "args" => pairs(head.uri.query().unwrap_or_default().as_bytes()),
            "data" => content(data),
            // Parts of a multipart body are not taken apart: it is in `data`.
            "files" => Value::Object(serde_json::Map::new()),
            "form" => pairs(form),
            "headers" => headers(&head.headers),
            "json" => serde_json::from_slice(data).unwrap_or(Value::Null),
            "method" => head.method.as_str().into(),
            "origin" => text(&head.headers, "x-forwarded-for").unwrap_or_else(|| client.ip().to_string()).into(),
            "url" => url(head).into(),
            _ => return None,
        };
        Some(((*key).to_owned(), value))
    };
    keys.iter().filter_map(field).collect()
}

/// Each name with its value, or with a list where it stands several times.
fn pairs(encoded: &[u8]) -> Value {
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(encoded) {
        all.entry(name.into_owned()).or_default().push(value.into_owned());
    }
    let one_or_many = |mut values: Vec<String>| match (values.pop(), values.is_empty()) {
        (Some(only), true) => only.into(),
        (last, _) => values.into_iter().chain(last).collect::<Value>(),
    };
    all.into_iter().map(|(name, values)| (name, one_or_many(values))).collect()
}

/// A body as text, or as a data URL when it is none.
fn content(bytes: &[u8]) -> Value {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => format!("data:application/octet-stream;base64,{}", BASE64_STANDARD.encode(bytes)).into(),
    }
}

/// `X-Like-This` as name; several values of one name are joined by commas.
fn headers(headers: &HeaderMap) -> Value {
    let shown = |name: &&http::HeaderName| !OF_GATEWAYS.contains(&name.as_str());
    let value = |name| headers.get_all(name).iter().map(|value| latin1(value.as_bytes())).collect::<Vec<_>>().join(",");
    headers.keys().filter(shown).map(|name| (title(name.as_str()), Value::from(value(name)))).collect()
}

fn title(name: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect::<String>()
    };
    name.split('-').map(capital).collect::<Vec<_>>().join("-")
}

fn url(head: &Parts) -> String {
    let told = ["x-forwarded-proto", "x-forwarded-protocol"].into_iter().find_map(|name| text(&head.headers, name));
    let encrypted = text(&head.headers, "x-forwarded-ssl").is_some_and(|it| it == "on");
    let scheme = told.unwrap_or_else(|| if encrypted { "https" } else { "http" }.to_owned());
    let host = text(&head.headers, "host").unwrap_or_default();
    let path = head.uri.path_and_query().map_or("/", |it| it.as_str());
    format!("{scheme}://{host}{path}")
}

/// The first value of a header.
fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).map(|value| latin1(value.as_bytes()))
}

/// Each byte as a character, which is how Python's web servers read headers.
fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}
