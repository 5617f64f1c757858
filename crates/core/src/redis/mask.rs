//! Redis's error texts as they may be logged: without what the command sent.

use super::command::Command;

/// Shorter arguments are masked nowhere: they would take ordinary words apart, and are no secrets.
const SHORTEST_MASKED: usize = 4;
const LONGEST_TEXT: usize = 300;

/// One line, not too long, with the arguments of the command masked.
pub(super) fn masked(text: &str, command: &Command) -> String {
    // "ERR unknown command 'x', with args beginning with: ..."
    let text = text.split(", with args beginning with").next().unwrap_or_default();
    let mut text = on_one_line(text);
    // Longest first: one argument may be part of another. A sort would be three times as much code.
    let mut longest = usize::MAX;
    while let Some(length) = command.parts().skip(1).map(<[u8]>::len).filter(|length| *length < longest).max() {
        if length < SHORTEST_MASKED {
            break;
        }
        for argument in command.parts().skip(1).filter(|argument| argument.len() == length) {
            let argument = on_one_line(&String::from_utf8_lossy(argument));
            if text.contains(&argument) {
                text = text.replace(&argument, "***");
            }
        }
        longest = length;
    }
    if let Some((at, _)) = text.char_indices().nth(LONGEST_TEXT) {
        text.truncate(at);
        text.push_str("...");
    }
    text
}

fn on_one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests;
