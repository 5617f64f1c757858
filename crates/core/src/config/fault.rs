//! What is wrong with a configuration, in words for the operator who reads the gateway's log.

use std::fmt;

use super::show::joined;

/// One thing that is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// JSON path of the value at fault, such as `$.headers[2].name`.
    pub path: String,
    /// What was found and what is allowed, on one line.
    pub message: String,
}

/// Everything that is wrong with a configuration, one line per fault.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// A single fault at `path`, which begins with `$`.
    pub fn one(path: impl Into<String>, message: impl Into<String>) -> Self {
        let mut faults = Self::default();
        faults.push(path, message);
        faults
    }

    /// Adds a fault at `path`, which begins with `$`.
    pub fn push(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.0.push(Fault { path: path.into(), message: message.into() });
    }

    /// Adds the faults of a part of the configuration: their `$` becomes `place`, the path of that part.
    pub fn extend_under(&mut self, place: &str, part: Faults) {
        for Fault { path, message } in part.0 {
            let below = path.strip_prefix('$').unwrap_or(&path);
            self.push(joined(&[place, below]), message);
        }
    }

    /// The faults, in the order they were found.
    pub fn iter(&self) -> std::slice::Iter<'_, Fault> {
        self.0.iter()
    }

    /// How many faults there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True if nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

// === impl Fault ===

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.path)?;
        out.write_str(": ")?;
        out.write_str(&self.message)
    }
}

// === impl Faults ===

impl fmt::Display for Faults {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.0.iter().enumerate() {
            if index > 0 {
                out.write_str("\n")?;
            }
            fmt::Display::fmt(fault, out)?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}

impl IntoIterator for Faults {
    type Item = Fault;
    type IntoIter = std::vec::IntoIter<Fault>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Faults {
    type Item = &'a Fault;
    type IntoIter = std::slice::Iter<'a, Fault>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
