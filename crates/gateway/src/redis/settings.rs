//! How a thread talks to a Redis cluster.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::world::RedisSettings;

/// What a plugin has said, or the host's own defaults.
pub(super) struct Settings {
    pub(super) username: String,
    pub(super) password: String,
    /// The database to select, as it was written.
    pub(super) db: Option<String>,
    /// How long replies may stay away while some are awaited.
    pub(super) timeout: Duration,
    /// How long commands are collected before they are written.
    pub(super) flush_after: Duration,
    /// How many bytes of commands are written at once.
    pub(super) flush_at: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            username: String::new(),
            password: String::new(),
            db: None,
            timeout: Duration::from_secs(1),
            flush_after: Duration::from_millis(3),
            flush_at: 1024,
        }
    }
}

impl From<&RedisSettings> for Settings {
    fn from(given: &RedisSettings) -> Self {
        let find = |name| given.parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let usual = Self::default();
        Self {
            username: given.username.clone(),
            password: given.password.clone(),
            db: find("db").map(ToOwned::to_owned),
            timeout: given.timeout,
            flush_after: number(find("buffer_flush_timeout")).map_or(usual.flush_after, Duration::from_millis),
            flush_at: number(find("max_buffer_size_before_flush")).unwrap_or(usual.flush_at),
        }
    }
}

fn number<T: FromStr>(text: Option<&str>) -> Option<T> {
    text?.parse().ok()
}

/// Without user and password.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("with_password", &!self.password.is_empty())
            .field("db", &self.db)
            .field("timeout", &self.timeout)
            .field("flush_after", &self.flush_after)
            .field("flush_at", &self.flush_at)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_read_and_others_ignored() {
        let parameters =
            [("x", "1"), ("db", "3"), ("buffer_flush_timeout", "7"), ("max_buffer_size_before_flush", "0")];
        let given = RedisSettings {
            cluster: "redis".into(),
            username: "alice".into(),
            password: "s3cret".into(),
            timeout: Duration::from_millis(5),
            parameters: parameters.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
        };
        let settings = Settings::from(&given);
        assert_eq!((settings.db.as_deref(), settings.flush_at), (Some("3"), 0));
        assert_eq!((settings.timeout, settings.flush_after), (Duration::from_millis(5), Duration::from_millis(7)));
        let shown = format!("{settings:?}");
        assert!(!shown.contains("s3cret") && !shown.contains("alice"), "{shown}");
    }

    #[test]
    fn a_number_that_is_none_counts_as_not_given() {
        let parameters = vec![("buffer_flush_timeout".to_owned(), "-1".to_owned())];
        let given = RedisSettings {
            cluster: String::new(),
            username: String::new(),
            password: String::new(),
            timeout: Duration::ZERO,
            parameters,
        };
        assert_eq!(Settings::from(&given).flush_after, Duration::from_millis(3));
    }
}
