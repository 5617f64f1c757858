//! The functions that plugins may ask of their gateway. Reads `dist.allow-list`.

use super::{entries, read_list};
use crate::finish::Import;
use crate::workspace::Workspace;
use anyhow::{Result, bail};
use std::collections::BTreeMap;

const FILE: &str = "crates/xtask/dist.allow-list";

/// Which gateways have a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gateway {
    Any,
    Higress,
}

/// The imports that a plugin may have.
#[derive(Debug)]
pub(super) struct AllowList(BTreeMap<String, Gateway>);

impl AllowList {
    pub(super) fn load(workspace: &Workspace) -> Result<Self> {
        Self::parse(&read_list(workspace, FILE)?)
    }

    fn parse(text: &str) -> Result<Self> {
        let mut list = BTreeMap::new();
        for (number, line) in entries(text) {
            let mut words = line.split_whitespace();
            let (Some(import), Some(gateway), Some(_reason)) = (words.next(), words.next(), words.next()) else {
                bail!("{FILE}:{number}: needs an import, a gateway and a reason, found `{line}`");
            };
            let gateway = match gateway {
                "any" => Gateway::Any,
                "Higress" => Gateway::Higress,
                other => bail!("{FILE}:{number}: gateway is `any` or `Higress`, found `{other}`"),
            };
            if list.insert(import.to_owned(), gateway).is_some() {
                bail!("{FILE}:{number}: `{import}` is listed twice");
            }
        }
        Ok(Self(list))
    }

    /// One message for each import that is not on the list.
    pub(super) fn check(&self, imports: &[Import]) -> Vec<String> {
        imports.iter().filter(|import| !self.0.contains_key(&import.name)).map(unknown).collect()
    }

    /// What to say of an import that goes beyond what every gateway has.
    pub(super) fn remark(&self, import: &Import) -> Option<String> {
        let name = import.name.trim_start_matches("env.");
        match self.0.get(&import.name) {
            Some(Gateway::Any) => None,
            Some(Gateway::Higress) => Some(format!("{name} (Higress)")),
            None => Some(format!("{name} (not allowed)")),
        }
    }
}

fn unknown(import: &Import) -> String {
    let callers = if import.callers.is_empty() { "nothing by name".to_owned() } else { import.callers.join(" <- ") };
    format!(
        "imports `{}`, which is not on the allow-list; a gateway without it would refuse the plugin and the listener \
         with it\n  called by: {callers}\n  next: remove what calls it, or, when every gateway you run has it, add a \
         line with the reason to {FILE}",
        import.name
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn import(name: &str, callers: &[&str]) -> Import {
        Import { name: name.into(), callers: callers.iter().map(|&caller| caller.into()).collect() }
    }

    #[test]
    fn names_an_unknown_import_and_who_calls_it() {
        let list = AllowList::parse("env.proxy_log any a line\n").unwrap();
        let faults = list.check(&[
            import("env.proxy_log", &[]),
            import("wasi_snapshot_preview1.sched_yield", &["__wasi_sched_yield", "std::thread::yield_now"]),
        ]);
        assert_eq!(faults.len(), 1);
        assert!(faults[0].contains("`wasi_snapshot_preview1.sched_yield`"), "{}", faults[0]);
        assert!(faults[0].contains("__wasi_sched_yield <- std::thread::yield_now"), "{}", faults[0]);
        assert!(faults[0].contains(FILE), "{}", faults[0]);
    }

    #[test]
    fn marks_what_only_higress_has() {
        let list = AllowList::parse("env.proxy_redis_call Higress Redis\nenv.proxy_log any lines\n").unwrap();
        assert_eq!(list.remark(&import("env.proxy_redis_call", &[])).unwrap(), "proxy_redis_call (Higress)");
        assert_eq!(list.remark(&import("env.proxy_log", &[])), None);
    }

    #[test]
    fn every_line_has_a_reason() {
        let error = AllowList::parse("# first\nenv.proxy_log any\n").unwrap_err().to_string();
        assert!(error.contains("dist.allow-list:2"), "{error}");
    }

    #[test]
    fn the_checked_in_list_is_sound() {
        let text = include_str!("../../dist.allow-list");
        let list = AllowList::parse(text).unwrap();
        assert_eq!(list.0.get("env.proxy_log"), Some(&Gateway::Any));
        assert_eq!(list.0.get("wasi_snapshot_preview1.sched_yield"), None, "Higress refuses a module with it");
    }
}
