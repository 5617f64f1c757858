//! The HTTP client: calls to services that the gateway knows as clusters.

mod answer;
mod call;
mod cluster;

pub use answer::Answer;
pub use call::Call;
pub(crate) use call::not_dispatched;
pub use cluster::{Cluster, Service};
