//! Two types that share one map: what `#[serde(flatten)]` is for, with exact faults.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, SeqAccess, Visitor};

/// By this name our deserializer knows the type.
pub(super) const BOTH: &str = "plugin_core::config::Both";

/// Two parts whose keys stand side by side in one map. For [`from_node`](super::from_node) only.
///
/// Unlike with `#[serde(flatten)]`, each fault has its own path, and a key that neither part knows is a fault.
///
/// ```
/// use plugin_core::config::{Both, from_node, parse};
/// use serde::Deserialize;
///
/// #[derive(Deserialize)]
/// struct Service { host: String, port: u16 }
///
/// #[derive(Deserialize)]
/// struct Own { path: String }
///
/// #[derive(Deserialize)]
/// #[serde(from = "Both<Own, Service>")]
/// struct Fetcher { path: String, service: Service }
///
/// impl From<Both<Own, Service>> for Fetcher {
///     fn from(Both(own, service): Both<Own, Service>) -> Self {
///         Self { path: own.path, service }
///     }
/// }
///
/// let fetcher: Fetcher = from_node(&parse(br#"{"host": "auth.static", "port": 80, "path": "/"}"#)?)?;
/// assert_eq!((fetcher.path.as_str(), fetcher.service.port), ("/", 80));
/// # Ok::<(), plugin_core::config::Faults>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Both<A, B>(pub A, pub B);

impl<'de, A: Deserialize<'de>, B: Deserialize<'de>> Deserialize<'de> for Both<A, B> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_tuple_struct(BOTH, 2, BothVisitor(PhantomData))
    }
}

struct BothVisitor<A, B>(PhantomData<(A, B)>);

impl<'de, A: Deserialize<'de>, B: Deserialize<'de>> Visitor<'de> for BothVisitor<A, B> {
    type Value = Both<A, B>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a map")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut parts: S) -> Result<Self::Value, S::Error> {
        let (a, b) = (parts.next_element()?, parts.next_element()?);
        // The third question is when the deserializer looks for keys that neither part knew, and tells what went wrong
        // with both.
        parts.next_element::<IgnoredAny>()?;
        a.zip(b).map(|(a, b)| Both(a, b)).ok_or_else(|| S::Error::custom("a part is absent"))
    }
}
