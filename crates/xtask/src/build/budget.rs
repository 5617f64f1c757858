//! The most bytes that each plugin may have. Reads `size-budget`.

use super::{entries, read_list, size};
use crate::workspace::Workspace;
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;

const FILE: &str = "crates/xtask/size-budget";

/// For plugins without a line of their own.
const ANY: &str = "*";

/// Limits in bytes, by plugin.
#[derive(Debug)]
pub(super) struct Budget(BTreeMap<String, usize>);

impl Budget {
    pub(super) fn load(workspace: &Workspace) -> Result<Self> {
        Self::parse(&read_list(workspace, FILE)?)
    }

    fn parse(text: &str) -> Result<Self> {
        let mut limits = BTreeMap::new();
        for (number, line) in entries(text) {
            let Some((plugin, Ok(kilobytes))) =
                line.split_once(char::is_whitespace).map(|(name, limit)| (name, limit.trim().parse::<usize>()))
            else {
                bail!("{FILE}:{number}: needs a plugin and a whole number of KB, found `{line}`");
            };
            limits.insert(plugin.to_owned(), kilobytes.saturating_mul(1024));
        }
        limits
            .get(ANY)
            .with_context(|| format!("{FILE} needs a line `{ANY}  KB` for plugins that it does not name"))?;
        Ok(Self(limits))
    }

    /// The limit of a plugin in bytes.
    pub(super) fn of(&self, plugin: &str) -> usize {
        self.0.get(plugin).or_else(|| self.0.get(ANY)).copied().unwrap_or(usize::MAX)
    }

    /// A message when the plugin is over its limit.
    pub(super) fn check(&self, plugin: &str, bytes: usize) -> Vec<String> {
        let limit = self.of(plugin);
        if bytes <= limit {
            return Vec::new();
        }
        vec![format!(
            "weighs {}, its budget is {}\n  next: see what the bytes are with `cargo xtask size {plugin}`, or raise \
             the budget in {FILE} and say in the commit what they buy",
            size(bytes),
            size(limit)
        )]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_plugins_own_line_before_the_common_one() {
        let budget = Budget::parse("# KB\nsmall  1\n*  2\n").unwrap();
        assert!(budget.check("small", 1024).is_empty());
        assert!(budget.check("other", 2048).is_empty());
        let fault = budget.check("small", 1025).join("");
        assert!(fault.contains("1.1 KB") && fault.contains("cargo xtask size small"), "{fault}");
    }

    #[test]
    fn says_where_the_file_is_wrong() {
        for (text, expected) in [("a 2 KB\n* 1\n", ":1:"), ("a 2\n", "needs a line `*"), ("* x\n", ":1:")] {
            let error = Budget::parse(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{text:?} gave: {error}");
        }
    }

    #[test]
    fn the_checked_in_file_is_sound() {
        let budget = Budget::parse(include_str!("../../size-budget")).unwrap();
        assert!(budget.of("mock-response") < budget.of("a plugin without a line"));
    }
}
