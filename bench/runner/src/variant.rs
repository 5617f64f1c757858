//! One way to do a job, and what Envoy needs to know to do it so.

use crate::upstream::WITH_HEADER;
use std::path::PathBuf;

/// What all variants of one table have to achieve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Job {
    /// Add one request header.
    Header,
    /// Answer without an upstream.
    Mock,
    /// Ask a service for the header first.
    Fetch,
}

impl Job {
    pub(crate) const ALL: [Self; 3] = [Self::Header, Self::Mock, Self::Fetch];

    /// As `--only` and `--also` take it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::Mock => "mock",
            Self::Fetch => "fetch",
        }
    }

    /// One line for people.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Header => "add one request header",
            Self::Mock => "answer without an upstream",
            Self::Fetch => "fetch a token from a service and set it on the request",
        }
    }

    /// Body of an answer that shows that the job was done.
    pub(crate) fn answer(self) -> &'static str {
        match self {
            Self::Header | Self::Fetch => WITH_HEADER,
            Self::Mock => "hello world",
        }
    }
}

/// One row of a table.
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
    ExtAuthz,
    /// Holds the script.
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

    /// Size of the `.wasm` file, when it is a plugin.
    pub(crate) fn wasm_bytes(&self) -> Option<u64> {
        match &self.filter {
            Filter::Wasm { file, .. } => Some(file.metadata().ok()?.len()),
            _ => None,
        }
    }
}
