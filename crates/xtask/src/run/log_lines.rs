//! A gateway's log, down to what a plugin author wants to see: the lines of plugins, the gateway's troubles, and what
//! it made of a change.

use crate::terminal::{DIM, RED, YELLOW};
use anstyle::Style;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// The format of a line, in Envoy's words: level, logger, text, with a bar between.
pub(super) const FORMAT: &str = "%l|%n|%v";

/// What stands before a plugin's line.
const PLUGIN_LINE: &str = "wasm log";

/// A line worth showing.
#[derive(Debug, PartialEq, Eq)]
struct Shown<'a> {
    level: &'a str,
    who: &'a str,
    text: &'a str,
}

/// Warnings of Envoy that say nothing to someone who tries plugins.
const CHATTER: [&str; 2] = ["no configured limit to the number of allowed active downstream", "caught ENVOY_SIGTERM"];

/// Prints lines of a gateway's log. While the servers start, lines are held back: a progress line owns the terminal, and
/// each plugin says the same several times (in a trial VM, on the main thread, on the worker).
#[derive(Clone, Default)]
pub(super) struct Screen(Arc<Mutex<Held>>);

#[derive(Default)]
struct Held {
    lines: Vec<String>,
    released: bool,
}

impl Screen {
    /// Takes the next line of the log.
    pub(super) fn line(&self, line: &str) {
        let Some(text) = worth_showing(line) else {
            return;
        };
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if held.released {
            anstream::println!("{text}");
        } else if !held.lines.contains(&text) {
            held.lines.push(text);
        }
    }

    /// Prints what was held back, and from now on every line as it comes.
    pub(super) fn release(&self) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.released = true;
        for line in held.lines.drain(..) {
            anstream::println!("{line}");
        }
    }
}

/// A line of a gateway's log as a person wants to read it, or `None` when it is chatter. Lines that are not in Envoy's
/// format stay as they are.
pub(super) fn worth_showing(line: &str) -> Option<String> {
    read(line).map(|shown| shown.to_string())
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { level, who, text } = self;
        if !level.is_empty() {
            let style = style(level);
            write!(f, "{style}{level:8}{style:#} ")?;
        }
        if !who.is_empty() {
            write!(f, "{DIM}{who}{DIM:#} ")?;
        }
        f.write_str(text)
    }
}

fn read(line: &str) -> Option<Shown<'_>> {
    let mut parts = line.splitn(3, '|');
    let (Some(level), Some(logger), Some(text)) = (parts.next(), parts.next(), parts.next()) else {
        // The rest of a message with line breaks.
        return (!line.is_empty()).then_some(Shown { level: "", who: "", text: line });
    };
    if logger == "wasm"
        && let Some(of_plugin) = text.strip_prefix(PLUGIN_LINE)
    {
        // The name, the root id and the VM id, as far as they are set, all three the same in most configurations.
        let (names, text) = of_plugin.split_once(": ").unwrap_or(("", of_plugin));
        let name = names.split_whitespace().next().unwrap_or_default();
        // A line that begins with `[name]` says by itself who speaks.
        let named =
            text.strip_prefix('[').and_then(|rest| rest.strip_prefix(name)).is_some_and(|it| it.starts_with(']'));
        return Some(Shown { level, who: if named { "" } else { name }, text });
    }
    let trouble = matches!(level, "warning" | "error" | "critical");
    (trouble && !CHATTER.iter().any(|chatter| text.contains(chatter))).then_some(Shown { level, who: "gateway", text })
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
        let shown = read("info|wasm|wasm log mock-response mock-response vm: configured: {}").unwrap();
        assert_eq!(shown, Shown { level: "info", who: "mock-response", text: "configured: {}" });
        let shown = read("debug|wasm|wasm log a: [a] [id] text").unwrap();
        assert_eq!(shown, Shown { level: "debug", who: "", text: "[a] [id] text" });
    }

    #[test]
    fn keeps_troubles_and_drops_chatter() {
        assert_eq!(read("debug|wasm|Thread-Local Wasm created 7"), None);
        assert_eq!(read("warning|main|caught ENVOY_SIGTERM"), None);
        assert_eq!(read("error|main|no route").unwrap(), Shown { level: "error", who: "gateway", text: "no route" });
    }

    #[test]
    fn holds_lines_back_until_released_and_each_once() {
        let screen = Screen::default();
        for _ in 0..3 {
            screen.line("info|wasm|wasm log a: configured");
        }
        assert_eq!(screen.0.lock().unwrap().lines.len(), 1);
        screen.release();
        assert!(screen.0.lock().unwrap().lines.is_empty());
    }
}
