//! What operators read when a configuration is wrong: each `config/bad/NAME.json` or `.yaml` gives exactly `NAME.err`.
//!
//! After a change of wording, this writes the files anew:
//! `BLESS=1 cargo test -p plugin-core --all-features --test config_faults`

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a failed expectation is a test's way to speak"
)]

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use plugin_core::config::{Both, Faults, from_node, parse};
use plugin_core::rules::RuleSet;
use serde::Deserialize;

/// A configuration with one of everything.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "only what is read matters here")]
struct Sample {
    status: Status,
    #[serde(default)]
    mock_enable: bool,
    #[serde(default)]
    headers: Vec<Header>,
    #[serde(default)]
    pairs: Vec<(HeaderName, String)>,
    body: Option<Body>,
    #[serde(default)]
    retries: u8,
    #[serde(default)]
    offset: i32,
    #[serde(default)]
    ratio: f64,
    #[serde(default)]
    labels: BTreeMap<String, u32>,
    #[serde(default)]
    by_status: HashMap<u16, String>,
    #[serde(default)]
    on_failure: FailureMode,
    service: Option<Service>,
    window: Option<Window>,
    nothing: Option<Nothing>,
    auth: Option<Auth>,
    target: Option<Target>,
    #[serde(alias = "timeoutMs")]
    timeout: Option<u32>,
    shared: Option<Shared>,
    parts: Option<Both<Limits, Both<Header, Nothing>>>,
}

/// Serde reads the keys of both parts into a copy first.
#[derive(Clone, Debug, Deserialize)]
#[expect(dead_code, reason = "only what is read matters here")]
struct Shared {
    limit: u8,
    #[serde(flatten)]
    header: Header,
}

#[derive(Clone, Debug, Deserialize)]
#[expect(dead_code, reason = "only what is read matters here")]
struct Limits {
    limit: u8,
    burst: u8,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
#[expect(dead_code, reason = "only what is read matters here")]
enum Auth {
    Basic { user: String, rounds: u8 },
    None,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, expecting = "allowed: a port or the name of a header")]
#[expect(dead_code, reason = "only what is read matters here")]
enum Target {
    Port(u16),
    Name(HeaderName),
}

#[derive(Clone, Debug, Deserialize)]
#[expect(dead_code, reason = "only what is read matters here")]
struct Header {
    name: HeaderName,
    value: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "only what is read matters here")]
struct Service {
    name: String,
    port: u16,
    password: Option<String>,
    #[serde(default)]
    api_key: Option<Key>,
}

#[derive(Clone, Debug, Deserialize)]
struct Nothing;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum FailureMode {
    #[default]
    Closed,
    Open,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "only what is read matters here")]
enum Body {
    Text(String),
    Template { file: String, limit: u16 },
}

#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "u16")]
struct Status;

impl TryFrom<u16> for Status {
    type Error = &'static str;

    fn try_from(status: u16) -> Result<Self, Self::Error> {
        if (200..600).contains(&status) { Ok(Self) } else { Err("allowed: a whole number from 200 to 599") }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
struct HeaderName;

impl TryFrom<String> for HeaderName {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        let plain = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if plain { Ok(Self) } else { Err("allowed: letters, digits and `-`") }
    }
}

/// Tells its value in its error, as careless types do.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
struct Key;

impl TryFrom<String> for Key {
    type Error = String;

    fn try_from(key: String) -> Result<Self, Self::Error> {
        if key.len() == 8 { Ok(Self) } else { Err(format!("the key {key} must have 8 characters")) }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "RawWindow")]
struct Window;

#[derive(Deserialize)]
struct RawWindow {
    from: u8,
    to: u8,
    step: u8,
}

impl TryFrom<RawWindow> for Window {
    type Error = Faults;

    fn try_from(raw: RawWindow) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        if raw.from > raw.to {
            faults.push("$.from", format!("found {}, allowed: at most `to`, which is {}", raw.from, raw.to));
        }
        if raw.step == 0 {
            faults.push("$.step", "found 0, allowed: 1 and up");
        }
        if faults.is_empty() { Ok(Self) } else { Err(faults) }
    }
}

fn read(bytes: &[u8]) -> Result<Vec<String>, Faults> {
    let (_, warnings) = RuleSet::<Sample>::compile(parse(bytes)?, &from_node, None)?;
    Ok(warnings)
}

fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/config").join(folder);
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| {
        let extension = file.extension().unwrap_or_default();
        extension == "json" || (cfg!(feature = "yaml") && extension == "yaml")
    });
    files.sort();
    assert!(!files.is_empty());
    files
}

#[test]
fn bad_configurations_say_what_is_wrong() {
    let mut different = Vec::new();
    for file in files("bad") {
        let faults = match read(&fs::read(&file).unwrap()) {
            Err(faults) => format!("{faults}\n"),
            Ok(_) => panic!("{} was accepted", file.display()),
        };
        let snapshot = file.with_extension("err");
        if std::env::var_os("BLESS").is_some() {
            fs::write(&snapshot, &faults).unwrap();
        }
        let expected = fs::read_to_string(&snapshot).unwrap_or_default();
        if faults != expected {
            different.push(format!("{}\n--- expected\n{expected}--- found\n{faults}", snapshot.display()));
        }
    }
    assert!(different.is_empty(), "{}\nto accept, run again with BLESS=1", different.join("\n"));
}

#[test]
fn good_configurations_are_taken_without_warnings() {
    for file in files("good") {
        let warnings = read(&fs::read(&file).unwrap()).unwrap_or_else(|faults| panic!("{}:\n{faults}", file.display()));
        assert!(warnings.is_empty(), "{}: {warnings:?}", file.display());
    }
}
