//! Which path answers what.

use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Method, Response, StatusCode, header};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full, channel::Channel};
use serde_json::Value;

use super::echo::echo;

/// An answer, whole or in pieces.
pub(super) type Reply = Response<BoxBody<Bytes, std::convert::Infallible>>;

/// What `/post` and its like tell.
const OF_BODY: &[&str] = &["args", "data", "files", "form", "headers", "json", "origin", "url"];

/// The most that httpbin gives too: lines, bytes, seconds.
const LINES: u64 = 100;
const BYTES: u64 = 100 * 1024;
const SECONDS: f64 = 10.0;

const PAGES: &str = "/get /headers /anything /post /put /patch /delete /status/N /delay/N /stream/N /bytes/N /response-headers?NAME=VALUE";

/// Answers one request.
pub(super) async fn answer(head: &Parts, body: &[u8], client: SocketAddr) -> Reply {
    let mut words = head.uri.path().splitn(3, '/').skip(1);
    let page = words.next().unwrap_or_default();
    let argument = words.next();
    let allowed: &[Method] = match (page, argument) {
        ("get" | "headers" | "response-headers", None) | ("stream" | "bytes", Some(_)) | ("", None) => {
            &[Method::GET, Method::HEAD]
        }
        ("post", None) => &[Method::POST],
        ("put", None) => &[Method::PUT],
        ("patch", None) => &[Method::PATCH],
        ("delete", None) => &[Method::DELETE],
        ("anything", _) | ("status" | "delay", Some(_)) => &[],
        _ => return not_found(),
    };
    if !allowed.is_empty() && !allowed.contains(&head.method) {
        let names: Vec<_> = allowed.iter().map(Method::as_str).collect();
        let mut reply = text(405, &format!("/{page} takes {}", names.join(", ")));
        if let Ok(names) = HeaderValue::from_str(&names.join(", ")) {
            reply.headers_mut().insert(header::ALLOW, names);
        }
        return reply;
    }
    let tell = |keys| json(&echo(head, body, client, keys));
    match (page, argument.unwrap_or_default()) {
        ("get", _) => tell(&["args", "headers", "origin", "url"]),
        ("headers", _) => tell(&["headers"]),
        ("response-headers", _) => response_headers(head),
        ("post" | "put" | "patch" | "delete", _) => tell(OF_BODY),
        ("anything", _) => tell(&[OF_BODY, &["method"]].concat()),
        ("status", codes) => status(codes),
        ("delay", seconds) => {
            let Some(seconds) = seconds.parse().ok().filter(|it: &f64| *it >= 0.0) else { return not_found() };
            tokio::time::sleep(Duration::from_secs_f64(seconds.min(SECONDS))).await;
            tell(&["args", "data", "files", "form", "headers", "origin", "url"])
        }
        ("stream", count) => count.parse().map_or_else(
            |_| not_found(),
            |count: u64| stream(echo(head, &[], client, &["args", "headers", "origin", "url"]), count.min(LINES)),
        ),
        ("bytes", count) => count.parse().map_or_else(|_| not_found(), |count: u64| bytes(count.min(BYTES))),
        _ => text(200, PAGES),
    }
}

/// Headers as the query names them, and those of its own, in the answer's body too.
fn response_headers(head: &Parts) -> Reply {
    let query = head.uri.query().unwrap_or_default().as_bytes();
    let mut told = BTreeMap::from([("Content-Type".to_owned(), Value::from("application/json"))]);
    told.extend(form_urlencoded::parse(query).map(|(name, value)| (name.into_owned(), value.into_owned().into())));
    let mut reply = json(&told);
    for (name, value) in form_urlencoded::parse(query) {
        if let (Ok(name), Ok(value)) = (header::HeaderName::try_from(&*name), HeaderValue::try_from(&*value)) {
            reply.headers_mut().append(name, value);
        }
    }
    reply
}

/// One of the codes in a list such as `200,500`.
fn status(codes: &str) -> Reply {
    let read = |code: &str| code.parse().ok().filter(|code| (200..=999).contains(code));
    let codes: Option<Vec<u16>> = codes.split(',').map(read).collect();
    let codes = codes.unwrap_or_default();
    let chance = usize::try_from(random() % codes.len().max(1) as u64).unwrap_or(0);
    let Some(code) = codes.get(chance) else { return text(400, "Invalid status code") };
    let mut reply = text(*code, "");
    let extra = match code {
        301 | 302 | 303 | 305 | 307 => Some((header::LOCATION, "/get")),
        401 => Some((header::WWW_AUTHENTICATE, "Basic realm=\"Fake Realm\"")),
        _ => None,
    };
    reply.headers_mut().extend(extra.map(|(name, value)| (name, HeaderValue::from_static(value))));
    reply
}

/// Lines of JSON, each in a piece of its own.
fn stream(mut told: BTreeMap<String, Value>, count: u64) -> Reply {
    let (mut pieces, body) = Channel::new(1);
    tokio::spawn(async move {
        for id in 0..count {
            told.insert("id".to_owned(), id.into());
            let line = serde_json::to_string(&told).unwrap_or_default() + "\n";
            if pieces.send_data(line.into()).await.is_err() {
                // The client is gone.
                return;
            }
        }
    });
    reply(200, "application/json", body.boxed())
}

fn bytes(count: u64) -> Reply {
    let content: Vec<u8> = (0..count.div_ceil(8)).flat_map(|_| random().to_le_bytes()).collect();
    let count = usize::try_from(count).unwrap_or(0).min(content.len());
    whole(200, "application/octet-stream", Bytes::from(content).slice(..count))
}

/// A number that nobody can foresee; nothing here needs more than that.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

fn json(value: &BTreeMap<String, Value>) -> Reply {
    let text = serde_json::to_string_pretty(value).unwrap_or_default() + "\n";
    whole(200, "application/json", text.into())
}

fn not_found() -> Reply {
    text(404, &format!("not one of this httpbin's pages: {PAGES}"))
}

/// A line of text, or nothing.
pub(super) fn text(status: u16, line: &str) -> Reply {
    let body = if line.is_empty() { String::new() } else { format!("{line}\n") };
    whole(status, "text/plain; charset=utf-8", body.into())
}

fn whole(status: u16, kind: &'static str, body: Bytes) -> Reply {
    reply(status, kind, Full::new(body).boxed())
}

fn reply(status: u16, kind: &'static str, body: BoxBody<Bytes, std::convert::Infallible>) -> Reply {
    let mut reply = Response::new(body);
    *reply.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = reply.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    reply
}
