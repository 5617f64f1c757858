//! What the server was asked, read from its `MONITOR`.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use redis_protocol::resp2::types::OwnedFrame;

use super::client::Client;
use crate::wait::eventually;

/// How long the record may lag behind.
const PATIENCE: Duration = Duration::from_secs(10);

/// One command that a client sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedisCommand {
    /// The number of the database that the client had selected.
    pub database: u32,
    /// The client's address: equal for commands of one connection.
    pub client: String,
    /// The command and its arguments, as they came; bytes that are not UTF-8 are replaced.
    pub words: Vec<String>,
}

/// Listens until the server ends.
pub(super) struct Record {
    lines: Arc<Mutex<Vec<RedisCommand>>>,
    marks: usize,
    _listener: JoinHandle<()>,
}

impl Record {
    /// Starts to listen beside `client`, whose own commands are left out.
    pub(super) fn start(server: SocketAddr, client: &mut Client) -> Self {
        let mut listener = Client::connect(server).expect("a server that has just answered");
        assert!(listener.is_logged_in(), "the user of the test may log in twice");
        listener.ask(["MONITOR"]);
        listener.wait_forever();
        let lines = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::clone(&lines);
        // It ends with its connection, so with the server: nobody waits for it.
        let listener = std::thread::spawn(move || {
            while let Ok(OwnedFrame::SimpleString(line)) = listener.next_frame() {
                if let Some(command) = parse(&line) {
                    shared.lock().unwrap_or_else(PoisonError::into_inner).push(command);
                }
            }
        });
        let mut record = Self { lines, marks: 0, _listener: listener };
        record.up_to_now(client);
        record
    }

    /// Everything that the server was asked before this call.
    pub(super) fn up_to_now(&mut self, client: &mut Client) -> Vec<RedisCommand> {
        // The record comes on another connection: what is in it once our mark is, came before the mark.
        self.marks += 1;
        let mark = self.marks.to_string();
        client.ask(["ECHO", &mark]);
        let own = client.name();
        let marked = || {
            let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
            let is_mark = |command: &RedisCommand| command.client == own && command.words.last() == Some(&mark);
            let end = lines.iter().position(is_mark)?;
            Some(lines[..end].iter().filter(|command| command.client != own).cloned().collect())
        };
        eventually(PATIENCE, marked).unwrap_or_else(|| panic!("Redis's MONITOR is silent for {PATIENCE:?}"))
    }
}

/// A line such as `1339518083.107412 [0 127.0.0.1:60866] "set" "a b" "\x00"`; `None` for what a script asked.
fn parse(line: &[u8]) -> Option<RedisCommand> {
    let line = String::from_utf8_lossy(line).into_owned();
    let (_, rest) = line.split_once(" [")?;
    let (origin, words) = rest.split_once("] ")?;
    let (database, client) = origin.split_once(' ')?;
    if client == "lua" {
        return None;
    }
    Some(RedisCommand { database: database.parse().ok()?, client: client.to_owned(), words: unquoted(words) })
}

/// The words of Redis's own quoting, `sdscatrepr` in its sources.
fn unquoted(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut bytes = text.bytes();
    while bytes.any(|byte| byte == b'"') {
        let mut word = Vec::new();
        loop {
            match bytes.next() {
                None | Some(b'"') => break,
                Some(b'\\') => word.extend(escaped(&mut bytes)),
                Some(byte) => word.push(byte),
            }
        }
        words.push(String::from_utf8_lossy(&word).into_owned());
    }
    words
}

fn escaped(bytes: &mut std::str::Bytes<'_>) -> Option<u8> {
    Some(match bytes.next()? {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'a' => 7,
        b'b' => 8,
        b'x' => {
            let digits = [bytes.next()?, bytes.next()?];
            u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
        }
        other => other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_monitor_is_read_back() {
        let line = br#"1339518083.107412 [3 127.0.0.1:60866] "set" "a \"b\"" "\xc3\xa9\n\\" """#;
        let command = parse(line).unwrap();
        assert_eq!((command.database, command.client.as_str()), (3, "127.0.0.1:60866"));
        assert_eq!(command.words, ["set", "a \"b\"", "é\n\\", ""]);
        assert_eq!(parse(br#"1339518083.107412 [0 lua] "get" "a""#), None);
    }
}
