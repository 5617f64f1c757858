//! Redis's error texts as they may be logged: without what the command sent.

use super::command::Command;
use crate::config::split_once;

/// Shorter arguments are masked nowhere: they would take ordinary words apart, and are no secrets.
const SHORTEST_MASKED: usize = 4;
const LONGEST_TEXT: usize = 300;

/// One line, not too long, with the arguments of the command masked.
pub(super) fn masked(text: &str, command: &Command) -> String {
    // "ERR unknown command 'x', with args beginning with: ..."
    let mut text = on_one_line(split_once(text, ", with args beginning with").map_or(text, |(before, _)| before));
    // Longest first: one argument may be part of another. A sort would be three times as much code.
    let mut longest = usize::MAX;
    while let Some(length) = command.parts().skip(1).map(<[u8]>::len).filter(|length| *length < longest).max() {
        if length < SHORTEST_MASKED {
            break;
        }
        for argument in command.parts().skip(1).filter(|argument| argument.len() == length) {
            let argument = on_one_line(&String::from_utf8_lossy(argument));
            let mut masked = String::new();
            let mut rest = text.as_str();
            while let Some((before, behind)) = split_once(rest, &argument) {
                masked.push_str(before);
                masked.push_str("***");
                rest = behind;
            }
            masked.push_str(rest);
            text = masked;
        }
        longest = length;
    }
    if let Some((at, _)) = text.char_indices().nth(LONGEST_TEXT) {
        text.truncate(at);
        text.push_str("...");
    }
    text
}

#[inline(never)]
fn on_one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests;
