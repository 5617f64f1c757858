//! A plugin's configuration: read once into a tree, then into the plugin's own type, with all faults reported at once.
//!
//! [`parse`] reads the bytes that the host delivers, [`from_node`] makes a `T` of them.
//! `T` is an ordinary `#[derive(Deserialize)]` type. What is different from plain serde:
//!
//! * All faults come back together, each with its JSON path, what was found and what is allowed.
//! * A key that a struct does not know is a fault, with the nearest known key; no `deny_unknown_fields` needed.
//! * `5.0` is a whole number: Higress delivers every number as a double.
//! * A field of a struct that is null, such as a YAML key left empty, counts as absent.
//! * A type checked by `#[serde(try_from = "...")]` reports its faults at its own path.
//!   Each line of its error text is one fault. A line that begins with `allowed: ` gets `found <value>, ` in front;
//!   one that begins with `$`, as every line of [`Faults`] does, points further down into the value.
//! * The value of a key that looks secret is never printed.
//!
//! `#[serde(flatten)]`, untagged and internally tagged enums work, but serde copies their values before it reads them.
//! So inside them unknown keys pass unseen, and only the first fault is found, at the path of the whole value.
//! Take [`Both`] instead of `flatten`, and give untagged enums an `#[serde(expecting = "allowed: ...")]`.

mod both;
mod de;
mod duplicate;
mod error;
mod fault;
mod in_order;
mod nearest;
mod node;
mod path;
mod protobuf_struct;
mod read;
#[cfg(not(target_arch = "wasm32"))]
mod schema;
mod show;
mod survey;
mod text;

pub use both::Both;
pub use fault::{Fault, Faults};
pub use in_order::InOrder;
pub use node::{Node, Number};
pub use read::parse;
pub use show::quoted;
pub use survey::from_node;
pub use text::Text;

pub(crate) use error::{did_you_mean, listed};
pub(crate) use nearest::nearest;
pub(crate) use path::key_step;
pub(crate) use read::read_json;
pub(crate) use show::{found, in_quotes, joined, split_once};

/// How many lists and maps may be nested in one another. Bounds the recursion of everything that walks a [`Node`].
const MAX_DEPTH: usize = 64;
