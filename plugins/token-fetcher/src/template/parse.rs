//! Reads a template: `${..}` is a place to fill in, `$${` a plain `${`.
//!
//! Faults never show the text, which may hold a secret, only the name inside the braces.

use super::{Part, Source};
use plugin_core::HeaderName;

/// What may stand in the braces, for faults and documents.
const KNOWN: &str = "`request.method`, `request.path`, `request.host`, `request.header.NAME`, `request.query.NAME`, \
                     `request.cookie.NAME`, `step.STEP.VALUE` and `env.NAME`";

pub(super) fn parse(text: &str) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = opening(rest) {
        if let Some(escaped) = before.strip_suffix('$') {
            plain.push_str(escaped);
            plain.push_str("${");
            rest = after;
            continue;
        }
        plain.push_str(before);
        let (name, behind) = after.split_once('}').ok_or("`${` without `}`; for a plain `${` write `$${`")?;
        match name.strip_prefix("env.") {
            Some(variable) => plain.push_str(&environment(variable)?),
            None => {
                flush(&mut plain, &mut parts);
                parts.push(Part::Source(source(name)?));
            }
        }
        rest = behind;
    }
    plain.push_str(rest);
    flush(&mut plain, &mut parts);
    Ok(parts)
}

/// What stands before the first `${`, and what behind it.
fn opening(text: &str) -> Option<(&str, &str)> {
    let at = text.as_bytes().windows(2).position(|pair| pair == b"${")?;
    Some((text.get(..at)?, text.get(at + 2..)?))
}

fn flush(plain: &mut String, parts: &mut Vec<Part>) {
    if !plain.is_empty() {
        parts.push(Part::Text(std::mem::take(plain)));
    }
}

fn environment(variable: &str) -> Result<String, String> {
    plugin_core::env::var(variable).ok_or_else(|| {
        // Not as `${env.NAME}`: a fault that repeats the whole text of a secret would not be shown.
        let name = shown(variable);
        format!("the VM has no variable `{name}`; give it in `vm_config.environment_variables`")
    })
}

fn source(name: &str) -> Result<Source, String> {
    let found = match name.split_once('.') {
        Some(("request", "method")) => Some(Source::Method),
        Some(("request", "path")) => Some(Source::Path),
        Some(("request", "host")) => Some(Source::Host),
        Some(("request", rest)) => match rest.split_once('.') {
            Some(("header", header)) => HeaderName::try_from(header.to_owned()).ok().map(Source::Header),
            Some(("query", name)) if !name.is_empty() => Some(Source::Query(name.to_owned())),
            Some(("cookie", name)) if !name.is_empty() => Some(Source::Cookie(name.to_owned())),
            _ => None,
        },
        Some(("step", rest)) => rest.split_once('.').map(|(step, value)| Source::Step(step.into(), value.into())),
        _ => None,
    };
    found.ok_or_else(|| format!("nothing is known as `${{{}}}`; known are {KNOWN}", shown(name)))
}

/// A name on one line, cut when long.
fn shown(name: &str) -> String {
    name.chars().take(40).map(|letter| if letter.is_control() { '?' } else { letter }).collect()
}
