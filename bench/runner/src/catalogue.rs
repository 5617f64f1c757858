//! The variants that are measured, and the choice among them.

use crate::build;
use crate::fetch;
use crate::options::{Module, Options};
use crate::upstream::WITHOUT_HEADER;
use crate::variant::{Filter, Job, Variant};
use anyhow::{Result, ensure};

/// Name of the variants that the goals compare with.
pub(crate) const PLAIN: &str = "plain proxy-wasm";
/// Name of our plugins in their usual configuration.
pub(crate) const OURS: &str = "ours";
/// Name of our plugin with rules of which none matches.
pub(crate) const OURS_NO_RULE: &str = "ours, no rule matches";

const LUA_HEADER: &str = r#"function envoy_on_request(handle) handle:headers():add("hello", "world") end"#;
const LUA_MOCK: &str = r#"function envoy_on_request(handle) handle:respond({[":status"] = "200"}, "hello world") end"#;
const MOCK_ON: &str = r#"{"mockEnable":true}"#;
const NO_RULE_MATCHES: &str = r#"{"_rules_":[{"_match_domain_":["nomatch.example.com"]}]}"#;

/// A variant before its plugin is built or found.
pub(crate) struct Entry {
    job: Job,
    name: &'static str,
    recipe: Recipe,
}

pub(crate) enum Recipe {
    /// The first of each job.
    Baseline(fn() -> Filter),
    Native(fn() -> Filter),
    /// Package and configuration.
    Plain(&'static str, &'static str),
    /// Plugin and configuration.
    Ours(&'static str, &'static str),
}

pub(crate) const fn entry(job: Job, name: &'static str, recipe: Recipe) -> Entry {
    Entry { job, name, recipe }
}

const CATALOGUE: [Entry; 10] = [
    entry(Job::Header, "no filter", Recipe::Baseline(|| Filter::None)),
    entry(Job::Header, "header_mutation", Recipe::Native(|| Filter::HeaderMutation)),
    entry(Job::Header, "Lua", Recipe::Native(|| Filter::Lua(LUA_HEADER))),
    entry(Job::Header, PLAIN, Recipe::Plain("plain-header", "{}")),
    entry(Job::Header, OURS, Recipe::Ours("header-injector", "{}")),
    entry(Job::Header, OURS_NO_RULE, Recipe::Ours("header-injector", NO_RULE_MATCHES)),
    entry(Job::Mock, "direct_response", Recipe::Baseline(|| Filter::DirectResponse)),
    entry(Job::Mock, "Lua", Recipe::Native(|| Filter::Lua(LUA_MOCK))),
    entry(Job::Mock, PLAIN, Recipe::Plain("plain-mock", MOCK_ON)),
    entry(Job::Mock, OURS, Recipe::Ours("mock-response", MOCK_ON)),
];

fn entries() -> impl Iterator<Item = &'static Entry> {
    CATALOGUE.iter().chain(&fetch::CATALOGUE)
}

/// The variants that `options` ask for, plugins built and found, with the baselines of their jobs.
pub(crate) fn select(options: &Options) -> Result<Vec<Variant>> {
    let mut variants = Vec::new();
    for job in Job::ALL {
        let also = || options.also.iter().filter(move |module| module.job == job);
        let wanted = |entry: &Entry| {
            options.only.as_deref().is_none_or(|text| match text.split_once(':') {
                Some((only, name)) => job.name() == only && entry.name.contains(name),
                None => job.name() == text || entry.name.contains(text),
            })
        };
        let of_job = || entries().filter(move |entry| entry.job == job);
        if !of_job().any(wanted) && also().next().is_none() {
            continue;
        }
        for entry in of_job().filter(|entry| entry.is_baseline() || wanted(entry)) {
            variants.push(entry.variant()?);
        }
        variants.extend(also().map(given));
    }
    ensure!(
        !variants.is_empty(),
        "--only {:?} selects nothing; there are {}",
        options.only.as_deref().unwrap_or_default(),
        entries().map(|entry| format!("{} ({})", entry.name, entry.job.name())).collect::<Vec<_>>().join(", ")
    );
    Ok(variants)
}

impl Entry {
    fn is_baseline(&self) -> bool {
        matches!(self.recipe, Recipe::Baseline(_))
    }

    fn variant(&self) -> Result<Variant> {
        let filter = match self.recipe {
            Recipe::Baseline(filter) | Recipe::Native(filter) => filter(),
            Recipe::Plain(package, configuration) => {
                Filter::Wasm { file: build::plain(package)?, configuration: configuration.to_owned() }
            }
            Recipe::Ours(plugin, configuration) => {
                Filter::Wasm { file: build::ours(plugin)?, configuration: configuration.to_owned() }
            }
        };
        let untouched = self.job != Job::Mock && (self.is_baseline() || self.name == OURS_NO_RULE);
        Ok(Variant {
            job: self.job,
            name: self.name.to_owned(),
            filter,
            expected_body: if untouched { WITHOUT_HEADER } else { self.job.answer() },
        })
    }
}

/// The variant of a module given on the command line.
fn given(module: &Module) -> Variant {
    Variant {
        job: module.job,
        name: module.name.clone(),
        filter: Filter::Wasm { file: module.file.clone(), configuration: module.configuration.clone() },
        expected_body: module.job.answer(),
    }
}
