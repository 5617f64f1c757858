//! Finds where a reply ends in what has come so far, without reading anything twice.
//!
//! The bytes themselves go to the plugin as they are. A library's decoder begins anew with each piece that comes, which
//! makes a long reply in small pieces slow, and it descends by recursion.

/// The most bytes of one reply. A gateway has no bound.
pub(super) const MOST_BYTES: usize = 64 << 20;
/// The most arrays inside each other. A gateway has no bound.
const MOST_LEVELS: usize = 128;
/// The longest line that tells a length or a number.
const LONGEST_NUMBER: usize = 24;
const END_OF_LINE: &[u8] = b"\r\n";

/// Where the search for the end of a reply stands.
#[derive(Debug, Default)]
pub(super) struct Scanner {
    /// Where the value that is not known to be whole begins.
    at: usize,
    /// How far its first line was searched for its end.
    searched: usize,
    /// How many values each open array still wants, outermost first.
    open: Vec<u64>,
}

/// What keeps bytes from being a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// They are none of RESP2.
    Malformed,
    /// They are more than anyone wants.
    TooLarge,
}

/// What the first line of a value says.
enum Begun {
    /// The value ends here.
    Whole(usize),
    /// This many values follow.
    Array(usize, u64),
}

impl Scanner {
    /// The length of the reply at the beginning of `bytes`, or `None` when it is not whole yet. The same bytes, with
    /// more behind them, must be given until a length comes; then the search begins anew.
    pub(super) fn advance(&mut self, bytes: &[u8]) -> Result<Option<usize>, Fault> {
        while let Some(begun) = self.value(bytes)? {
            let (Begun::Whole(end) | Begun::Array(end, _)) = begun;
            (self.at, self.searched) = (end, end);
            match begun {
                Begun::Array(..) if self.open.len() >= MOST_LEVELS => return Err(Fault::TooLarge),
                Begun::Array(_, values) => self.open.push(values),
                Begun::Whole(_) if self.closes_all() => {
                    *self = Self::default();
                    return Ok(Some(end));
                }
                Begun::Whole(_) => {}
            }
        }
        if bytes.len() > MOST_BYTES { Err(Fault::TooLarge) } else { Ok(None) }
    }

    /// A value has ended; whether all arrays around it have ended with it.
    fn closes_all(&mut self) -> bool {
        while let Some(wanted) = self.open.last_mut() {
            *wanted -= 1;
            if *wanted > 0 {
                return false;
            }
            self.open.pop();
        }
        true
    }

    fn value(&mut self, bytes: &[u8]) -> Result<Option<Begun>, Fault> {
        let Some(kind) = bytes.get(self.at) else { return Ok(None) };
        let short = match kind {
            b'+' | b'-' => false,
            b':' | b'$' | b'*' => true,
            _ => return Err(Fault::Malformed),
        };
        let Some(line_end) = self.line_end(bytes)? else {
            let too_long = short && bytes.len() - self.at > LONGEST_NUMBER;
            return if too_long { Err(Fault::Malformed) } else { Ok(None) };
        };
        let after = line_end + END_OF_LINE.len();
        if !short {
            return Ok(Some(Begun::Whole(after)));
        }
        let number = bytes.get(self.at + 1..line_end).and_then(number).ok_or(Fault::Malformed)?;
        let size = match (kind, number) {
            (b':', _) | (_, -1) | (b'*', 0) => return Ok(Some(Begun::Whole(after))),
            _ => u64::try_from(number).map_err(|_| Fault::Malformed)?,
        };
        if *kind == b'*' {
            return Ok(Some(Begun::Array(after, size)));
        }
        let size = usize::try_from(size).ok().filter(|size| *size <= MOST_BYTES).ok_or(Fault::TooLarge)?;
        let end = after + size;
        match bytes.get(end..end + END_OF_LINE.len()) {
            Some(END_OF_LINE) => Ok(Some(Begun::Whole(end + END_OF_LINE.len()))),
            Some(_) => Err(Fault::Malformed),
            None => Ok(None),
        }
    }

    fn line_end(&mut self, bytes: &[u8]) -> Result<Option<usize>, Fault> {
        let from = self.searched.max(self.at);
        let Some(found) = bytes.get(from..).and_then(|rest| rest.iter().position(|byte| *byte == b'\r')) else {
            self.searched = bytes.len();
            return Ok(None);
        };
        let end = from + found;
        self.searched = end;
        match bytes.get(end + 1) {
            Some(b'\n') => Ok(Some(end)),
            Some(_) => Err(Fault::Malformed),
            None => Ok(None),
        }
    }
}

/// Digits, with a minus at most before them.
fn number(text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?;
    if text.starts_with('+') { None } else { text.parse().ok() }
}

#[cfg(test)]
mod tests {
    use redis_protocol::resp2::decode::decode_range;

    use super::*;

    const REPLIES: [&str; 12] = [
        "+OK\r\n",
        "-ERR unknown\r\n",
        ":-12\r\n",
        "$5\r\nhello\r\n",
        "$2\r\n\r\n\r\n",
        "$0\r\n\r\n",
        "$-1\r\n",
        "*-1\r\n",
        "*0\r\n",
        "*2\r\n$1\r\na\r\n:1\r\n",
        "*3\r\n*1\r\n*0\r\n$-1\r\n*2\r\n+a\r\n-b\r\n",
        "*1\r\n*1\r\n*1\r\n:0\r\n",
    ];

    #[test]
    fn ends_are_found_however_the_bytes_come() {
        for reply in REPLIES.map(str::as_bytes) {
            let known = decode_range(reply).unwrap().unwrap().1;
            assert_eq!(known, reply.len(), "the library agrees");
            let mut bytes = reply.to_vec();
            bytes.extend_from_slice(b"+next");
            assert_eq!(Scanner::default().advance(&bytes), Ok(Some(reply.len())));
            for split in 0..reply.len() {
                let mut scanner = Scanner::default();
                assert_eq!(scanner.advance(&reply[..split]), Ok(None), "{split} of {reply:?}");
                assert_eq!(scanner.advance(reply), Ok(Some(reply.len())), "{split} of {reply:?}");
            }
            let mut slow = Scanner::default();
            for end in 0..reply.len() {
                assert_eq!(slow.advance(&reply[..end]), Ok(None));
            }
            assert_eq!(slow.advance(reply), Ok(Some(reply.len())));
            assert_eq!(slow.advance(reply), Ok(Some(reply.len())), "the search begins anew");
        }
    }

    #[test]
    fn what_is_no_reply_is_a_fault() {
        for bytes in [
            "HTTP/1.1 400 Bad Request\r\n",
            "_\r\n",
            "$x\r\n",
            "$-2\r\n",
            "*+1\r\n",
            ":\r\n",
            "+a\rb",
            "$1\r\nabc",
            "$",
        ] {
            let padded = if bytes == "$" { "$".to_owned() + &"1".repeat(LONGEST_NUMBER) } else { bytes.to_owned() };
            assert_eq!(Scanner::default().advance(padded.as_bytes()), Err(Fault::Malformed), "{bytes:?}");
        }
    }

    #[test]
    fn nothing_is_read_without_bound() {
        let deep = "*1\r\n".repeat(MOST_LEVELS + 1);
        assert_eq!(Scanner::default().advance(deep.as_bytes()), Err(Fault::TooLarge));
        assert_eq!(Scanner::default().advance(b"$999999999999\r\n"), Err(Fault::TooLarge));
        assert_eq!(Scanner::default().advance(b"*999999999999\r\n:1\r\n"), Ok(None));
        let endless = vec![b'+'; MOST_BYTES + 1];
        assert_eq!(Scanner::default().advance(&endless), Err(Fault::TooLarge));
    }

    #[test]
    fn a_long_reply_in_small_pieces_takes_time_in_proportion() {
        let count = 200_000;
        let reply = format!("*{count}\r\n{}", ":1\r\n".repeat(count)).into_bytes();
        let mut scanner = Scanner::default();
        // Begun anew with each piece, this would be thousands of millions of values.
        for end in (0..reply.len()).step_by(16) {
            assert_eq!(scanner.advance(&reply[..end]), Ok(None));
        }
        assert_eq!(scanner.advance(&reply), Ok(Some(reply.len())));
    }
}
