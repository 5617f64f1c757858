//! What a plugin says about itself: the custom section that `register!` writes.

use super::Feature;
use anyhow::{Context, Result, bail};
use std::collections::BTreeSet;
use std::fmt;
use walrus::{IdsToIndices, Module};

/// The section's name.
pub(super) const SECTION: &str = "plugin-core";

/// A version of the proxy-wasm ABI that a plugin may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Abi {
    /// Understood by every gateway.
    V0_2_1,
    /// Higress's extension with all header states.
    V0_2_100,
}

impl Abi {
    /// The marker exports, in their order. A gateway takes the first that it knows: Higress the newer one, while stock
    /// Envoy passes over that one and runs the module as 0.2.1.
    pub(super) fn markers(self) -> &'static [&'static str] {
        match self {
            Self::V0_2_1 => &["proxy_abi_version_0_2_1"],
            Self::V0_2_100 => &["proxy_abi_version_0_2_100", "proxy_abi_version_0_2_1"],
        }
    }
}

impl fmt::Display for Abi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V0_2_1 => "0.2.1",
            Self::V0_2_100 => "0.2.100",
        })
    }
}

/// When an exchange is dropped whose stream has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cleanup {
    /// At once: the gateway tells.
    Prompt,
    /// With others, later: nobody tells.
    Lazy,
}

/// The content of the section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declaration {
    /// The plugin's name, as `register!` has it.
    pub name: String,
    /// The ABI that the plugin asks for.
    pub abi: Abi,
    /// Whether the plugin is told of the end of each stream.
    pub cleanup: Cleanup,
}

impl Declaration {
    pub(super) fn read(module: &Module) -> Result<Self> {
        let Some((_, section)) = module.customs.iter().find(|(_, section)| section.name() == SECTION) else {
            bail!(
                "the module has no `{SECTION}` section, so it is not a plugin of this workspace; \
                 a plugin's lib.rs ends with `register!(ThePlugin, \"the-plugin\");`"
            );
        };
        let bytes = section.data(&IdsToIndices::default());
        let text = std::str::from_utf8(&bytes).with_context(|| format!("section `{SECTION}` is not UTF-8"))?;
        Self::parse(text).with_context(|| format!("in the section `{SECTION}`, which `register!` writes"))
    }

    fn parse(text: &str) -> Result<Self> {
        let (mut name, mut abi, mut cleanup) = (None, None, None);
        for line in text.lines().filter(|line| !line.is_empty()) {
            let before = match line.split_once('=') {
                Some(("name", value)) => name.replace(value.to_owned()).is_some(),
                Some(("abi", "0.2.1")) => abi.replace(Abi::V0_2_1).is_some(),
                Some(("abi", "0.2.100")) => abi.replace(Abi::V0_2_100).is_some(),
                Some(("cleanup", "prompt")) => cleanup.replace(Cleanup::Prompt).is_some(),
                Some(("cleanup", "lazy")) => cleanup.replace(Cleanup::Lazy).is_some(),
                Some(("abi", other)) => bail!("unknown ABI `{other}`; known are 0.2.1 and 0.2.100"),
                _ => bail!("cannot read the line `{line}`; known are `name=..`, `abi=..` and `cleanup=..`"),
            };
            if before {
                bail!("`{line}` comes on top of an earlier one; does the crate call `register!` twice?");
            }
        }
        Ok(Self {
            name: name.context("no line `name=..`")?,
            abi: abi.context("no line `abi=..`")?,
            cleanup: cleanup.context("no line `cleanup=..`")?,
        })
    }

    /// Refuses features that do not go with what is declared.
    pub(super) fn allow(&self, features: &BTreeSet<Feature>) -> Result<()> {
        if self.abi == Abi::V0_2_1 && features.contains(&Feature::BodyBeforeHeaders) {
            bail!(
                "plugin `{}` reads a body before it lets the headers go, which ABI 0.2.1 cannot do (the request would \
                 hang); add `const ABI: Abi = Abi::V0_2_100;` to its `impl Plugin`, or let the headers go first",
                self.name
            );
        }
        let beyond: Vec<Feature> =
            features.iter().copied().filter(|feature| *feature != Feature::ResponseHeaders).collect();
        if self.cleanup == Cleanup::Lazy && !beyond.is_empty() {
            bail!(
                "plugin `{}` has `const CLEANUP: Cleanup = Cleanup::Lazy;` and does more than wait for the response's \
                 headers ({beyond:?}), for which it has to hear when a stream ends; leave that line out",
                self.name
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_name_and_abi_and_passes_over_padding() {
        let read = Declaration::parse("name=a-b\nabi=0.2.1\n\n\ncleanup=lazy\n\n\n").unwrap();
        assert_eq!(read, Declaration { name: "a-b".into(), abi: Abi::V0_2_1, cleanup: Cleanup::Lazy });
        let read = Declaration::parse("name=a\nabi=0.2.100\ncleanup=prompt\n").unwrap();
        assert_eq!((read.abi, read.cleanup), (Abi::V0_2_100, Cleanup::Prompt));
    }

    #[test]
    fn lazy_cleanup_is_for_those_who_only_wait_for_the_response() {
        let plugin = Declaration::parse("name=a\nabi=0.2.1\ncleanup=lazy\n").unwrap();
        plugin.allow(&BTreeSet::from([Feature::ResponseHeaders])).unwrap();
        for feature in [Feature::HttpCall, Feature::Timer, Feature::Log, Feature::RequestBody] {
            let error = plugin.allow(&BTreeSet::from([Feature::ResponseHeaders, feature])).unwrap_err().to_string();
            assert!(error.contains(&format!("({:?})", [feature])), "{error}");
        }
    }

    #[test]
    fn says_what_is_wrong_with_a_section() {
        for (text, expected) in [
            ("name=a\nabi=0.3\n", "unknown ABI `0.3`"),
            ("abi=0.2.1\n", "no line `name=..`"),
            ("name=a\n", "no line `abi=..`"),
            ("name=a\nabi=0.2.1\n", "no line `cleanup=..`"),
            ("name=a\nabi=0.2.1\nname=b\nabi=0.2.1\n", "`register!` twice"),
            ("colour=red\n", "cannot read the line `colour=red`"),
        ] {
            let error = Declaration::parse(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{text:?} gave: {error}");
        }
    }
}
