//! What happened to the last exchanges: which plugin ran in which phase, what it changed, whom it called, who replied.
//!
//! A [`Recording`] belongs to one exchange; the exchange hands it out ([`crate::Exchange::recording`]), and the library
//! writes to it what plugins do. [`Traces`] keeps the last of them for the whole process. Everything in it is bounded,
//! bodies are counted and never kept, and secrets are left out before anything is written ([`Masks`]). While nothing is
//! recorded nothing is copied.

mod changes;
mod event;
mod headers;
mod limits;
mod mask;
mod record;
mod recording;
mod redis;
mod running;
mod traces;
mod visit;

pub use event::{Action, Callback, Called, Change, Event, Happened, List, Logged, Request, Result};
pub use headers::{Shown, ShownHeaders};
pub use mask::Masks;
pub use record::{Outcome, Record, Reply, Travel, Upstream};
pub use recording::Recording;
pub use traces::Traces;

pub(crate) use running::{OpenCall, Running, Service};
