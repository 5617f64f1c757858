//! Envoy's format language: text with `%OPERATOR(ARGUMENT):LENGTH%`, for access logs and header values.

use super::document::{Node, did_you_mean};

/// A parsed format.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Format {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Operator(Operator),
}

/// A value of the request that is filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operator {
    /// Its name, one of [`OPERATORS`].
    pub name: &'static str,
    /// What stands in parentheses, such as `X-FORWARDED-FOR?:AUTHORITY`.
    pub argument: Option<String>,
    /// The value is cut after this many characters.
    pub length: Option<usize>,
}

/// The operators that are supported.
pub const OPERATORS: [&str; 18] = [
    "BYTES_RECEIVED",
    "BYTES_SENT",
    "DOWNSTREAM_LOCAL_ADDRESS",
    "DOWNSTREAM_REMOTE_ADDRESS",
    "DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT",
    "DURATION",
    "FILTER_STATE",
    "PROTOCOL",
    "REQ",
    "RESP",
    "RESPONSE_CODE",
    "RESPONSE_CODE_DETAILS",
    "RESPONSE_FLAGS",
    "ROUTE_NAME",
    "START_TIME",
    "TRAILER",
    "UPSTREAM_CLUSTER",
    "UPSTREAM_HOST",
];

const WITH_ARGUMENT: [&str; 4] = ["FILTER_STATE", "REQ", "RESP", "TRAILER"];

impl Format {
    /// Fills the operators in. A value that `value` does not have is written as `absent`: `-` in access logs, nothing
    /// in headers.
    pub fn render(&self, absent: &str, mut value: impl FnMut(&Operator) -> Option<String>) -> String {
        let mut text = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(piece) => text.push_str(piece),
                Piece::Operator(operator) => match value(operator) {
                    Some(found) => text.extend(found.chars().take(operator.length.unwrap_or(usize::MAX))),
                    None => text.push_str(absent),
                },
            }
        }
        text
    }

    /// Text in which nothing is filled in.
    pub fn plain(text: &str) -> Self {
        Self { pieces: vec![Piece::Text(text.to_owned())] }
    }

    pub(super) fn parse(text: &str) -> Result<Self, String> {
        parse(text)
    }

    pub(super) fn read(node: &Node<'_>) -> Self {
        Self::parse(&node.text()).unwrap_or_else(|fault| {
            node.fault(fault);
            Self::default()
        })
    }
}

fn parse(text: &str) -> Result<Format, String> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        let mut plain = before.to_owned();
        if let Some(after) = after.strip_prefix('%') {
            plain.push('%');
            rest = after;
            pieces.push(Piece::Text(plain));
            continue;
        }
        pieces.push(Piece::Text(plain));
        let end = operator_end(after)
            .ok_or_else(|| format!("found a `%` without its partner in {text:?}; write `%%` for a plain one"))?;
        let (operator, after) = after.split_at(end);
        pieces.push(Piece::Operator(parse_operator(operator)?));
        rest = after.strip_prefix('%').unwrap_or(after);
    }
    pieces.push(Piece::Text(rest.to_owned()));
    pieces.retain(|piece| !matches!(piece, Piece::Text(text) if text.is_empty()));
    Ok(Format { pieces })
}

/// The `%` that ends an operator, not one in its argument: `%START_TIME(%Y)%`.
fn operator_end(text: &str) -> Option<usize> {
    let mut inside = false;
    text.char_indices().find_map(|(index, letter)| {
        match letter {
            '(' => inside = true,
            ')' => inside = false,
            '%' if !inside => return Some(index),
            _ => {}
        }
        None
    })
}

fn parse_operator(text: &str) -> Result<Operator, String> {
    let fault = |why: String| format!("found `%{text}%`: {why}");
    let (name, rest) = text.split_at(text.find(['(', ':']).unwrap_or(text.len()));
    let Some(known) = OPERATORS.into_iter().find(|it| *it == name) else {
        let guess = did_you_mean(name, OPERATORS);
        return Err(fault(format!("unsupported operator;{guess} supported: {}", OPERATORS.join(", "))));
    };
    let (argument, rest) = match rest.strip_prefix('(') {
        Some(rest) => {
            let (argument, rest) = rest.rsplit_once(')').ok_or_else(|| fault("`)` is missing".to_owned()))?;
            (Some(argument.to_owned()), rest)
        }
        None => (None, rest),
    };
    let length = match rest.strip_prefix(':') {
        Some(length) => Some(length.parse().map_err(|_| fault("the length is no whole number".to_owned()))?),
        None if rest.is_empty() => None,
        None => return Err(fault("supported: %NAME%, %NAME(ARGUMENT)% and %NAME(ARGUMENT):LENGTH%".to_owned())),
    };
    let takes_argument = WITH_ARGUMENT.contains(&known);
    if takes_argument && argument.as_deref().is_none_or(str::is_empty) {
        return Err(fault(format!("`{known}` needs an argument, as in %{known}(name)%")));
    }
    if !takes_argument && known != "START_TIME" && argument.is_some() {
        return Err(fault(format!("`{known}` takes no argument")));
    }
    if !takes_argument && length.is_some() {
        return Err(fault(format!("`{known}` takes no length")));
    }
    Ok(Operator { name: known, argument, length })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(text: &str) -> String {
        let value =
            |it: &Operator| (it.name != "PROTOCOL").then(|| format!("<{}>", it.argument.clone().unwrap_or_default()));
        parse(text).unwrap().render("-", value)
    }

    #[test]
    fn fills_operators_in() {
        for (format, expected) in [
            ("", ""),
            ("plain", "plain"),
            ("100%%", "100%"),
            ("%%%REQ(a)%%%", "%<a>%"),
            ("[%REQ(:METHOD)% %PROTOCOL%]\n", "[<:METHOD> -]\n"),
            ("%REQ(X-A?X-B):3%", "<X-"),
            ("%START_TIME(%Y-%m)%.", "<%Y-%m>."),
            ("%FILTER_STATE(wasm.a:PLAIN)%", "<wasm.a:PLAIN>"),
        ] {
            assert_eq!(render(format), expected, "{format}");
        }
    }

    #[test]
    fn refuses_what_it_cannot_fill_in() {
        for (format, expected) in [
            ("50% off", "without its partner"),
            ("%REQ%", "needs an argument"),
            ("%DURATION(x)%", "takes no argument"),
            ("%DURATION:3%", "takes no length"),
            ("%REQ(a):x%", "no whole number"),
            ("%REQ(a)b%", "supported: %NAME%"),
            ("%RESPONSE_COD%", "did you mean `RESPONSE_CODE`?"),
            ("%HOSTNAME%", "unsupported operator; supported: BYTES_RECEIVED"),
        ] {
            let fault = parse(format).unwrap_err();
            assert!(fault.contains(expected), "{format}: {fault}");
        }
    }
}
