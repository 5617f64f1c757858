//! What is wrong with a file, and what is merely worth a word.

use std::cell::RefCell;
use std::fmt;

use super::did_you_mean;

/// One finding: where, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The file as it was named to us.
    pub file: String,
    /// The place in it, such as `static_resources.listeners[0].address`; empty for the whole file.
    pub path: String,
    /// What was found there and what is supported.
    pub text: String,
}

/// Everything that is wrong with a file; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults(Vec<Fault>);

/// A value that was read without a fault.
#[derive(Clone, Debug)]
pub struct Accepted<T> {
    /// The value.
    pub value: T,
    /// Fields that were accepted without an effect here; worth showing once.
    pub warnings: Vec<Fault>,
}

/// Collects the findings about one file while it is read.
pub(crate) struct Report {
    file: String,
    faults: RefCell<Vec<Fault>>,
    warnings: RefCell<Vec<Fault>>,
    /// References to clusters, by place and name: they can be checked only when all clusters are known.
    references: RefCell<Vec<(String, String)>>,
}

// === impl Fault ===

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: ", self.file)?;
        if !self.path.is_empty() {
            write!(out, "{}: ", self.path)?;
        }
        out.write_str(&self.text)
    }
}

// === impl Faults ===

impl Faults {
    /// A single fault about a whole file.
    pub(crate) fn about_file(file: &str, text: String) -> Self {
        Self(vec![Fault { file: file.to_owned(), path: String::new(), text }])
    }

    /// The faults in the order in which they were found.
    pub fn iter(&self) -> impl Iterator<Item = &Fault> {
        self.0.iter()
    }
}

impl fmt::Display for Faults {
    /// One line for each fault.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.0.iter().enumerate() {
            if index > 0 {
                out.write_str("\n")?;
            }
            fault.fmt(out)?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}

// === impl Report ===

impl Report {
    pub(crate) fn new(file: &str) -> Self {
        Self {
            file: file.to_owned(),
            faults: RefCell::default(),
            warnings: RefCell::default(),
            references: RefCell::default(),
        }
    }

    pub(crate) fn fault(&self, path: &str, text: impl Into<String>) {
        self.faults.borrow_mut().push(self.finding(path, text.into()));
    }

    pub(crate) fn warn(&self, path: &str, text: impl Into<String>) {
        self.warnings.borrow_mut().push(self.finding(path, text.into()));
    }

    pub(super) fn refer(&self, path: &str, name: String) {
        self.references.borrow_mut().push((path.to_owned(), name));
    }

    /// Faults each reference to something that is not among `known`.
    pub(crate) fn check_references(&self, known: &[&str]) {
        for (path, name) in self.references.borrow().iter().filter(|(_, name)| !known.contains(&name.as_str())) {
            let guess = did_you_mean(name, known.iter().copied());
            let listed: Vec<String> = known.iter().map(|it| format!("`{it}`")).collect();
            let listed = if listed.is_empty() { "none".to_owned() } else { listed.join(", ") };
            self.fault(path, format!("found {name:?}, which is no cluster of this file;{guess} clusters: {listed}"));
        }
    }

    /// Decides about what was read: whole, or refused whole.
    pub(crate) fn accept<T>(self, value: T) -> Result<Accepted<T>, Faults> {
        let faults = self.faults.into_inner();
        if faults.is_empty() {
            Ok(Accepted { value, warnings: self.warnings.into_inner() })
        } else {
            Err(Faults(faults))
        }
    }

    fn finding(&self, path: &str, text: String) -> Fault {
        Fault { file: self.file.clone(), path: path.to_owned(), text }
    }
}
