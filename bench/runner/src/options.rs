//! The command line.

use crate::variant::Job;
use anyhow::{Context as _, Result, bail, ensure};
use std::path::PathBuf;
use std::str::FromStr;

/// What `--help` prints.
pub(crate) const HELP: &str = "\
Measures what plugins cost on a real Envoy.

Usage: make bench, or cargo run --release -p bench -- [OPTIONS]

  --rounds N        rounds to take the median of; each starts fresh Envoys (default 9)
  --requests N      measured requests for each variant and round (default 10000)
  --connections N   keep-alive connections of the load (default 8)
  --instructions    count instructions instead of CPU time, start-up and memory; a busy machine does not
                    change them; needs valgrind; --requests has no effect
  --only TEXT       only a job (fetch), variants with TEXT in their names (plain), or both (fetch:plain);
                    the baselines always run
  --also JOB:NAME=FILE[=CONFIGURATION]
                    one more module; may be repeated; the configuration is {} unless given
  --json FILE       write all figures, round by round
  --help            print this

The environment variable ENVOY names another Envoy binary.
";

/// What the user asked for.
pub(crate) struct Options {
    pub(crate) rounds: usize,
    pub(crate) requests: usize,
    pub(crate) connections: usize,
    /// Whether to count instructions instead of measuring time and memory.
    pub(crate) instructions: bool,
    pub(crate) only: Option<String>,
    pub(crate) also: Vec<Module>,
    pub(crate) json: Option<PathBuf>,
}

/// A module given by hand.
pub(crate) struct Module {
    pub(crate) job: Job,
    pub(crate) name: String,
    pub(crate) file: PathBuf,
    pub(crate) configuration: String,
}

impl Options {
    /// Reads the arguments after the program's name; `None` when they ask for help.
    pub(crate) fn from_args(arguments: impl IntoIterator<Item = String>) -> Result<Option<Self>> {
        let mut options = Self {
            rounds: 9,
            requests: 10_000,
            connections: 8,
            instructions: false,
            only: None,
            also: Vec::new(),
            json: None,
        };
        let mut arguments = arguments.into_iter();
        while let Some(name) = arguments.next() {
            if name == "--help" || name == "-h" {
                return Ok(None);
            }
            if name == "--instructions" {
                options.instructions = true;
                continue;
            }
            let value = arguments.next();
            let value = value.with_context(|| format!("{name} needs a value; --help lists the options"));
            match name.as_str() {
                "--rounds" => options.rounds = count(&name, &value?)?,
                "--requests" => options.requests = count(&name, &value?)?,
                "--connections" => options.connections = count(&name, &value?)?,
                "--only" => options.only = Some(value?),
                "--also" => options.also.push(value?.parse()?),
                "--json" => options.json = Some(value?.into()),
                _ => bail!("unknown option {name:?}; --help lists the options"),
            }
        }
        Ok(Some(options))
    }
}

fn count(name: &str, text: &str) -> Result<usize> {
    let count = text.parse().with_context(|| format!("{name} needs a number, not {text:?}"))?;
    ensure!(count > 0, "{name} needs a number above 0");
    Ok(count)
}

impl FromStr for Module {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let parts = text.split_once(':').and_then(|(job, rest)| Some((job, rest.split_once('=')?)));
        let Some((job, (name, rest))) = parts else {
            bail!("--also needs JOB:NAME=FILE or JOB:NAME=FILE=CONFIGURATION, not {text:?}");
        };
        let Some(job) = Job::ALL.into_iter().find(|known| known.name() == job) else {
            bail!("--also {name}: there is no job {job:?}, only {}", Job::ALL.map(Job::name).join(", "));
        };
        let (file, configuration) = rest.split_once('=').unwrap_or((rest, "{}"));
        let file = std::path::absolute(file)?;
        ensure!(file.is_file(), "--also {name}: there is no file {}", file.display());
        Ok(Self { job, name: name.to_owned(), file, configuration: configuration.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Option<Options>> {
        Options::from_args(arguments.iter().map(|argument| (*argument).to_owned()))
    }

    fn error(arguments: &[&str]) -> String {
        parse(arguments).map(|_| ()).unwrap_err().to_string()
    }

    #[test]
    fn reads_each_option() {
        let options = parse(&["--rounds", "3", "--only", "mock", "--json", "x"]).unwrap().unwrap();
        assert_eq!((options.rounds, options.only.as_deref()), (3, Some("mock")));
        assert_eq!(options.json, Some("x".into()));
        assert!(!options.instructions && parse(&["--instructions"]).unwrap().unwrap().instructions);
        assert!(parse(&["--help"]).unwrap().is_none());
    }

    #[test]
    fn says_what_is_wrong() {
        assert!(error(&["--round", "3"]).contains("unknown option \"--round\""));
        assert!(error(&["--rounds"]).contains("--rounds needs a value"));
        assert!(error(&["--rounds", "0"]).contains("above 0"));
        assert!(error(&["--rounds", "few"]).contains("\"few\""));
        assert!(error(&["--also", "x"]).contains("JOB:NAME=FILE"));
        assert!(error(&["--also", "other:x=y"]).contains("no job \"other\""));
    }
}
