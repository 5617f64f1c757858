//! What to ask a service for: method, path, headers and body as templates, and the call they make.

use crate::fields::{Fields, Headers};
use crate::template::{Encoding, Inputs, Source, Template};
use plugin_core::config::Node;
use plugin_core::http::PreparedCall;
use plugin_core::is_name;
use plugin_core::prelude::*;
use std::hash::{Hash, Hasher};

/// One call, before a request fills it in.
#[derive(Debug)]
pub(crate) struct Recipe {
    service: Service,
    path: Path,
    extra: Extra,
    /// The call itself, where requests have nothing to fill in.
    ready: Option<Rc<PreparedCall>>,
}

/// The path and, if need be, a query.
#[derive(Debug, Deserialize, JsonSchema, Hash)]
#[serde(try_from = "Template")]
pub(crate) struct Path(Template);

/// All that a call may have beside its path.
#[derive(Debug, Default, Deserialize, JsonSchema, Hash)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Extra {
    /// The method. Without it, `GET`, with a body `POST`.
    method: Option<Method>,
    /// Added to the query of `requestPath`.
    query: Fields,
    /// Headers of the call. One that comes out empty is not sent.
    headers: Headers,
    /// The body, as one of these.
    body: Option<Body>,
}

#[derive(Debug, Deserialize, JsonSchema, Hash)]
#[serde(try_from = "String")]
struct Method(String);

/// The body, in the form that the service wants.
#[derive(Debug, Deserialize, JsonSchema, Hash)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Body {
    /// The fields of a form.
    Form(Fields),
    /// Any JSON; its strings are templates.
    Json(Json),
    /// A text, sent as it is.
    Text(Template),
}

#[derive(Debug, Deserialize, JsonSchema, Hash)]
#[serde(try_from = "Node")]
#[schemars(with = "Node")]
pub(crate) enum Json {
    Plain(Template),
    Text(Template),
    List(Vec<Json>),
    Map(Vec<(String, Json)>),
}

// === impl Recipe ===

impl Recipe {
    /// # Errors
    ///
    /// When requests have nothing to fill in, and the call cannot be made as it stands.
    pub(crate) fn new(service: Service, path: Path, extra: Extra) -> Result<Self, String> {
        let mut recipe = Self { service, path, extra, ready: None };
        if recipe.sources().is_empty() {
            let call = recipe.fill_in(&Inputs::default()).map_err(|error| error.to_string())?;
            recipe.ready = Some(Rc::new(call));
        }
        Ok(recipe)
    }

    /// Goes into the identity of a configuration.
    pub(crate) fn hash(&self, hasher: &mut impl Hasher) {
        let cluster = self.service.cluster();
        (cluster.name().ok(), cluster.authority(), &self.path, &self.extra).hash(hasher);
    }

    /// What the templates need to know of a request, each thing once.
    pub(crate) fn sources(&self) -> Vec<Source> {
        let Extra { query, headers, body, .. } = &self.extra;
        let mut templates = vec![&self.path.0];
        templates.extend(query.iter().chain(headers.iter()).map(|(_, value)| value));
        if let Some(body) = body {
            body.add_templates(&mut templates);
        }
        let mut sources: Vec<Source> = Vec::new();
        for source in templates.into_iter().flat_map(Template::sources) {
            if !sources.contains(source) {
                sources.push(source.clone());
            }
        }
        sources
    }

    /// The call for one request.
    pub(crate) fn call(&self, inputs: &Inputs) -> Result<Rc<PreparedCall>> {
        match &self.ready {
            Some(call) => Ok(call.clone()),
            None => self.fill_in(inputs).map(Rc::new),
        }
    }

    fn fill_in(&self, inputs: &Inputs) -> Result<PreparedCall> {
        let Extra { method, headers, body, .. } = &self.extra;
        let default = if body.is_some() { "POST" } else { "GET" };
        let method = method.as_ref().map_or(default, |Method(method)| method);
        let mut call = self.service.cluster().call(method, self.path(inputs)?);
        for (name, value) in headers.iter() {
            let value = value.bytes(inputs);
            // Of what the request does not have there is nothing to pass on.
            if !value.is_empty() {
                call = call.header(name, value);
            }
        }
        if let Some(body) = body {
            if let (Some(kind), false) = (body.content_type(), headers.has("content-type")) {
                call = call.header("content-type", kind);
            }
            call = call.body(body.bytes(inputs));
        }
        call.prepare()
    }

    fn path(&self, inputs: &Inputs) -> Result<String> {
        let mut path = Vec::new();
        self.path.0.fill(inputs, Encoding::Percent, &mut path);
        if self.path.0.as_constant().is_none() && climbs(&path) {
            return Err(Error::other("not asked for: a part of the path, as filled in, is `.` or `..`"));
        }
        for (name, value) in self.extra.query.iter() {
            path.push(if path.contains(&b'?') { b'&' } else { b'?' });
            parameter(name, value, inputs, &mut path);
        }
        // Only texts of the configuration and percent-encoded bytes are in it.
        String::from_utf8(path).map_err(|_| Error::other("the path of the call is no text"))
    }
}

/// `name=value` of a query or a form. A space is `%20`, which either reads.
fn parameter(name: &str, value: &Template, inputs: &Inputs, out: &mut Vec<u8>) {
    Encoding::Percent.write(name.as_bytes(), out);
    out.push(b'=');
    value.encode(inputs, Encoding::Percent, out);
}

// === impl Extra ===

impl Extra {
    /// Whether the operator has said how to ask.
    pub(crate) fn says_how(&self) -> bool {
        self.method.is_some() || self.body.is_some()
    }

    pub(crate) fn has_header(&self, name: &str) -> bool {
        self.headers.has(name)
    }

    pub(crate) fn form(mut self, fields: Fields) -> Self {
        self.body = Some(Body::Form(fields));
        self
    }

    /// Adds a header unless the operator has given it.
    pub(crate) fn header(mut self, name: &str, value: Template) -> Self {
        self.headers.add_default(name, value);
        self
    }
}

// === impl Body ===

impl Body {
    fn content_type(&self) -> Option<&'static str> {
        match self {
            Self::Form(_) => Some("application/x-www-form-urlencoded"),
            Self::Json(_) => Some("application/json"),
            Self::Text(_) => None,
        }
    }

    fn bytes(&self, inputs: &Inputs) -> Vec<u8> {
        let mut out = Vec::new();
        match self {
            Self::Form(fields) => {
                for (name, value) in fields.iter() {
                    if !out.is_empty() {
                        out.push(b'&');
                    }
                    parameter(name, value, inputs, &mut out);
                }
            }
            Self::Json(json) => json.write(inputs, &mut out),
            Self::Text(text) => text.fill(inputs, Encoding::None, &mut out),
        }
        out
    }

    fn add_templates<'a>(&'a self, templates: &mut Vec<&'a Template>) {
        match self {
            Self::Form(fields) => templates.extend(fields.iter().map(|(_, value)| value)),
            Self::Json(json) => json.add_templates(templates),
            Self::Text(text) => templates.push(text),
        }
    }
}

// === impl Json ===

impl Json {
    fn write(&self, inputs: &Inputs, out: &mut Vec<u8>) {
        match self {
            Self::Plain(text) => text.fill(inputs, Encoding::None, out),
            Self::Text(text) => string(|out| text.encode(inputs, Encoding::Json, out), out),
            Self::List(items) => {
                out.push(b'[');
                for (index, item) in items.iter().enumerate() {
                    comma(index, out);
                    item.write(inputs, out);
                }
                out.push(b']');
            }
            Self::Map(entries) => {
                out.push(b'{');
                for (index, (name, value)) in entries.iter().enumerate() {
                    comma(index, out);
                    string(|out| Encoding::Json.write(name.as_bytes(), out), out);
                    out.push(b':');
                    value.write(inputs, out);
                }
                out.push(b'}');
            }
        }
    }

    fn add_templates<'a>(&'a self, templates: &mut Vec<&'a Template>) {
        match self {
            Self::Plain(_) => {}
            Self::Text(text) => templates.push(text),
            Self::List(items) => items.iter().for_each(|item| item.add_templates(templates)),
            Self::Map(entries) => entries.iter().for_each(|(_, value)| value.add_templates(templates)),
        }
    }
}

fn comma(index: usize, out: &mut Vec<u8>) {
    if index > 0 {
        out.push(b',');
    }
}

fn string(write: impl FnOnce(&mut Vec<u8>), out: &mut Vec<u8>) {
    out.push(b'"');
    write(out);
    out.push(b'"');
}

impl TryFrom<Node> for Json {
    type Error = String;

    fn try_from(node: Node) -> Result<Self, String> {
        Ok(match node {
            Node::Null => Self::Plain(Template::constant("null")),
            Node::Bool(value) => Self::Plain(Template::constant(value.to_string())),
            Node::Number(number) => Self::Plain(Template::constant(digits(number)?)),
            Node::String(text) => Self::Text(Template::try_from(text)?),
            Node::List(items) => Self::List(items.into_iter().map(Self::try_from).collect::<Result<_, _>>()?),
            Node::Map(entries) => {
                let entries = entries.into_iter().map(|(name, value)| Ok((name, Self::try_from(value)?)));
                Self::Map(entries.collect::<Result<_, String>>()?)
            }
        })
    }
}

fn digits(number: plugin_core::config::Number) -> Result<String, &'static str> {
    use plugin_core::config::Number;
    match number.whole() {
        Some(Number::Positive(whole)) => Ok(whole.to_string()),
        Some(Number::Negative(whole)) => Ok(whole.to_string()),
        _ => Err("a number with a fraction cannot be sent as it is written: put it into `text` with the whole body"),
    }
}

// === checks ===

impl TryFrom<Template> for Path {
    type Error = &'static str;

    fn try_from(path: Template) -> Result<Self, Self::Error> {
        let graphic = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#');
        match () {
            () if path.is_empty() => Err("allowed: a path such as `/token?scope=read`, percent-encoded where needed"),
            // Not the words that show the value: its query may hold a secret.
            () if !path.texts().all(graphic) => {
                Err("not a path that can be asked for: it has a space, a `#`, or characters to be percent-encoded")
            }
            () if path.as_constant().is_none() && climbs(&path.outline()) => {
                Err("not a path that can be asked for: beside what is filled in, no part of it may be `.` or `..`")
            }
            () => Ok(Self(path)),
        }
    }
}

/// Whether a part of a path, without its query, is `.` or `..`, with which servers go to another path than the operator
/// means. Some decode slashes before they look.
fn climbs(path: &[u8]) -> bool {
    let mut part = path.split(|byte| *byte == b'?').next().unwrap_or_default();
    let mut dots = Some(0);
    loop {
        let separator = [&b"/"[..], b"%2F", b"%5C"].into_iter().find_map(|separator| part.strip_prefix(separator));
        if (separator.is_some() || part.is_empty()) && matches!(dots, Some(1 | 2)) {
            return true;
        }
        (part, dots) = match (separator, part) {
            (Some(rest), _) => (rest, Some(0)),
            (None, []) => return false,
            (None, [b'.', rest @ ..]) => (rest, dots.map(|dots: usize| dots.saturating_add(1))),
            (None, [_, rest @ ..]) => (rest, None),
        };
    }
}

impl TryFrom<String> for Method {
    type Error = &'static str;

    fn try_from(method: String) -> Result<Self, Self::Error> {
        match is_name(&method) && !matches!(&*method, "CONNECT" | "HEAD") {
            true => Ok(Self(method)),
            false => Err("allowed: a method such as `POST`; CONNECT and HEAD do not fetch anything"),
        }
    }
}
