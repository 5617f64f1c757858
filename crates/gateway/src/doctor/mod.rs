//! `gateway doctor`: what keeps a configuration from working on this machine, each with the command that mends it.

mod modules;
mod owner;
mod ports;
mod services;
mod target;

use std::fmt;

use crate::bootstrap::Bootstrap;

/// The result of one look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at and how it is.
    pub text: String,
    /// What to do about it, mostly a command; `None` when all is well.
    pub mend: Option<String>,
}

/// Looks at everything that a configuration needs on this machine, as far as it is not in the configuration itself.
pub fn examine(bootstrap: &Bootstrap) -> Vec<Finding> {
    let mut findings = vec![target::examine()];
    findings.extend(modules::examine(bootstrap));
    findings.extend(ports::examine(bootstrap));
    findings.extend(services::examine(bootstrap));
    findings
}

// === impl Finding ===

impl Finding {
    fn well(text: impl Into<String>) -> Self {
        Self { text: text.into(), mend: None }
    }

    fn ill(text: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { text: text.into(), mend: Some(mend.into()) }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.mend {
            None => write!(f, "ok     {}", self.text),
            Some(mend) => write!(f, "fault  {}\n       mend: {mend}", self.text),
        }
    }
}
