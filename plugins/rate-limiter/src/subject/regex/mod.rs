//! Regular expressions in a few KB, for `regexp:` patterns: the syntax of RE2 without what needs Unicode's tables.
//!
//! A match takes time in proportion to the text, whatever the expression: all ways to match are followed at once
//! (Thompson's simulation). The published crates are of that kind too, and several times as large as the whole rest of
//! the plugin's own code.

mod parse;
mod program;

use program::{Assertion, Program, Step};
use std::fmt;

/// An expression, ready to match.
#[derive(Clone, PartialEq, Eq)]
pub struct Regex {
    source: String,
    program: Program,
}

impl Regex {
    /// Reads an expression.
    ///
    /// # Errors
    ///
    /// What is wrong with it, in words.
    pub fn new(source: &str) -> Result<Self, &'static str> {
        let program = Program::compile(&parse::parse(source)?)?;
        Ok(Self { source: source.to_owned(), program })
    }

    /// Whether it is found anywhere in a text.
    pub fn is_match(&self, text: &str) -> bool {
        let mut threads = Threads::new(&self.program);
        let mut before = None;
        let mut letters = text.chars();
        loop {
            // A match may begin anywhere.
            threads.start(0, before, letters.clone().next());
            if threads.found {
                return true;
            }
            let Some(letter) = letters.next() else { return false };
            threads.advance(letter, letters.clone().next());
            before = Some(letter);
        }
    }
}

impl fmt::Debug for Regex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

/// The places of the program that are reached at one place of the text.
struct Threads<'a> {
    program: &'a Program,
    here: Vec<usize>,
    /// For each place whether it is in `here` already.
    seen: Vec<bool>,
    found: bool,
}

impl<'a> Threads<'a> {
    fn new(program: &'a Program) -> Self {
        Self { program, here: Vec::new(), seen: vec![false; program.steps().len()], found: false }
    }

    /// Reaches a place, and all that can be reached from it without a letter. `before` and `after` are the letters
    /// around.
    fn start(&mut self, place: usize, before: Option<char>, after: Option<char>) {
        let mut open = vec![place];
        while let Some(place) = open.pop() {
            match self.seen.get_mut(place) {
                Some(seen) if !*seen => *seen = true,
                _ => continue,
            }
            match self.program.steps().get(place) {
                Some(Step::Match) => self.found = true,
                Some(Step::Split(one, other)) => open.extend([*one, *other]),
                Some(Step::Jump(to)) => open.push(*to),
                Some(Step::Assert(assertion)) if assertion.holds(before, after) => open.push(place.saturating_add(1)),
                Some(Step::Letter(_)) => self.here.push(place),
                _ => {}
            }
        }
    }

    /// Goes past a letter.
    fn advance(&mut self, letter: char, after: Option<char>) {
        let here = std::mem::take(&mut self.here);
        self.seen.fill(false);
        for place in here {
            if let Some(Step::Letter(set)) = self.program.steps().get(place)
                && set.contains(letter)
            {
                self.start(place.saturating_add(1), Some(letter), after);
            }
        }
    }
}

impl Assertion {
    fn holds(self, before: Option<char>, after: Option<char>) -> bool {
        let is_word =
            |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_alphanumeric() || letter == '_');
        match self {
            Self::Start => before.is_none(),
            Self::End => after.is_none(),
            Self::Boundary => is_word(before) != is_word(after),
            Self::NoBoundary => is_word(before) == is_word(after),
        }
    }
}

#[cfg(test)]
mod tests;
