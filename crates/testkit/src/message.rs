//! HTTP/1.1 heads taken apart, and what they say about the body that follows.

use crate::broken::Broken;
use crate::headers::Headers;

/// Room for the largest message a test sends through.
const MAX_FIELDS: usize = 4096;

/// How the end of a body is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    Empty,
    Length(usize),
    Chunked,
    UntilClose,
}

impl Framing {
    pub(crate) fn of_request(headers: &Headers) -> Self {
        Self::declared(headers).unwrap_or(Self::Empty)
    }

    pub(crate) fn of_reply(method: &str, status: u16, headers: &Headers) -> Self {
        if method == "HEAD" || status == 204 || status == 304 || (100..200).contains(&status) {
            return Self::Empty;
        }
        Self::declared(headers).unwrap_or(Self::UntilClose)
    }

    fn declared(headers: &Headers) -> Option<Self> {
        if headers.text("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked")) {
            return Some(Self::Chunked);
        }
        headers.text("content-length")?.trim().parse().ok().map(Self::Length)
    }
}

/// Method, target and fields of a request head.
pub(crate) fn parse_request(head: &[u8]) -> Result<(String, String, Headers), Broken> {
    let mut fields = vec![httparse::EMPTY_HEADER; MAX_FIELDS];
    let mut parsed = httparse::Request::new(&mut fields);
    parsed.parse(head).map_err(|error| malformed(error, head))?;
    let method = parsed.method.unwrap_or_default().to_owned();
    let path = parsed.path.unwrap_or_default().to_owned();
    Ok((method, path, collect(parsed.headers)))
}

/// Status and fields of a reply head.
pub(crate) fn parse_reply(head: &[u8]) -> Result<(u16, Headers), Broken> {
    let mut fields = vec![httparse::EMPTY_HEADER; MAX_FIELDS];
    let mut parsed = httparse::Response::new(&mut fields);
    parsed.parse(head).map_err(|error| malformed(error, head))?;
    Ok((parsed.code.unwrap_or_default(), collect(parsed.headers)))
}

fn collect(fields: &[httparse::Header<'_>]) -> Headers {
    let mut headers = Headers::new();
    for field in fields {
        headers.add(field.name, field.value);
    }
    headers
}

fn malformed(error: httparse::Error, head: &[u8]) -> Broken {
    let start = &head[..head.len().min(200)];
    Broken::Malformed(format!("{error} in {}", start.escape_ascii()))
}
