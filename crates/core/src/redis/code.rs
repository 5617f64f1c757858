//! Redis's own errors: which there are, and what to do about each.

/// What kind of error Redis answered, by the word in capitals that its text begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Code {
    /// `NOAUTH`: Redis wants a password, and the connection has not given the right one.
    NoAuth,
    /// `WRONGPASS`: user or password is wrong.
    WrongPassword,
    /// `NOPERM`: the user may not do this.
    NoPermission,
    /// `MOVED` or `ASK`: the key lives on another node of a Redis Cluster.
    Moved,
    /// `CROSSSLOT`: the keys live on several nodes of a Redis Cluster.
    CrossSlot,
    /// `CLUSTERDOWN`, `MASTERDOWN` or `TRYAGAIN`: a part of Redis is gone or moving.
    Down,
    /// `READONLY`: a replica, which takes no writes.
    ReadOnly,
    /// `LOADING`: Redis has just started.
    Loading,
    /// `BUSY`: a script runs and does not end.
    Busy,
    /// `OOM`: no memory left.
    OutOfMemory,
    /// `MISCONF`: Redis cannot save its data and takes no writes.
    CannotSave,
    /// `NOSCRIPT`: Redis does not know the script.
    NoScript,
    /// `WRONGTYPE`: the key holds another type than the command is for.
    WrongType,
    /// `DENIED`: Redis is in protected mode.
    Denied,
    /// `ERR` and all the rest.
    Other,
}

impl Code {
    pub(super) fn of(text: &str) -> Self {
        // What a Redis that wants a login answers to a long command: it looks at the length before at the command
        // (`processMultibulkBuffer` in its `networking.c`).
        if text.starts_with("ERR Protocol error: unauthenticated ") {
            return Self::NoAuth;
        }
        match text.split(' ').next().unwrap_or_default() {
            "NOAUTH" => Self::NoAuth,
            "WRONGPASS" => Self::WrongPassword,
            "NOPERM" => Self::NoPermission,
            "MOVED" | "ASK" => Self::Moved,
            "CROSSSLOT" => Self::CrossSlot,
            "CLUSTERDOWN" | "MASTERDOWN" | "TRYAGAIN" => Self::Down,
            "READONLY" => Self::ReadOnly,
            "LOADING" => Self::Loading,
            "BUSY" => Self::Busy,
            "OOM" => Self::OutOfMemory,
            "MISCONF" => Self::CannotSave,
            "NOSCRIPT" => Self::NoScript,
            "WRONGTYPE" => Self::WrongType,
            "DENIED" | "-DENIED" => Self::Denied,
            _ => Self::Other,
        }
    }

    /// Whether the same command may well succeed a little later.
    pub fn is_transient(self) -> bool {
        matches!(self, Self::Loading | Self::Down | Self::Busy)
    }

    /// What to do, in plain words.
    pub(super) fn hint(self, has_password: bool) -> &'static str {
        match self {
            Self::NoAuth if has_password => {
                "Redis did not take the configured `username` and `password`, or another plugin logs this cluster in \
                 with other ones"
            }
            Self::NoAuth => "Redis wants a password; set `password`, and `username` where it has users of its own",
            Self::WrongPassword => "check `username` and `password`",
            Self::NoPermission => "the Redis user may not run this command or touch this key; extend its ACL",
            Self::Moved => {
                "this is one node of a Redis Cluster, and the gateway does not follow to the others; point the service \
                 at a proxy in front of the cluster, or at a Redis without one"
            }
            Self::CrossSlot => {
                "in a Redis Cluster all keys of a command must share a slot; give them the same `{hash tag}`"
            }
            Self::Down => "a part of Redis is down or moving; try again soon",
            Self::ReadOnly => "this is a replica, which takes no writes; point the service at the primary",
            Self::Loading => "Redis has just started and reads its data; try again soon",
            Self::Busy => "a script of some client runs and does not end; `SCRIPT KILL` ends it",
            Self::OutOfMemory => "Redis has reached `maxmemory` and may evict nothing; raise it or set a policy",
            Self::CannotSave => "Redis cannot save its data and takes no writes; see its log and its disk",
            Self::NoScript => "Redis does not know this script; run it with its text",
            Self::WrongType => "the key holds another type, so somebody else uses it too; take another key prefix",
            Self::Denied => "Redis is in protected mode; give it a password, or bind it to an address of its own",
            Self::Other => "",
        }
    }
}
