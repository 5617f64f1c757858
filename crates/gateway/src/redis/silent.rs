//! The commands with which a connection begins, and of whose replies no plugin hears.

use super::settings::Settings;

/// AUTH and SELECT, where the settings want them.
pub(super) fn commands(settings: &Settings) -> Vec<(&'static str, Vec<u8>)> {
    let Settings { username, password, db, .. } = settings;
    let auth: Option<Vec<u8>> = if !username.is_empty() {
        Some(encode(&["AUTH", username, password]))
    } else if !password.is_empty() {
        Some(encode(&["AUTH", password]))
    } else {
        None
    };
    let select = db.as_ref().map(|db| ("SELECT", encode(&["SELECT", db])));
    auth.map(|command| ("AUTH", command)).into_iter().chain(select).collect()
}

fn encode(words: &[&str]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        bytes.extend_from_slice(format!("${}\r\n{word}\r\n", word.len()).as_bytes());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(username: &str, password: &str, db: Option<&str>) -> String {
        let settings = Settings {
            username: username.into(),
            password: password.into(),
            db: db.map(Into::into),
            ..Settings::default()
        };
        commands(&settings).into_iter().map(|(_, bytes)| String::from_utf8(bytes).unwrap()).collect()
    }

    #[test]
    fn a_connection_begins_as_its_settings_say() {
        assert_eq!(written("", "", None), "");
        assert_eq!(written("", "pw", None), "*2\r\n$4\r\nAUTH\r\n$2\r\npw\r\n");
        assert_eq!(written("u", "", None), "*3\r\n$4\r\nAUTH\r\n$1\r\nu\r\n$0\r\n\r\n");
        assert_eq!(
            written("u", "pw", Some("2")),
            "*3\r\n$4\r\nAUTH\r\n$1\r\nu\r\n$2\r\npw\r\n*2\r\n$6\r\nSELECT\r\n$1\r\n2\r\n"
        );
    }
}
