//! Properties of the gateway: attributes of Envoy and Higress, with types.
//!
//! Names are listed in Envoy's documentation under "Attributes". A property that does not exist, or that has another
//! type than asked for, is `None`.

use crate::host::{Direction, Host, HostResult, host};
use std::cell::Cell;
use std::time::{Duration, SystemTime};

/// The bytes of a property as the host gives them.
pub fn bytes(path: &[&str]) -> Option<Vec<u8>> {
    host().property(path).ok().flatten()
}

/// A text; bytes that are not UTF-8 are replaced.
pub fn string(path: &[&str]) -> Option<String> {
    bytes(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// A whole number.
pub fn int(path: &[&str]) -> Option<i64> {
    bytes(path)?.try_into().ok().map(i64::from_le_bytes)
}

/// True or false.
pub fn bool(path: &[&str]) -> Option<bool> {
    match bytes(path)?.as_slice() {
        [byte] => Some(*byte != 0),
        _ => None,
    }
}

/// A length of time.
pub fn duration(path: &[&str]) -> Option<Duration> {
    int(path).and_then(|nanoseconds| u64::try_from(nanoseconds).ok()).map(Duration::from_nanos)
}

/// A point in time.
pub fn time(path: &[&str]) -> Option<SystemTime> {
    duration(path).and_then(|since| SystemTime::UNIX_EPOCH.checked_add(since))
}

/// Sets a property of this stream: filter state that access logs show as `%FILTER_STATE(wasm.<name>:PLAIN)%`, and on
/// Higress the special names of its contract.
pub fn set(name: &str, value: impl AsRef<[u8]>) -> HostResult<()> {
    host().set_property(&[name], value.as_ref())
}

/// Name of the route the gateway picked.
pub fn route_name() -> Option<String> {
    string(&["route_name"]).or_else(|| string(&["xds", "route_name"]))
}

/// Name of the cluster the gateway picked.
pub fn cluster_name() -> Option<String> {
    string(&["cluster_name"]).or_else(|| string(&["xds", "cluster_name"]))
}

/// The request's id (`x-request-id`), in any phase.
pub fn request_id() -> Option<String> {
    string(&["request", "id"]).filter(|id| !id.is_empty())
}

/// Address and port of the client as the gateway sees it.
pub fn source_address() -> Option<String> {
    string(&["source", "address"])
}

/// Whether the current response is the upstream's, and not one that the gateway or a plugin made.
pub(crate) fn is_from_upstream() -> bool {
    bytes(&["response", "code_details"]).as_deref() == Some(b"via_upstream")
}

/// Bytes of the request, headers included, that have arrived so far.
pub(crate) fn request_size() -> Option<i64> {
    int(&["request", "total_size"])
}

thread_local! {
    static HIGRESS: Cell<Option<bool>> = const { Cell::new(None) };
}

const KEEP_ROUTE: &str = "clear_route_cache";

/// Whether the gateway is Higress. It takes this special property for itself, where stock Envoy stores any property as
/// filter state that can be read back. Asked once per VM, inside an exchange.
pub(crate) fn is_higress() -> bool {
    HIGRESS.with(|known| match known.get() {
        Some(known) => known,
        None => {
            let taken = takes_route_property();
            known.set(Some(taken));
            taken
        }
    })
}

#[cold]
#[inline(never)]
fn takes_route_property() -> bool {
    let taken = set(KEEP_ROUTE, "off").is_ok() && bytes(&[KEEP_ROUTE]).is_none();
    let _ = taken && set(KEEP_ROUTE, "on").is_ok();
    taken
}

/// Higress's own default of the buffer that each stream has for either direction, in bytes.
const HIGRESS_BUFFER: usize = 32 << 10;

/// Makes the gateway's buffer large enough for a body that is to be held whole. The buffer is shared by all plugins of a
/// stream, so it is never made smaller than it comes.
pub(crate) fn make_room(direction: Direction, bytes: usize) {
    if bytes > HIGRESS_BUFFER && is_higress() {
        set_buffer_limit(direction, u32::try_from(bytes).unwrap_or(u32::MAX));
    }
}

/// Sets the gateway's buffer for one direction of this stream. Only Higress knows these properties.
pub(crate) fn set_buffer_limit(direction: Direction, bytes: u32) {
    let name = match direction {
        Direction::Request => "set_decoder_buffer_limit",
        Direction::Response => "set_encoder_buffer_limit",
    };
    let _ = set(name, bytes.to_string());
}

/// Keeps the route through header changes of this plugin. Only Higress picks it again by itself.
pub(crate) fn keep_route() {
    if is_higress() {
        let _ = set(KEEP_ROUTE, "off");
    }
}
