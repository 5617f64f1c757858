//! One change to a list of headers, and where it is allowed.

use plugin_core::prelude::*;
use plugin_core::HeadersMut;

/// Which headers an operation changes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Request,
    Response,
}

/// A name and a value.
#[derive(Debug, Deserialize)]
pub(crate) struct Field {
    name: HeaderName,
    value: FieldValue,
}

/// An old name and a new one.
#[derive(Debug, Deserialize)]
pub(crate) struct Rename {
    from: HeaderName,
    to: HeaderName,
}

/// One change, in the words of the configuration.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Operation {
    /// Makes the value the only one.
    Set(Field),
    /// Adds the value behind those that are there.
    Append(Field),
    /// Adds the value if the header is not there.
    AddIfAbsent(Field),
    /// Removes all values.
    Remove(HeaderName),
    /// Moves all values to another name, in place of what that name had.
    Rename(Rename),
}

/// The gateway frames messages itself; a wrong length or encoding would let one message run into the next.
const FRAMING: [&str; 2] = ["content-length", "transfer-encoding"];

impl Operation {
    /// What an empty configuration does.
    pub(crate) fn hello_world() -> Self {
        const NAME: HeaderName = HeaderName::from_static("hello");
        const VALUE: FieldValue = FieldValue::from_static("world");
        Self::Append(Field { name: NAME, value: VALUE })
    }

    /// The fault of this operation on one side, as the rest of a JSON path and a message.
    pub(crate) fn check(&self, side: Side) -> Result<(), String> {
        match self {
            Self::Set(field) => settable(&field.name, &field.value, side).map_err(|fault| format!(".set{fault}")),
            Self::Append(field) => plain(&field.name).map_err(|fault| format!(".append.name: {fault}")),
            Self::AddIfAbsent(field) => plain(&field.name).map_err(|fault| format!(".addIfAbsent.name: {fault}")),
            Self::Remove(name) => plain(name).map_err(|fault| format!(".remove: {fault}")),
            Self::Rename(Rename { from, to }) => plain(from)
                .map_err(|fault| format!(".rename.from: {fault}"))
                .and_then(|()| plain(to).map_err(|fault| format!(".rename.to: {fault}"))),
        }
    }

    pub(crate) fn apply(&self, headers: &mut HeadersMut<'_>) -> Result<()> {
        match self {
            Self::Set(field) => headers.set(&field.name, &field.value),
            Self::Append(field) => headers.append(&field.name, &field.value),
            Self::AddIfAbsent(field) if headers.get(&field.name).is_some() => Ok(()),
            Self::AddIfAbsent(field) => headers.append(&field.name, &field.value),
            Self::Remove(name) => headers.remove(name),
            Self::Rename(Rename { from, to }) => {
                let values = headers.get_all(from);
                if values.is_empty() || from == to {
                    return Ok(());
                }
                headers.remove(to)?;
                headers.remove(from)?;
                values.iter().try_for_each(|value| headers.append(to, value))
            }
        }
    }
}

/// A name that operations may change freely.
fn plain(name: &HeaderName) -> Result<(), String> {
    if name.is_pseudo() {
        return Err(format!("found \"{name}\", allowed: no pseudo header; only `set` changes those"));
    }
    allowed(name)
}

fn settable(name: &HeaderName, value: &str, side: Side) -> Result<(), String> {
    match (&**name, side) {
        (":status", Side::Response) => match value.parse::<u16>() {
            Ok(200..=599) => Ok(()),
            _ => Err(format!(".value: found {value:?}, allowed: a status from 200 to 599")),
        },
        (":method" | ":authority", Side::Request) if !value.is_empty() => Ok(()),
        (":scheme", Side::Request) if matches!(value, "http" | "https") => Ok(()),
        (":path", Side::Request) if value.starts_with('/') => Ok(()),
        (":scheme", Side::Request) => Err(format!(".value: found {value:?}, allowed: \"http\" or \"https\"")),
        (":path", Side::Request) => Err(format!(".value: found {value:?}, allowed: a path that begins with /")),
        (pseudo, Side::Request) if name.is_pseudo() => {
            Err(format!(".name: found {pseudo:?}, allowed: :method, :path, :authority, :scheme or a plain header"))
        }
        (pseudo, Side::Response) if name.is_pseudo() => {
            Err(format!(".name: found {pseudo:?}, allowed: :status or a plain header"))
        }
        _ => allowed(name).map_err(|fault| format!(".name: {fault}")),
    }
}

fn allowed(name: &HeaderName) -> Result<(), String> {
    if &**name == "host" {
        return Err("found \"host\", allowed: other names; to change the host, `set` the pseudo header :authority".to_owned());
    }
    if FRAMING.contains(&&**name) {
        return Err(format!("found \"{name}\", allowed: other names; the gateway sets this one itself"));
    }
    Ok(())
}
