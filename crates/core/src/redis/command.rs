//! A command, written as RESP2 while it is put together.

use std::fmt;

/// A command and its arguments: `Command::new("ZADD").arg(key).arg(5).arg(member)`.
#[derive(Clone)]
#[must_use = "send it with `Redis::send`"]
pub struct Command {
    count: usize,
    /// The parts as bulk strings, without the head that counts them.
    parts: Vec<u8>,
}

impl Command {
    /// A command by its name.
    pub fn new(name: &str) -> Self {
        Self::empty().arg(name)
    }

    pub(super) fn empty() -> Self {
        Self { count: 0, parts: Vec::new() }
    }

    /// Appends an argument.
    pub fn arg(mut self, argument: impl Arg) -> Self {
        argument.write(&mut self);
        self
    }

    /// Appends several arguments: a list of one type, or a tuple of several.
    pub fn args(mut self, arguments: impl Args) -> Self {
        arguments.write(&mut self);
        self
    }

    /// How many parts it has.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// Appends all parts of another.
    pub(super) fn append(mut self, other: Self) -> Self {
        self.count += other.count;
        self.parts.extend_from_slice(&other.parts);
        self
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.count += 1;
        self.push_number(b'$', bytes.len());
        self.parts.extend_from_slice(bytes);
        self.parts.extend_from_slice(b"\r\n");
    }

    fn push_number(&mut self, sign: u8, number: usize) {
        self.parts.push(sign);
        self.parts.extend_from_slice(number.to_string().as_bytes());
        self.parts.extend_from_slice(b"\r\n");
    }

    /// The bytes to send.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut whole = Self { count: 0, parts: Vec::with_capacity(self.parts.len() + 16) };
        whole.push_number(b'*', self.count);
        whole.parts.extend_from_slice(&self.parts);
        whole.parts
    }

    /// The parts, name first.
    pub(super) fn parts(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest = self.parts.as_slice();
        std::iter::from_fn(move || {
            let (head, after) = rest.split_at_checked(rest.iter().position(|byte| *byte == b'\n')? + 1)?;
            let length = head.strip_prefix(b"$")?.strip_suffix(b"\r\n")?;
            let length: usize = std::str::from_utf8(length).ok()?.parse().ok()?;
            let (part, after) = after.split_at_checked(length)?;
            rest = after.strip_prefix(b"\r\n")?;
            Some(part)
        })
    }

    /// The name in capitals, as far as it may be shown.
    pub(super) fn name(&self) -> String {
        let name = self.parts().next().unwrap_or_default();
        match name.len() <= 24 && name.iter().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(byte)) {
            true => String::from_utf8_lossy(name).to_ascii_uppercase(),
            false => "the command".to_owned(),
        }
    }
}

/// The parts of an encoded command as text, for the fake gateway.
#[cfg(all(feature = "testing", not(target_arch = "wasm32")))]
pub(crate) fn parts_of(encoded: &[u8]) -> Vec<String> {
    let head = encoded.iter().position(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let command = Command { count: 0, parts: encoded.get(head..).unwrap_or_default().to_vec() };
    command.parts().map(|part| String::from_utf8_lossy(part).into_owned()).collect()
}

/// Tells the name and how many arguments there are: they may be secrets.
impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Command({} with {} arguments)", self.name(), self.count.saturating_sub(1))
    }
}

/// What can be an argument: texts, bytes and numbers.
pub trait Arg {
    /// Appends itself to a command.
    fn write(&self, command: &mut Command);
}

impl<A: Arg + ?Sized> Arg for &A {
    fn write(&self, command: &mut Command) {
        (**self).write(command);
    }
}

macro_rules! bytes {
    ($($kind:ty)*) => {
        $(impl Arg for $kind {
            fn write(&self, command: &mut Command) {
                command.push(self.as_ref());
            }
        })*
    };
}

bytes! { str String [u8] Vec<u8> crate::HeaderValue }

impl<const N: usize> Arg for [u8; N] {
    fn write(&self, command: &mut Command) {
        command.push(self);
    }
}

macro_rules! numbers {
    ($($kind:ty)*) => {
        $(impl Arg for $kind {
            fn write(&self, command: &mut Command) {
                command.push(self.to_string().as_bytes());
            }
        })*
    };
}

// Not `u8`: `args(b"abc")` would send three numbers.
numbers! { i32 i64 u16 u32 u64 usize f64 }

/// What can be several arguments: lists of one type, and tuples of several.
pub trait Args {
    /// Appends all of them to a command.
    fn write(&self, command: &mut Command);
}

impl<A: Args + ?Sized> Args for &A {
    fn write(&self, command: &mut Command) {
        (**self).write(command);
    }
}

impl<A: Arg> Args for [A] {
    fn write(&self, command: &mut Command) {
        self.iter().for_each(|argument| argument.write(command));
    }
}

impl<A: Arg> Args for Vec<A> {
    fn write(&self, command: &mut Command) {
        self.as_slice().write(command);
    }
}

impl<A: Arg, const N: usize> Args for [A; N] {
    fn write(&self, command: &mut Command) {
        self.as_slice().write(command);
    }
}

impl Args for () {
    fn write(&self, _: &mut Command) {}
}

macro_rules! tuples {
    ($(($($part:ident)+))+) => {
        $(
            #[allow(non_snake_case, reason = "type parameters name the variables too")]
            impl<$($part: Arg),+> Args for ($($part,)+) {
                fn write(&self, command: &mut Command) {
                    let ($($part,)+) = self;
                    $($part.write(command);)+
                }
            }
        )+
    };
}

tuples! {
    (A)
    (A B)
    (A B C)
    (A B C D)
    (A B C D E)
    (A B C D E F)
    (A B C D E F G)
    (A B C D E F G H)
}

#[cfg(test)]
mod tests;
