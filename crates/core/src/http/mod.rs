//! The HTTP client: calls to services that the gateway knows as clusters.

mod answer;
mod call;
mod cluster;
mod prepared;

pub use answer::Answer;
pub use call::Call;
pub use cluster::{Cluster, Service};
pub use prepared::PreparedCall;
pub(crate) use prepared::not_dispatched;
