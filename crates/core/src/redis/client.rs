//! The client: one command sent, and its end made a value or an error that says what to mend.

use super::command::{Args, Command};
use super::from_value::FromValue;
use super::link::{self, Login};
use super::mask::masked;
use super::settings::{RawRedis, Settings};
use super::value::{ErrorReply, Value};
use super::{Code, Script, exclusive, resp};
use crate::JsonSchema;
use crate::error::{Error, ErrorKind, Result};
use crate::host::{Host, HostError, host};
use crate::http::Cluster;
use crate::slot::{Outcome, Waiting};
use crate::time::{millis, monotonic};
use crate::uses;
use serde::Deserialize;
use std::borrow::Cow;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

/// A Redis that the gateway knows as a cluster. Clones are the same client.
///
/// In a configuration it is a map of `serviceName` and `servicePort` (absent: 80 for `.static` services, else 6379), or
/// `cluster` for an Envoy cluster by its own name, with `username`, `password`, `database` (0) and `timeout` in
/// milliseconds (1000).
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(try_from = "RawRedis")]
#[schemars(with = "RawRedis")]
pub struct Redis {
    cluster: Rc<Cluster>,
    login: Rc<Login>,
    timeout: Duration,
}

impl Redis {
    /// A Redis in any form of cluster.
    pub fn new(cluster: Cluster, settings: Settings) -> Self {
        let timeout = settings.timeout.max(Duration::from_millis(1));
        Self { cluster: Rc::new(cluster), login: Rc::new(Login::new(settings)), timeout }
    }

    /// The same client with another deadline, never less than 1 ms.
    pub fn with_timeout(&self, timeout: Duration) -> Self {
        Self { timeout: timeout.max(Duration::from_millis(1)), ..self.clone() }
    }

    /// How long a command may take.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// The cluster it is in.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// Sends any command: `redis.command(&["PFCOUNT", &key]).await?`, or with parts of several types as a tuple,
    /// `redis.command(("PFADD", &key, 5)).await?`.
    ///
    /// # Errors
    ///
    /// See [the module](super).
    pub async fn command(&self, parts: impl Args) -> Result<Value> {
        self.send(&Command::empty().args(parts)).await
    }

    /// Sends a command and reads its reply as a `T`.
    ///
    /// # Errors
    ///
    /// See [the module](super).
    pub async fn ask<T: FromValue>(&self, command: Command) -> Result<T> {
        let value = self.send(&command).await?;
        self.read(&command, value)
    }

    /// Runs a script. A Redis that does not know it gets its text, in a second round trip and only then.
    ///
    /// # Errors
    ///
    /// See [the module](super).
    pub async fn run<T: FromValue>(&self, script: &Script, keys: impl Args, arguments: impl Args) -> Result<T> {
        let named = script_command("EVALSHA", &script.name, &keys, &arguments);
        let whole = || script_command("EVAL", script.source.as_bytes(), &keys, &arguments);
        let deadline = monotonic().saturating_add(self.timeout);
        match self.send_until(&named, deadline).await {
            Err(error) if error.kind() == ErrorKind::Redis(Code::NoScript) => {
                let command = whole();
                let value = self.send_until(&command, deadline).await?;
                self.read(&command, value)
            }
            result => self.read(&named, result?),
        }
    }

    /// Runs a script by its source, which is sent each time; [`Self::run`] sends it once.
    ///
    /// # Errors
    ///
    /// See [the module](super).
    pub async fn eval<T: FromValue>(&self, source: &str, keys: impl Args, arguments: impl Args) -> Result<T> {
        self.ask(script_command("EVAL", source.as_bytes(), &keys, &arguments)).await
    }

    /// Sends a command.
    ///
    /// # Errors
    ///
    /// See [the module](super).
    pub async fn send(&self, command: &Command) -> Result<Value> {
        self.send_until(command, monotonic().saturating_add(self.timeout)).await
    }

    /// One command, and once more if the connection turns out not to be logged in.
    async fn send_until(&self, command: &Command, deadline: Duration) -> Result<Value> {
        let cluster = self.cluster.name()?;
        exclusive::check(command).map_err(|error| self.wrong(&cluster, ErrorKind::Other, &error))?;
        let bytes = command.encode();
        let generation = link::open(&cluster, &self.login)?;
        let mut value = self.dispatch(&cluster, &bytes, deadline).await?;
        if is_no_auth(&value) && link::repeat(&cluster, &self.login, generation) {
            value = self.dispatch(&cluster, &bytes, deadline).await?;
        }
        match value {
            Value::Error(error) => Err(self.refusal(&cluster, command, &error)),
            value => Ok(value),
        }
    }

    async fn dispatch(&self, cluster: &str, bytes: &[u8], deadline: Duration) -> Result<Value> {
        uses::redis_call();
        let token = host().call_redis(cluster, bytes).map_err(|status| {
            if status == HostError::BAD_ARGUMENT {
                link::forget(cluster);
            }
            link::refused(cluster, status)
        })?;
        match Waiting::until(token, self.login.settings.max_reply, deadline).await {
            Outcome::Reply(bytes) => resp::decode(&bytes)
                .map_err(|fault| self.wrong(cluster, ErrorKind::Answer, &format!("answered {}", fault.describe()))),
            Outcome::TooLarge(size) => {
                let max = self.login.settings.max_reply;
                Err(self.wrong(cluster, ErrorKind::Answer, &format!("answered {size} bytes, the plugin takes {max}")))
            }
            Outcome::Late => {
                let waited = millis(self.timeout);
                Err(self.wrong(cluster, ErrorKind::Timeout, &format!("Redis did not answer within {waited} ms")))
            }
            Outcome::Answer(_) | Outcome::Reset => {
                let why = "no connection to Redis, or it broke before the answer came; check that Redis runs, listens \
                           on the cluster's address and lets the gateway in";
                Err(self.wrong(cluster, ErrorKind::Unreachable, why))
            }
        }
    }

    fn read<T: FromValue>(&self, command: &Command, value: Value) -> Result<T> {
        value.read().map_err(|unexpected| self.unexpected(command, unexpected.found(), unexpected.expected()))
    }

    fn unexpected(&self, command: &Command, found: &str, expected: &str) -> Error {
        let name = command.name();
        let message = format!("Redis answered {name} with {found}, expected {expected}");
        self.wrong(&self.cluster.name().unwrap_or_default(), ErrorKind::Answer, &message)
    }

    /// Redis's own error. Its text may repeat what the command sent, so that is masked.
    fn refusal(&self, cluster: &str, command: &Command, error: &ErrorReply) -> Error {
        let code = error.code();
        let (name, text) = (command.name(), masked(error.text(), command));
        let hint = code.hint(!self.login.settings.password.is_empty());
        let hint = if hint.is_empty() { Cow::Borrowed("") } else { Cow::Owned(format!("; {hint}")) };
        self.wrong(cluster, ErrorKind::Redis(code), &format!("Redis refused {name}: {text}{hint}"))
    }

    fn wrong(&self, cluster: &str, kind: ErrorKind, what: &str) -> Error {
        Error::of_cluster(kind, cluster, &[": ", what])
    }
}

fn script_command(name: &str, script: &[u8], keys: &impl Args, arguments: &impl Args) -> Command {
    let keys = Command::empty().args(keys);
    Command::new(name).arg(script).arg(keys.len()).append(keys).args(arguments)
}

fn is_no_auth(value: &Value) -> bool {
    matches!(value, Value::Error(error) if error.code() == Code::NoAuth)
}

/// Without the password, and without asking the gateway for anything.
impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Redis");
        out.field("cluster", &self.cluster).field("settings", &self.login.settings).field("timeout", &self.timeout);
        out.finish()
    }
}
