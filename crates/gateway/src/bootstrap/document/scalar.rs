//! Text, numbers, flags, durations and bytes as protobuf's JSON form writes them.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde_yaml::Value;

use super::Node;

impl Node<'_> {
    /// Text. A number or a flag is none, as in Envoy.
    pub(crate) fn text(&self) -> String {
        match self.value {
            Value::String(text) => text.clone(),
            Value::Number(_) | Value::Bool(_) => {
                self.unsupported("text, so put it in quotes");
                String::new()
            }
            _ => {
                self.unsupported("text");
                String::new()
            }
        }
    }

    /// Text of at least one character.
    pub(crate) fn name(&self) -> String {
        let text = self.text();
        if text.is_empty() && matches!(self.value, Value::String(_)) {
            self.unsupported("text of at least one character");
        }
        text
    }

    /// A list of text.
    pub(crate) fn texts(&self) -> Vec<String> {
        self.items().iter().map(Node::name).collect()
    }

    pub(crate) fn flag(&self) -> bool {
        match self.value {
            Value::Bool(flag) => *flag,
            _ => {
                self.unsupported("true, false");
                false
            }
        }
    }

    /// A whole number in a range, as a number or as text.
    pub(crate) fn whole(&self, least: i64, most: i64) -> i64 {
        let number = match self.value {
            Value::Number(number) => number.as_i64().or_else(|| number.as_f64().and_then(whole)),
            Value::String(text) => text.parse().ok().or_else(|| text.parse().ok().and_then(whole)),
            _ => None,
        };
        number.filter(|it| (least..=most).contains(it)).unwrap_or_else(|| {
            self.unsupported(&format!("a whole number from {least} to {most}"));
            least
        })
    }

    /// A whole number of 32 bits, such as a size in bytes.
    pub(crate) fn unsigned(&self) -> u32 {
        self.whole(0, u32::MAX.into()).try_into().unwrap_or_default()
    }

    /// A whole number of 32 bits that is not 0.
    pub(crate) fn positive(&self) -> u32 {
        self.whole(1, u32::MAX.into()).try_into().unwrap_or_default()
    }

    /// A time span, such as `0.25s`.
    pub(crate) fn duration(&self) -> Duration {
        self.span(Duration::ZERO, "seconds with the letter s, such as 0.25s")
    }

    /// A time span of more than nothing.
    pub(crate) fn positive_duration(&self) -> Duration {
        self.span(Duration::from_nanos(1), "more than 0 seconds, with the letter s, such as 0.25s")
    }

    fn span(&self, least: Duration, supported: &str) -> Duration {
        let span = match self.value {
            Value::String(text) => duration(text).filter(|span| *span >= least),
            _ => None,
        };
        span.unwrap_or_else(|| {
            self.unsupported(supported);
            least
        })
    }

    /// Bytes in base64.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let text = self.text();
        STANDARD.decode(&text).or_else(|_| URL_SAFE.decode(&text)).unwrap_or_else(|_| {
            self.unsupported("bytes in base64");
            Vec::new()
        })
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a number without a fraction below 2^53 fits")]
fn whole(number: f64) -> Option<i64> {
    (number.fract() == 0.0 && number.abs() < 2f64.powi(53)).then_some(number as i64)
}

/// At most nine digits after the point and no sign: what protobuf allows of a span that is not negative.
fn duration(text: &str) -> Option<Duration> {
    let number = text.strip_suffix('s')?;
    let (seconds, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = |text: &str| text.bytes().all(|it| it.is_ascii_digit());
    if seconds.is_empty() || !digits(seconds) || !digits(fraction) || fraction.len() > 9 || number.ends_with('.') {
        return None;
    }
    let nanos = format!("{fraction:0<9}").parse().ok()?;
    Some(Duration::new(seconds.parse().ok()?, nanos))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, expected) in [
            ("0s", Some(Duration::ZERO)),
            ("15s", Some(Duration::from_secs(15))),
            ("0.5s", Some(Duration::from_millis(500))),
            ("1.000000001s", Some(Duration::new(1, 1))),
            ("1.0000000001s", None),
            ("-1s", None),
            ("1", None),
            ("1.s", None),
            (".5s", None),
            ("100ms", None),
            ("s", None),
        ] {
            assert_eq!(duration(text), expected, "{text}");
        }
    }

    #[test]
    fn whole_numbers_as_number_or_text() {
        let read = |text: &str| {
            let report = crate::bootstrap::document::Report::new("file");
            let value: Value = serde_yaml::from_str(text).unwrap();
            let number = Node::root(&value, "n", &report).whole(0, 10);
            report.accept(number).map(|it| it.value).map_err(|it| it.to_string())
        };
        for text in ["5", "5.0", "\"5\"", "\"5.0\""] {
            assert_eq!(read(text), Ok(5), "{text}");
        }
        for text in ["-1", "11", "5.5", "\"five\"", "true", "[]", ".nan"] {
            assert!(read(text).unwrap_err().contains("supported: a whole number from 0 to 10"), "{text}");
        }
    }
}
