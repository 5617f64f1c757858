//! Reads expressions.

use super::program::{Assertion, Node, Set};
use std::iter::Peekable;
use std::str::Chars;

/// Groups inside groups. Bounds the recursion of everything that walks an expression.
const MAX_DEPTH: u32 = 50;

/// The most that `{n}` may say, as in Go.
const MAX_REPEAT: u32 = 1000;

const DIGIT: &[(char, char)] = &[('0', '9')];
const WORD: &[(char, char)] = &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')];
const SPACE: &[(char, char)] = &[('\t', '\n'), ('\u{c}', '\r'), (' ', ' ')];

pub(super) fn parse(source: &str) -> Result<Node, &'static str> {
    let mut parser = Parser { rest: source.chars().peekable(), depth: 0 };
    let node = parser.any(Flags::default())?;
    match parser.rest.next() {
        None => Ok(node),
        Some(_) => Err("a `)` without its `(`"),
    }
}

struct Parser<'a> {
    rest: Peekable<Chars<'a>>,
    depth: u32,
}

#[derive(Clone, Copy, Default)]
struct Flags {
    /// `i`: letters of ASCII in either case.
    any_case: bool,
    /// `s`: a dot is also a line's end.
    dot_all: bool,
}

impl Parser<'_> {
    fn takes(&mut self, letter: char) -> bool {
        self.rest.next_if_eq(&letter).is_some()
    }

    /// Alternatives, up to the end or a `)`.
    fn any(&mut self, mut flags: Flags) -> Result<Node, &'static str> {
        let mut nodes = vec![self.all(&mut flags)?];
        while self.takes('|') {
            nodes.push(self.all(&mut flags)?);
        }
        Ok(match nodes.len() {
            1 => nodes.pop().unwrap_or(Node::Empty),
            _ => Node::Any(nodes),
        })
    }

    fn all(&mut self, flags: &mut Flags) -> Result<Node, &'static str> {
        let mut nodes = Vec::new();
        while let Some(letter) = self.rest.next_if(|letter| !matches!(letter, '|' | ')')) {
            let node = match letter {
                '(' => self.group(flags)?,
                '[' => Node::Letter(self.class(*flags)?),
                '.' if flags.dot_all => Node::Letter(Set { ranges: Vec::new(), negated: true }),
                '.' => Node::Letter(Set { ranges: vec![('\n', '\n')], negated: true }),
                '^' => Node::Assert(Assertion::Start),
                '$' => Node::Assert(Assertion::End),
                '*' | '+' | '?' => return Err("nothing to repeat before `*`, `+` or `?`"),
                '\\' => self.escape(*flags)?,
                letter => Node::Letter(one(letter, *flags)),
            };
            nodes.push(self.repeated(node)?);
        }
        Ok(Node::All(nodes))
    }

    fn group(&mut self, flags: &mut Flags) -> Result<Node, &'static str> {
        let mut inside = *flags;
        if self.takes('?') {
            self.takes('P');
            if self.takes('<') {
                self.rest.by_ref().find(|letter| *letter == '>').ok_or("a group's name without its `>`")?;
            } else {
                let mut on = true;
                loop {
                    match self.rest.next() {
                        Some(':') => break,
                        Some(')') => {
                            *flags = inside;
                            return Ok(Node::Empty);
                        }
                        Some('-') => on = false,
                        Some('i') => inside.any_case = on,
                        Some('s') => inside.dot_all = on,
                        // Which of several matches is found makes no difference here.
                        Some('U') => {}
                        _ => return Err("behind `(?` only the flags `i`, `s` and `U`, `:`, or `P<name>` are known"),
                    }
                }
            }
        }
        self.depth = self.depth.saturating_add(1);
        if self.depth > MAX_DEPTH {
            return Err("too many groups inside one another");
        }
        let node = self.any(inside)?;
        self.depth = self.depth.saturating_sub(1);
        if self.takes(')') { Ok(node) } else { Err("a `(` without its `)`") }
    }

    /// What stands behind a node: `*`, `+`, `?` or `{n,m}`, perhaps lazy, which makes no difference here.
    fn repeated(&mut self, node: Node) -> Result<Node, &'static str> {
        let Some((least, most)) = self.repetition()? else { return Ok(node) };
        self.takes('?');
        if matches!(self.rest.peek(), Some('*' | '+' | '?')) || self.ahead().braces().is_some() {
            return Err("a repetition of a repetition");
        }
        Ok(Node::Repeat { node: Box::new(node), least, most })
    }

    /// A look ahead from here.
    fn ahead(&self) -> Self {
        Parser { rest: self.rest.clone(), depth: 0 }
    }

    fn repetition(&mut self) -> Result<Option<(u32, Option<u32>)>, &'static str> {
        let found = match self.rest.peek() {
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some('?') => (0, Some(1)),
            Some('{') => {
                let mut ahead = self.ahead();
                // Braces that say no number are letters.
                let Some((least, most)) = ahead.braces() else { return Ok(None) };
                self.rest = ahead.rest;
                if least > MAX_REPEAT || most.is_some_and(|most| most > MAX_REPEAT || most < least) {
                    return Err("a repetition goes up to 1000, the lower number first");
                }
                return Ok(Some((least, most)));
            }
            _ => return Ok(None),
        };
        self.rest.next();
        Ok(Some(found))
    }

    fn braces(&mut self) -> Option<(u32, Option<u32>)> {
        if !self.takes('{') {
            return None;
        }
        let least = self.number()?;
        let most = match self.takes(',') {
            false => Some(least),
            true if self.rest.peek() == Some(&'}') => None,
            true => Some(self.number()?),
        };
        self.takes('}').then_some((least, most))
    }

    fn number(&mut self) -> Option<u32> {
        let mut number = None;
        while let Some(digit) = self.rest.peek().and_then(|letter| letter.to_digit(10)) {
            self.rest.next();
            number = Some(number.unwrap_or(0_u32).saturating_mul(10).saturating_add(digit));
        }
        number
    }

    /// What follows a `\` outside brackets.
    fn escape(&mut self, flags: Flags) -> Result<Node, &'static str> {
        Ok(match self.rest.peek() {
            Some('b' | 'B' | 'A' | 'z') => Node::Assert(match self.rest.next() {
                Some('b') => Assertion::Boundary,
                Some('B') => Assertion::NoBoundary,
                Some('A') => Assertion::Start,
                _ => Assertion::End,
            }),
            _ => match self.escaped()? {
                Escaped::Letter(letter) => Node::Letter(one(letter, flags)),
                Escaped::Class(ranges, negated) => Node::Letter(Set { ranges: ranges.to_vec(), negated }),
            },
        })
    }

    fn escaped(&mut self) -> Result<Escaped, &'static str> {
        Ok(match self.rest.next() {
            Some('d') => Escaped::Class(DIGIT, false),
            Some('D') => Escaped::Class(DIGIT, true),
            Some('w') => Escaped::Class(WORD, false),
            Some('W') => Escaped::Class(WORD, true),
            Some('s') => Escaped::Class(SPACE, false),
            Some('S') => Escaped::Class(SPACE, true),
            Some('n') => Escaped::Letter('\n'),
            Some('r') => Escaped::Letter('\r'),
            Some('t') => Escaped::Letter('\t'),
            Some('f') => Escaped::Letter('\u{c}'),
            Some('v') => Escaped::Letter('\u{b}'),
            Some('x') => {
                Escaped::Letter(self.hexadecimal().ok_or("allowed behind `\\x`: two digits, or digits in braces")?)
            }
            Some('p' | 'P') => {
                return Err("classes of Unicode (`\\p`) are not known here; write the letters in brackets");
            }
            Some(letter) if letter.is_ascii_punctuation() => Escaped::Letter(letter),
            _ => return Err("an escape that is not known, or a `\\` at the end"),
        })
    }

    fn hexadecimal(&mut self) -> Option<char> {
        let braces = self.takes('{');
        let mut code = 0_u32;
        for digit in 0.. {
            if if braces { self.takes('}') } else { digit == 2 } {
                return char::from_u32(code).filter(|_| digit > 0);
            }
            let value = self.rest.next()?.to_digit(16)?;
            code = code.checked_mul(16)?.checked_add(value)?;
        }
        None
    }

    /// What is inside brackets.
    fn class(&mut self, flags: Flags) -> Result<Set, &'static str> {
        const UNENDED: &str = "a `[` without its `]`";
        let mut set = Set { ranges: Vec::new(), negated: self.takes('^') };
        let mut first = true;
        loop {
            let letter = self.rest.next().ok_or(UNENDED)?;
            let from = match letter {
                ']' if !first => break,
                '[' if self.rest.peek() == Some(&':') => return Err("classes such as `[:alpha:]` are not known here"),
                '\\' => match self.escaped()? {
                    Escaped::Letter(letter) => letter,
                    Escaped::Class(_, true) => return Err("`\\D`, `\\W` and `\\S` are not known in brackets"),
                    Escaped::Class(ranges, false) => {
                        set.ranges.extend_from_slice(ranges);
                        first = false;
                        continue;
                    }
                },
                letter => letter,
            };
            first = false;
            let mut ahead = self.rest.clone();
            let is_range = ahead.next() == Some('-') && !matches!(ahead.next(), Some(']') | None);
            let to = match is_range {
                false => from,
                true => {
                    self.rest.next();
                    match self.rest.next().ok_or(UNENDED)? {
                        '\\' => match self.escaped()? {
                            Escaped::Letter(letter) => letter,
                            Escaped::Class(..) => return Err("a range that ends in a class"),
                        },
                        letter => letter,
                    }
                }
            };
            if from > to {
                return Err("a range from a later letter to an earlier one");
            }
            set.ranges.push((from, to));
        }
        if flags.any_case {
            add_other_case(&mut set.ranges);
        }
        Ok(set)
    }
}

enum Escaped {
    Letter(char),
    Class(&'static [(char, char)], bool),
}

fn one(letter: char, flags: Flags) -> Set {
    let mut ranges = vec![(letter, letter)];
    if flags.any_case {
        add_other_case(&mut ranges);
    }
    Set { ranges, negated: false }
}

/// For each letter of ASCII in the ranges, the same in the other case.
fn add_other_case(ranges: &mut Vec<(char, char)>) {
    for letter in ('a'..='z').chain('A'..='Z') {
        if ranges.iter().any(|(from, to)| (*from..=*to).contains(&letter)) {
            let other =
                if letter.is_ascii_lowercase() { letter.to_ascii_uppercase() } else { letter.to_ascii_lowercase() };
            ranges.push((other, other));
        }
    }
}
