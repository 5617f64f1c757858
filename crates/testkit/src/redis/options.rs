//! What a server is started with.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Redis;
use super::client::{PASSWORD, USER};

/// A redis-server under construction.
#[derive(Clone, Debug, Default)]
#[must_use = "options do nothing until the server is started"]
pub struct RedisOptions {
    /// Lines of `redis.conf`.
    settings: Vec<String>,
    program: Option<PathBuf>,
}

impl RedisOptions {
    /// Clients must name this password: `AUTH <password>`, or `AUTH default <password>`.
    pub fn password(self, password: &str) -> Self {
        self.setting("requirepass", &[password])
    }

    /// Adds a user who may do anything, and lets nobody in without a name any more: `AUTH <name> <password>`.
    pub fn user(self, name: &str, password: &str) -> Self {
        self.user_with(name, password, &["~*", "&*", "+@all"])
    }

    /// As [`user`](Self::user), with what the user may do in the words of `ACL SETUSER`, such as `["~cache:*", "+get"]`.
    pub fn user_with(self, name: &str, password: &str, rules: &[&str]) -> Self {
        let password = format!(">{password}");
        let words = [&[name, "on", &password], rules].concat();
        self.setting("user", &words).setting("user", &["default", "off"])
    }

    /// Adds a line of `redis.conf`, such as `("maxclients", &["20"])`.
    pub fn setting(mut self, name: &str, values: &[&str]) -> Self {
        let values: Vec<String> = values.iter().map(|value| quoted(value)).collect();
        self.settings.push(format!("{name} {}", values.join(" ")));
        self
    }

    /// Starts it.
    ///
    /// # Panics
    /// When redis-server is not installed, refuses a setting, or does not serve within 15 seconds.
    pub fn start(self) -> Redis {
        Redis::start_with(self)
    }

    #[cfg(test)]
    pub(super) fn program(mut self, path: &str) -> Self {
        self.program = Some(path.into());
        self
    }

    /// The program with its configuration, which is written into `folder`.
    pub(super) fn command(&self, address: SocketAddr, folder: &Path) -> Command {
        let own = [
            format!("bind {}", address.ip()),
            format!("port {}", address.port()),
            // Nothing on disk: what a test leaves behind must not meet the next one.
            "save \"\"".to_owned(),
            "appendonly no".to_owned(),
            "daemonize no".to_owned(),
            format!("user {USER} on >{PASSWORD} ~* &* +@all"),
        ];
        let text = [&own[..], &self.settings].concat().join("\n") + "\n";
        std::fs::write(folder.join("redis.conf"), text).expect("a file in a folder just made");
        let mut command = Command::new(self.find_program());
        command.arg("redis.conf");
        command
    }

    /// `REDIS_SERVER`, else the one on the path. Looked for here, so that a missing one is told with what to do.
    fn find_program(&self) -> PathBuf {
        let named = self.program.clone().or_else(|| std::env::var_os("REDIS_SERVER").map(PathBuf::from));
        let path = std::env::var_os("PATH").unwrap_or_default();
        let found = match &named {
            Some(program) => Some(program.clone()).filter(|program| program.is_file()),
            None => std::env::split_paths(&path).map(|folder| folder.join("redis-server")).find(|it| it.is_file()),
        };
        found.unwrap_or_else(|| {
            let missing = named.map_or_else(|| "redis-server".to_owned(), |path| path.display().to_string());
            panic!(
                "no program {missing}; install Redis (Debian, Ubuntu: apt-get install -y redis-server; macOS: brew \
                 install redis), or name the program in the variable REDIS_SERVER"
            )
        })
    }
}

/// A word as `redis.conf` reads it back byte for byte.
fn quoted(word: &str) -> String {
    let escape = |byte: u8| match byte {
        b'"' | b'\\' => format!("\\{}", char::from(byte)),
        b' '..=b'~' => char::from(byte).to_string(),
        _ => format!("\\x{byte:02x}"),
    };
    format!("\"{}\"", word.bytes().map(escape).collect::<String>())
}
