//! The order in which headers came over an HTTP/1.1 connection, where the HTTP library does not tell it.
//!
//! The library puts headers of one name together. Plugins see headers in the order of the wire, so heads are kept as
//! they came until their headers are taken.

use http::header::{HeaderMap, HeaderName, HeaderValue};

/// A head longer than this is not kept.
const MOST: usize = 1 << 20;
const END: &[u8] = b"\r\n\r\n";

/// Headers in the order of the wire, each value for itself.
#[derive(Clone, Debug)]
pub struct WireOrder(pub Vec<(HeaderName, HeaderValue)>);

/// What has been received since the last exchange ended, up to the end of a head.
#[derive(Debug, Default)]
pub(super) struct Head {
    bytes: Vec<u8>,
    whole: bool,
}

impl Head {
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.whole = false;
    }

    pub(super) fn received(&mut self, bytes: &[u8]) {
        if self.whole || self.bytes.len() > MOST {
            return;
        }
        let from = self.bytes.len().saturating_sub(END.len() - 1);
        self.bytes.extend_from_slice(bytes);
        // An informational head is followed by the one that counts.
        let informational = self.bytes.starts_with(b"HTTP/1.1 1") && !self.bytes.starts_with(b"HTTP/1.1 101");
        let tail = self.bytes.get(if informational { 0 } else { from }..).unwrap_or_default();
        self.whole = !informational && tail.windows(END.len()).any(|window| window == END);
    }

    /// The headers in their order, if what was kept is the head that the library has read into `headers`.
    pub(super) fn order(&self, headers: &HeaderMap) -> Option<WireOrder> {
        if !self.whole {
            return None;
        }
        let end = self.bytes.windows(END.len()).position(|window| window == END)?;
        let mut lines = self.bytes.get(..end)?.split(|byte| *byte == b'\n');
        lines.next()?;
        let pairs = lines.map(|line| {
            let colon = line.iter().position(|byte| *byte == b':')?;
            let (name, value) = line.split_at_checked(colon)?;
            let value = value.get(1..)?.trim_ascii();
            Some((HeaderName::from_bytes(name).ok()?, HeaderValue::from_bytes(value).ok()?))
        });
        let pairs: Vec<_> = pairs.collect::<Option<_>>()?;
        let same = |name: &HeaderName| {
            let on_wire = pairs.iter().filter(|(known, _)| known == name).map(|(_, value)| value);
            on_wire.eq(headers.get_all(name))
        };
        (pairs.len() == headers.len() && headers.keys().all(same)).then_some(WireOrder(pairs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn headers_stand_as_they_came_in_however_many_pieces() {
        let text = b"GET / HTTP/1.1\r\nX-B: 1\r\nx-a:2\r\nx-b: 3 \r\n\r\nbody";
        for size in 1..text.len() {
            let mut head = Head::default();
            text.chunks(size).for_each(|piece| head.received(piece));
            let order = head.order(&map(&[("x-a", "2"), ("x-b", "1"), ("x-b", "3")])).unwrap();
            let names: Vec<_> =
                order.0.iter().map(|(name, value)| format!("{name}={}", value.to_str().unwrap())).collect();
            assert_eq!(names, ["x-b=1", "x-a=2", "x-b=3"], "in pieces of {size}");
        }
    }

    #[test]
    fn what_is_another_head_gives_no_order() {
        let mut head = Head::default();
        head.received(b"GET / HTTP/1.1\r\nx-a: 1\r\n\r\n");
        assert!(head.order(&map(&[("x-a", "2")])).is_none());
        assert!(head.order(&map(&[("x-a", "1"), ("x-b", "1")])).is_none());
        head.clear();
        assert!(head.order(&map(&[])).is_none());
    }
}
