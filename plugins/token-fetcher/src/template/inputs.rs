//! What templates are filled in with: values of one request, read once, so that a call can be made again later.

use super::Template;
use crate::query;
use plugin_core::prelude::*;
use std::fmt;

/// Who the client is. Higress's auth plugins add their finding as a further header, behind what a client sends there.
const CONSUMER: &str = "x-mse-consumer";

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Source {
    Method,
    /// Without the query.
    Path,
    Host,
    Query(String),
    /// All values, joined with commas as RFC 9110 (section 5.3) allows; of the consumer only the last.
    Header(HeaderName),
    Cookie(String),
    /// A value that an earlier call has given: the call's name and the value's.
    Step(String, String),
}

/// Values by where they come from. What a request does not have is empty.
#[derive(Clone, Default)]
pub(crate) struct Inputs(Vec<(Source, Vec<u8>)>);

impl Inputs {
    pub(crate) fn read(sources: &[Source], request: &Request) -> Self {
        if sources.is_empty() { Self::default() } else { Self::read_some(sources, request) }
    }

    // Not inlined: most configurations have no templates, and their requests do without this code.
    #[inline(never)]
    fn read_some(sources: &[Source], request: &Request) -> Self {
        Self(sources.iter().map(|source| (source.clone(), read(source, request))).collect())
    }

    pub(crate) fn get(&self, source: &Source) -> &[u8] {
        self.0.iter().find(|(known, _)| known == source).map_or(&[], |(_, value)| value)
    }

    pub(crate) fn add_step(&mut self, step: &str, name: &str, value: Vec<u8>) {
        self.0.push((Source::Step(step.to_owned(), name.to_owned()), value));
    }

    /// All values as one text that no other values give.
    pub(crate) fn key(&self) -> Vec<u8> {
        unmistakable(self.0.iter().map(|(_, value)| &**value))
    }

    /// The same of the values of `template`. What stands between them does not matter: a client could send it as well.
    pub(crate) fn key_of(&self, template: &Template) -> Vec<u8> {
        unmistakable(template.sources().map(|source| self.get(source)))
    }
}

/// Each value with its length before it, so that none can reach into the next.
fn unmistakable<'a>(values: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut key = Vec::new();
    for value in values {
        key.extend(value.len().to_le_bytes());
        key.extend_from_slice(value);
    }
    key
}

fn read(source: &Source, request: &Request) -> Vec<u8> {
    match source {
        Source::Method => request.method().into_bytes(),
        Source::Path => request.path().into_bytes(),
        Source::Host => request.authority().into_bytes(),
        Source::Query(name) => {
            let query = request.query().unwrap_or_default();
            query::value(&query, name).unwrap_or_default()
        }
        Source::Header(name) => {
            let values = request.headers().get_all(name);
            let skipped = if &**name == CONSUMER { values.len().saturating_sub(1) } else { 0 };
            let values: Vec<&[u8]> = values.iter().skip(skipped).map(HeaderValue::as_bytes).collect();
            values.join(&b", "[..])
        }
        Source::Cookie(name) => cookie(request, name).unwrap_or_default(),
        Source::Step(..) => Vec::new(),
    }
}

/// The first cookie of a name; a client may spread them over several headers.
fn cookie(request: &Request, name: &str) -> Option<Vec<u8>> {
    let headers = request.headers().get_all("cookie");
    let mut cookies = headers.iter().flat_map(|header| header.as_bytes().split(|byte| *byte == b';'));
    cookies.find_map(|cookie| {
        let value = cookie.trim_ascii().strip_prefix(name.as_bytes())?.strip_prefix(b"=")?;
        Some(value.to_vec())
    })
}

/// Tells how many values there are, not what they are: one may be a secret.
impl fmt::Debug for Inputs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Inputs({} values)", self.0.len())
    }
}
