//! Proves the console sessions that a document shows: a command after `$ `, and below it the answer.

use crate::client::Reply;

/// Runs every command of the document's `console` blocks and compares the answers, line by line.
///
/// `run` gets a command as it is written and gives what it prints. In an answer, a line `...` stands for any lines.
///
/// # Panics
/// When an answer is another one, and when the document shows no command at all.
pub fn prove_console(document: &str, mut run: impl FnMut(&str) -> String) {
    let mut commands = 0;
    for block in document.split("```console\n").skip(1) {
        let (session, _) = block.split_once("```").expect("a block that ends");
        for step in session.split("$ ").skip(1) {
            let (command, shown) = step.split_once('\n').expect("an answer below its command");
            let printed = run(command);
            assert!(
                answers_match(shown, &printed),
                "$ {command}\nThe document shows:\n{shown}\nIt printed:\n{printed}"
            );
            commands += 1;
        }
    }
    assert!(commands > 0, "the document shows no command");
}

/// What `curl -i` prints, with `\n` at the end of each line. The reason phrase is left out.
pub fn curl_i(reply: &Reply) -> String {
    let mut text = format!("HTTP/1.1 {}\n", reply.status);
    for (name, value) in reply.headers.iter() {
        text.push_str(&format!("{}: {}\n", name.escape_ascii(), value.escape_ascii()));
    }
    format!("{text}\n{}", reply.text())
}

fn answers_match(shown: &str, printed: &str) -> bool {
    let mut rest: Vec<&str> = printed.trim_end().lines().collect();
    let mut any = false;
    for line in shown.trim_end().lines() {
        if line.trim() == "..." {
            any = true;
            continue;
        }
        let found = match any {
            true => rest.iter().position(|printed| is_same(line, printed)),
            false => rest.first().filter(|printed| is_same(line, printed)).map(|_| 0),
        };
        let Some(found) = found else { return false };
        rest.drain(..=found);
        any = false;
    }
    any || rest.is_empty()
}

fn is_same(shown: &str, printed: &str) -> bool {
    let is_status_line = printed.starts_with("HTTP/1.1 ") && shown.starts_with(&format!("{printed} "));
    shown == printed || is_status_line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_compared_line_by_line() {
        for (shown, printed, expected) in [
            ("a\nb\n", "a\nb", true),
            ("a\n", "a\nb\n", false),
            ("a\nb\n", "a\n", false),
            ("a\n...\n", "a\nb\n", true),
            ("...\nb\n", "a\nb\n", true),
            ("...\nb\n", "a\nb\nc\n", false),
            ("HTTP/1.1 200 OK\n", "HTTP/1.1 200\n", true),
            ("HTTP/1.1 200 OK\n", "HTTP/1.1 503\n", false),
        ] {
            assert_eq!(answers_match(shown, printed), expected, "{shown:?} {printed:?}");
        }
    }

    #[test]
    fn every_command_of_every_block_is_run() {
        let document = "x\n```console\n$ one\n1\n$ two\n2\n```\ny\n```console\n$ three\n3\n```\n";
        let mut seen = Vec::new();
        prove_console(document, |command| {
            seen.push(command.to_owned());
            seen.len().to_string()
        });
        assert_eq!(seen, ["one", "two", "three"]);
    }

    #[test]
    #[should_panic(expected = "shows no command")]
    fn a_document_without_commands_proves_nothing() {
        prove_console("text", |_| String::new());
    }
}
