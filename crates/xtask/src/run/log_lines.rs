//! Envoy's log, down to what a plugin author wants to see: the lines of plugins, and Envoy's own troubles.

use crate::terminal::{DIM, RED, YELLOW};
use anstyle::Style;

/// Envoy's format of a line: level, logger, text, with a bar between.
pub(super) const FORMAT: &str = "%l|%n|%v";

/// What Envoy puts before a plugin's line.
const PLUGIN_LINE: &str = "wasm log";

/// A line worth showing.
#[derive(Debug, PartialEq, Eq)]
struct Shown<'a> {
    level: &'a str,
    who: &'a str,
    text: &'a str,
}

/// Prints a line of Envoy's log if it is worth it.
pub(super) fn show_plugin_lines(line: &str) {
    if let Some(Shown { level, who, text }) = read(line) {
        let style = style(level);
        anstream::println!("{style}{level:8}{style:#} {DIM}{who}{DIM:#} {text}");
    }
}

fn read(line: &str) -> Option<Shown<'_>> {
    let mut parts = line.splitn(3, '|');
    let (Some(level), Some(logger), Some(text)) = (parts.next(), parts.next(), parts.next()) else {
        // The rest of a message with line breaks.
        return (!line.is_empty()).then_some(Shown {
            level: "",
            who: "",
            text: line,
        });
    };
    if logger == "wasm"
        && let Some(of_plugin) = text.strip_prefix(PLUGIN_LINE)
    {
        // The name, the root id and the VM id, as far as they are set, all three the same in most configurations.
        let (names, text) = of_plugin.split_once(": ").unwrap_or(("", of_plugin));
        let name = names.split_whitespace().next().unwrap_or_default();
        // A line that begins with `[name]` says by itself who speaks.
        let named = text
            .strip_prefix('[')
            .and_then(|rest| rest.strip_prefix(name))
            .is_some_and(|it| it.starts_with(']'));
        return Some(Shown {
            level,
            who: if named { "" } else { name },
            text,
        });
    }
    matches!(level, "warning" | "error" | "critical").then_some(Shown {
        level,
        who: "Envoy",
        text,
    })
}

fn style(level: &str) -> Style {
    match level {
        "critical" | "error" => RED,
        "warning" | "warn" => YELLOW,
        "trace" | "debug" => DIM,
        _ => Style::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_noise_off_a_plugins_line() {
        let shown =
            read("info|wasm|wasm log mock-response mock-response vm: configured: {}").unwrap();
        assert_eq!(
            shown,
            Shown {
                level: "info",
                who: "mock-response",
                text: "configured: {}"
            }
        );
        let shown = read("debug|wasm|wasm log a: [a] [id] text").unwrap();
        assert_eq!(
            shown,
            Shown {
                level: "debug",
                who: "",
                text: "[a] [id] text"
            }
        );
    }

    #[test]
    fn keeps_envoys_troubles_and_drops_its_chatter() {
        assert_eq!(read("debug|wasm|Thread-Local Wasm created 7"), None);
        assert_eq!(
            read("error|main|no route").unwrap(),
            Shown {
                level: "error",
                who: "Envoy",
                text: "no route"
            }
        );
    }
}
