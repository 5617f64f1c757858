//! What is measured: for each job, the ways to do it.

use crate::build;
use crate::options::{Module, Options};
use crate::upstream::{WITH_HEADER, WITHOUT_HEADER};
use anyhow::{Result, ensure};
use std::path::{Path, PathBuf};

const LUA_HEADER: &str =
    r#"function envoy_on_request(handle) handle:headers():add("hello", "world") end"#;
const LUA_MOCK: &str =
    r#"function envoy_on_request(handle) handle:respond({[":status"] = "200"}, "hello world") end"#;
const MOCK_ON: &str = r#"{"mockEnable":true}"#;
const NO_RULE_MATCHES: &str = r#"{"_rules_":[{"_match_domain_":["nomatch.example.com"]}]}"#;

/// What all variants of one table have to achieve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Job {
    /// Add one request header.
    Header,
    /// Answer without an upstream.
    Mock,
}

impl Job {
    pub(crate) const ALL: [Self; 2] = [Self::Header, Self::Mock];

    /// As `--only` takes it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::Mock => "mock",
        }
    }

    /// One line for people.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Header => "add one request header",
            Self::Mock => "answer without an upstream",
        }
    }

    fn names(self) -> &'static [&'static str] {
        match self {
            Self::Header => &[
                NO_FILTER,
                "header_mutation",
                "Lua",
                PLAIN,
                OURS,
                OURS_NO_RULE,
            ],
            Self::Mock => &["direct_response", "Lua", PLAIN, OURS],
        }
    }

    /// Body of an answer that shows that the job was done.
    fn answer(self) -> &'static str {
        match self {
            Self::Header => WITH_HEADER,
            Self::Mock => "hello world",
        }
    }

    fn baseline(self) -> &'static str {
        match self {
            Self::Header => NO_FILTER,
            Self::Mock => "direct_response",
        }
    }

    fn variant(self, name: &'static str) -> Result<Variant> {
        let wasm = |file, configuration: &str| Filter::Wasm {
            file,
            configuration: configuration.to_owned(),
        };
        let filter = match (self, name) {
            (Self::Header, "header_mutation") => Filter::HeaderMutation,
            (Self::Header, "Lua") => Filter::Lua(LUA_HEADER),
            (Self::Header, PLAIN) => wasm(build::plain("plain-header")?, "{}"),
            (Self::Header, OURS) => wasm(build::ours("header-injector")?, "{}"),
            (Self::Header, OURS_NO_RULE) => wasm(build::ours("header-injector")?, NO_RULE_MATCHES),
            (Self::Header, _) => Filter::None,
            (Self::Mock, "Lua") => Filter::Lua(LUA_MOCK),
            (Self::Mock, PLAIN) => wasm(build::plain("plain-mock")?, MOCK_ON),
            (Self::Mock, OURS) => wasm(build::ours("mock-response")?, MOCK_ON),
            (Self::Mock, _) => Filter::DirectResponse,
        };
        let expected_body = match name {
            OURS_NO_RULE | NO_FILTER => WITHOUT_HEADER,
            _ => self.answer(),
        };
        Ok(Variant {
            job: self,
            name: name.to_owned(),
            filter,
            expected_body,
        })
    }
}

/// The variant of a module given on the command line.
fn given(module: &Module) -> Variant {
    Variant {
        job: module.job,
        name: module.name.clone(),
        filter: Filter::Wasm {
            file: module.file.clone(),
            configuration: module.configuration.clone(),
        },
        expected_body: module.job.answer(),
    }
}

/// One way to do a job.
pub(crate) struct Variant {
    pub(crate) job: Job,
    pub(crate) name: String,
    pub(crate) filter: Filter,
    pub(crate) expected_body: &'static str,
}

/// What stands before the router.
pub(crate) enum Filter {
    None,
    /// No filter either: the route itself answers.
    DirectResponse,
    HeaderMutation,
    Lua(&'static str),
    Wasm {
        file: PathBuf,
        configuration: String,
    },
}

impl Variant {
    /// Whether its figures are the ones subtracted from those of the others of its job.
    pub(crate) fn is_baseline(&self) -> bool {
        matches!(self.filter, Filter::None | Filter::DirectResponse)
    }

    /// The `.wasm` file, when it is a plugin.
    pub(crate) fn wasm(&self) -> Option<&Path> {
        match &self.filter {
            Filter::Wasm { file, .. } => Some(file),
            _ => None,
        }
    }
}

const NO_FILTER: &str = "no filter";
/// Name of the variant that the goals compare with.
pub(crate) const PLAIN: &str = "plain proxy-wasm";
/// Name of our plugin in its usual configuration.
pub(crate) const OURS: &str = "ours";
/// Name of our plugin with rules of which none matches.
pub(crate) const OURS_NO_RULE: &str = "ours, no rule matches";

/// The variants that `options` ask for, plugins built and found, with the baselines of their jobs.
pub(crate) fn select(options: &Options) -> Result<Vec<Variant>> {
    let mut variants = Vec::new();
    for job in Job::ALL {
        let wanted = |name: &str| {
            options
                .only
                .as_deref()
                .is_none_or(|text| job.name() == text || name.contains(text))
        };
        let mut names: Vec<&str> = job
            .names()
            .iter()
            .copied()
            .filter(|name| wanted(name))
            .collect();
        let also = || options.also.iter().filter(|module| module.job == job);
        if names.is_empty() && also().next().is_none() {
            continue;
        }
        if !names.contains(&job.baseline()) {
            names.insert(0, job.baseline());
        }
        for name in names {
            variants.push(job.variant(name)?);
        }
        variants.extend(also().map(given));
    }
    ensure!(
        !variants.is_empty(),
        "--only {:?} selects nothing; the jobs are {}, the variants {}",
        options.only.as_deref().unwrap_or_default(),
        Job::ALL.map(Job::name).join(" and "),
        Job::ALL.map(|job| job.names().join(", ")).join(", ")
    );
    Ok(variants)
}
