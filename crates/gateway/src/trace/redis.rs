//! What may be told of Redis: the name of a command and the kind of a reply, never what they hold.

/// Longer than the name of any command.
const LONGEST: usize = 20;

/// The name of a command as it is sent: a list of strings, or a line.
pub(crate) fn command_name(command: &[u8]) -> String {
    let first = if command.starts_with(b"*") { first_string(command) } else { words(command).next() };
    let name = first.filter(|name| {
        (1..=LONGEST).contains(&name.len())
            && name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(byte))
    });
    name.map_or_else(|| "unknown".to_owned(), |name| String::from_utf8_lossy(name).to_ascii_uppercase())
}

/// The type of a reply, or the code that an error begins with; and whether it is an error.
pub(crate) fn reply_summary(reply: &[u8]) -> (String, bool) {
    let kind = match reply.first() {
        Some(b'-') => {
            let code = words(reply.get(1..).unwrap_or_default()).next().unwrap_or_default();
            let code = code.iter().all(u8::is_ascii_uppercase).then(|| String::from_utf8_lossy(code).into_owned());
            return (code.filter(|code| code.len() <= LONGEST).unwrap_or_else(|| "error".to_owned()), true);
        }
        Some(b'+') => "simple string",
        Some(b':') => "integer",
        Some(b'$') if reply.starts_with(b"$-1") => "nil",
        Some(b'$') => "string",
        Some(b'*') if reply.starts_with(b"*-1") => "nil",
        Some(b'*') => "array",
        _ => "unknown",
    };
    (kind.to_owned(), false)
}

/// `*2\r\n$3\r\nGET\r\n...`: the third line.
fn first_string(command: &[u8]) -> Option<&[u8]> {
    command.split(|byte| *byte == b'\n').nth(2).map(|line| line.strip_suffix(b"\r").unwrap_or(line))
}

fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(|byte| byte.is_ascii_whitespace()).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_told_by_its_name_alone() {
        assert_eq!(command_name(b"*3\r\n$3\r\nset\r\n$1\r\nk\r\n$6\r\ns3cret\r\n"), "SET");
        assert_eq!(command_name(b"auth s3cret\r\n"), "AUTH");
        assert_eq!(command_name(b"*1\r\n$30\r\na-very-long-s3cret-as-a-command\r\n"), "unknown");
        assert_eq!(command_name(b"*2\r\n"), "unknown");
        assert_eq!(command_name(b""), "unknown");
    }

    #[test]
    fn a_reply_is_told_by_its_kind_and_an_error_by_its_code() {
        assert_eq!(reply_summary(b"-WRONGPASS invalid s3cret\r\n"), ("WRONGPASS".to_owned(), true));
        assert_eq!(reply_summary(b"-s3cret\r\n"), ("error".to_owned(), true));
        for (reply, kind) in
            [("$-1\r\n", "nil"), ("$1\r\na\r\n", "string"), (":1\r\n", "integer"), ("*0\r\n", "array"), ("", "unknown")]
        {
            assert_eq!(reply_summary(reply.as_bytes()), (kind.to_owned(), false));
        }
    }
}
