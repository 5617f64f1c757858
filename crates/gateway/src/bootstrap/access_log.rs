//! Access logs: one line for each finished exchange.

use std::path::PathBuf;

use super::any::{self, Type};
use super::document::{Message, Node};
use super::format::Format;

/// An access log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessLog {
    /// Where lines go.
    pub output: Output,
    /// How a line is made, with its line end.
    pub format: Format,
}

/// Where an access log's lines go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Appended to a file.
    File(PathBuf),
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

const FILE: &str = "envoy.extensions.access_loggers.file.v3.FileAccessLog";
const STDOUT: &str = "envoy.extensions.access_loggers.stream.v3.StdoutAccessLog";
const STDERR: &str = "envoy.extensions.access_loggers.stream.v3.StderrAccessLog";

/// What is logged when no format is given: the values of Envoy's own default that this gateway has.
const DEFAULT: &str = "[%START_TIME%] \"%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%\" %RESPONSE_CODE% \
    %RESPONSE_FLAGS% %BYTES_RECEIVED% %BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% \
    \"%REQ(X-FORWARDED-FOR)%\" \"%REQ(USER-AGENT)%\" \"%REQ(X-REQUEST-ID)%\" \"%REQ(:AUTHORITY)%\" \
    \"%UPSTREAM_HOST%\"\n";

impl AccessLog {
    /// Reads one entry of `access_log`; `None` after a fault.
    pub(super) fn read(entry: &Message<'_>) -> Option<Self> {
        entry.refuse(&["filter"], "every exchange is logged");
        entry.get("name").map(|it| it.text());
        let file = |it: &Message<'_>| {
            let path = it.need("path").name();
            let (format, log_format) = (it.get("format"), it.get("log_format"));
            it.refuse(&["json_format", "typed_json_format"], "write a text format in `log_format`");
            let format = match (&format, &log_format) {
                (Some(format), None) => Format::read(format),
                (Some(format), Some(_)) => {
                    format.fault("only one of `format` and `log_format` can be given");
                    Format::default()
                }
                (None, log_format) => read_format(log_format.as_ref()),
            };
            // Where people want lines on the terminal, these names are common in files made for containers.
            let output = match path.as_str() {
                "/dev/stdout" => Output::Stdout,
                "/dev/stderr" => Output::Stderr,
                path => Output::File(path.into()),
            };
            Self { output, format }
        };
        let stream = |output: Output| {
            move |it: &Message<'_>| Self { output: output.clone(), format: read_format(it.get("log_format").as_ref()) }
        };
        any::read(
            &entry.need("typed_config"),
            &[
                Type { name: FILE, read: &file },
                Type { name: STDOUT, read: &stream(Output::Stdout) },
                Type { name: STDERR, read: &stream(Output::Stderr) },
            ],
        )
    }
}

fn read_format(log_format: Option<&Node<'_>>) -> Format {
    let Some(log_format) = log_format else {
        return Format::parse(DEFAULT).unwrap_or_default();
    };
    log_format.message(|it| {
        it.refuse(&["json_format"], "write a text format");
        it.refuse(
            &["omit_empty_values", "formatters", "content_type", "json_format_options"],
            "absent values are written as `-`",
        );
        match it.one_of(&["text_format_source", "text_format"]) {
            ("text_format_source", node) => node.message(|source| {
                source.refuse(&["filename", "inline_bytes", "environment_variable"], "use `inline_string`");
                Format::read(&source.need("inline_string"))
            }),
            (_, node) => Format::read(&node),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_format_parses() {
        let rendered = Format::parse(DEFAULT).unwrap().render("-", |_| None);
        assert_eq!(rendered, "[-] \"- - -\" - - - - - - \"-\" \"-\" \"-\" \"-\" \"-\"\n");
    }
}
