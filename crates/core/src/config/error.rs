//! The error of our serde deserializer: first only a cause, then, on its way out, bound to the value it is about.

use std::fmt::{self, Display};

use serde::de::{self, Expected, Unexpected};

use super::path::Here;
use super::show::{contains, joined, quoted, show_number, shown, split_once};
use super::{Fault, Node, Number, nearest};

type Names = &'static [&'static str];

/// Boxed, so that the results of the many small functions in between stay small.
pub(super) struct Error(Box<State>);

enum State {
    Loose(Cause),
    /// Several where the parts of one map each have their own.
    Placed(Vec<Placed>),
}

pub(super) enum Cause {
    /// A value is not among those allowed. What was found is given where the error may be about a value further down.
    Allowed {
        allowed: String,
        found: Option<String>,
    },
    UnknownKey(Vec<&'static str>),
    UnknownVariant(String, Names),
    Missing(&'static str),
    Custom(String),
}

/// An error that knows its place, in words for people and in addresses for the next pass.
pub(super) struct Placed {
    pub(super) faults: Vec<Fault>,
    pub(super) spot: Spot,
    /// The field that the value was meant for, as far as its key tells: misspelt keys count as the nearest known one.
    pub(super) meant: Option<String>,
    /// The error is about the key, so no other value for it can help.
    pub(super) unknown_key: bool,
}

/// What an error is about: a node, or a key that is missing in a node.
#[derive(Clone, PartialEq)]
pub(super) struct Spot {
    /// The nodes from the root to the one in question.
    pub(super) trail: Vec<*const Node>,
    pub(super) missing: Option<&'static str>,
}

// === impl Error ===

impl Error {
    pub(super) fn allowed(allowed: impl Into<String>) -> Self {
        Cause::Allowed { allowed: allowed.into(), found: None }.into()
    }

    /// Binds the error to `here`, unless it already found its place further down.
    pub(super) fn place(self, here: &Here<'_>) -> Self {
        Self(Box::new(State::Placed(self.into_placed(here))))
    }

    /// Binds the error to a key that is missing in `here`, and for which a stand-in was tried in vain.
    pub(super) fn place_missing(self, here: &Here<'_>, missing: &'static str) -> Self {
        let spot = Spot { trail: here.trail(), missing: Some(missing) };
        Self(Box::new(State::Placed(vec![Placed { faults: Vec::new(), spot, meant: None, unknown_key: false }])))
    }

    /// Both errors, as far as they have their places.
    pub(super) fn and(mut self, other: Error) -> Self {
        if let (State::Placed(these), State::Placed(those)) = (&mut *self.0, *other.0) {
            these.extend(those);
        }
        self
    }

    pub(super) fn into_placed(self, root: &Here<'_>) -> Vec<Placed> {
        match *self.0 {
            State::Loose(cause) => vec![place(cause, root)],
            State::Placed(placed) => placed,
        }
    }
}

impl Cause {
    pub(super) fn not_a_variant(variants: Names) -> Self {
        Cause::Allowed { allowed: joined(&[one_of(variants), &listed(variants)]), found: None }
    }

    pub(super) fn not_a_struct(keys: Names) -> Self {
        let allowed =
            if keys.is_empty() { "a map".to_owned() } else { joined(&["a map with the keys ", &listed(keys)]) };
        Cause::Allowed { allowed, found: None }
    }
}

impl From<Cause> for Error {
    fn from(cause: Cause) -> Self {
        Self(Box::new(State::Loose(cause)))
    }
}

fn place(cause: Cause, here: &Here<'_>) -> Placed {
    let mut placed = Placed {
        faults: Vec::new(),
        spot: Spot { trail: here.trail(), missing: None },
        meant: Some(here.key().to_owned()),
        unknown_key: false,
    };
    let mut path = here.path();
    let message = match cause {
        Cause::Custom(text) => {
            placed.faults = custom_faults(&text, &path, here);
            return placed;
        }
        Cause::Allowed { allowed, found } => {
            let found = found.filter(|_| !here.is_key).unwrap_or_else(|| here.found());
            joined(&["found ", &found, ", allowed: ", &allowed])
        }
        Cause::Missing(key) => {
            placed.spot.missing = Some(key);
            joined(&["missing key `", key, "`"])
        }
        Cause::UnknownKey(known) => {
            placed.unknown_key = true;
            path = here.container_path();
            let key = here.key();
            let guess = nearest(key, &known);
            placed.meant = guess.map(str::to_owned);
            let known = match (known.is_empty(), guess) {
                (true, _) => "; no keys are allowed here".to_owned(),
                (_, Some(_)) => joined(&[" known keys: ", &listed(&known)]),
                (_, None) => joined(&["; known keys: ", &listed(&known)]),
            };
            joined(&["unknown key `", &shown(key), "`", &did_you_mean(guess), &known])
        }
        Cause::UnknownVariant(name, known) => {
            let found = if here.secret || here.is_key { here.found() } else { quoted(&name) };
            let guess = did_you_mean(nearest(&name, known));
            joined(&["found ", &found, ", allowed: ", one_of(known), &listed(known), &guess])
        }
    };
    placed.faults.push(Fault { path, message });
    placed
}

/// The faults in the text of an error that a type's own check made: one per line.
fn custom_faults(text: &str, path: &str, here: &Here<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let mut path = path.to_owned();
        let mut message = line;
        if let Some((below, rest)) = line.strip_prefix('$').and_then(|line| split_once(line, ": ")) {
            path.push_str(below);
            message = rest;
        }
        let mut message = if message.starts_with("allowed: ") && (here.is_key || !matches!(here.node, Node::Map(_))) {
            joined(&["found ", &here.found(), ", ", message])
        } else {
            message.to_owned()
        };
        if here.secret
            && let Node::String(secret) = here.node
            && contains(message.as_bytes(), secret)
        {
            message =
                "not valid (the reason is not shown, because it tells the value and its key looks secret)".to_owned();
        }
        faults.push(Fault { path, message });
    }
    faults
}

pub(crate) fn did_you_mean(guess: Option<&str>) -> String {
    guess.map(|guess| joined(&["; did you mean `", guess, "`?"])).unwrap_or_default()
}

fn one_of(names: Names) -> &'static str {
    if names.len() > 1 { "one of " } else { "" }
}

pub(crate) fn listed(names: &[&str]) -> String {
    const SHOWN: usize = 24;
    let mut list = String::new();
    for name in names.iter().take(SHOWN) {
        if !list.is_empty() {
            list.push_str(", ");
        }
        list.push('`');
        list.push_str(name);
        list.push('`');
    }
    if names.len() > SHOWN {
        list.push_str(" and ");
        list.push_str(&(names.len() - SHOWN).to_string());
        list.push_str(" more");
    }
    list
}

// === impl serde's traits ===

impl de::Error for Error {
    fn custom<T: Display>(text: T) -> Self {
        Cause::Custom(text.to_string()).into()
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        // Serde may be reading from its own copy (untagged enums), where no place is known: so remember what it saw.
        let number = |number| Some(show_number(number));
        let found = match found {
            Unexpected::Bool(value) => Some(value.to_string()),
            Unexpected::Unsigned(value) => number(Number::Positive(value)),
            Unexpected::Signed(value) => number(value.into()),
            Unexpected::Float(value) => number(Number::Float(value)),
            Unexpected::Str(_) | Unexpected::Char(_) => Some("a string".to_owned()),
            Unexpected::Seq => Some("a list".to_owned()),
            Unexpected::Map => Some("a map".to_owned()),
            Unexpected::Unit | Unexpected::Option => Some("null".to_owned()),
            _ => None,
        };
        Cause::Allowed { allowed: expected.to_string(), found }.into()
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid_type(found, expected)
    }

    fn invalid_length(length: usize, expected: &dyn Expected) -> Self {
        let found = Some(joined(&["a length of ", &length.to_string()]));
        Cause::Allowed { allowed: expected.to_string(), found }.into()
    }

    fn unknown_variant(variant: &str, expected: Names) -> Self {
        Cause::UnknownVariant(variant.to_owned(), expected).into()
    }

    fn unknown_field(_: &str, expected: Names) -> Self {
        Cause::UnknownKey(expected.to_vec()).into()
    }

    fn missing_field(field: &'static str) -> Self {
        Cause::Missing(field).into()
    }

    fn duplicate_field(field: &'static str) -> Self {
        Cause::Custom(joined(&["key `", field, "` is given more than once, under two of its names"])).into()
    }
}

impl std::error::Error for Error {}

impl Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Only reached when a type looks into the error of a part; people read the faults.
        match &*self.0 {
            State::Loose(Cause::Custom(text)) => out.write_str(text),
            State::Loose(_) => out.write_str("not allowed here"),
            State::Placed(placed) => {
                placed.iter().flat_map(|placed| &placed.faults).try_for_each(|fault| Display::fmt(fault, out))
            }
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        Display::fmt(self, out)
    }
}
