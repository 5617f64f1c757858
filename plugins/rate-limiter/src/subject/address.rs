//! Client addresses: read from what the gateway and proxies say, matched with networks, cut to a prefix.

use std::net::{IpAddr, Ipv6Addr};

/// A network such as `10.0.0.0/8`; an address alone is a network of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    /// Reads `10.0.0.0/8`, `2001:db8::/32`, or an address alone. Bits behind the prefix do not count. IPv4 addresses
    /// inside IPv6 ones are the IPv4 addresses, as in [`parse`]: `::ffff:10.0.0.0/104` is `10.0.0.0/8`.
    pub fn parse(text: &str) -> Option<Self> {
        let (written, prefix): (IpAddr, Option<u8>) = match text.split_once('/') {
            Some((address, prefix)) => (address.parse().ok()?, Some(prefix.parse().ok()?)),
            None => (text.parse().ok()?, None),
        };
        let address = written.to_canonical();
        let longest = longest(&address);
        let prefix = match prefix {
            Some(prefix) if written.is_ipv6() && address.is_ipv4() => prefix.checked_sub(96)?,
            prefix => prefix.unwrap_or(longest),
        };
        (prefix <= longest).then_some(Self { address: masked(address, prefix), prefix })
    }

    /// Whether an address lies in it.
    pub fn contains(&self, address: IpAddr) -> bool {
        longest(&address) == longest(&self.address) && masked(address, self.prefix) == self.address
    }
}

fn longest(address: &IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// The address with all bits behind the prefix cleared.
fn masked(address: IpAddr, prefix: u8) -> IpAddr {
    match address {
        IpAddr::V4(v4) => {
            let mask = u32::MAX.checked_shl(32_u32.saturating_sub(u32::from(prefix))).unwrap_or(0);
            IpAddr::V4((u32::from(v4) & mask).into())
        }
        IpAddr::V6(v6) => IpAddr::V6(cut(v6, prefix)),
    }
}

fn cut(address: Ipv6Addr, prefix: u8) -> Ipv6Addr {
    let mask = u128::MAX.checked_shl(128_u32.saturating_sub(u32::from(prefix))).unwrap_or(0);
    (u128::from(address) & mask).into()
}

/// Reads an address as proxies write them: with or without a port, IPv6 perhaps in brackets. An IPv4 address inside an
/// IPv6 one is the IPv4 address.
pub fn parse(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = match text.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?.0,
        None if text.as_bytes().contains(&b'.') => {
            text.rsplit_once(':').filter(|(v4, _)| !v4.as_bytes().contains(&b':')).map_or(text, |(v4, _)| v4)
        }
        None => text,
    };
    bare.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

/// How an address becomes a subject: a client that has a whole IPv6 network counts once.
pub fn subject(address: IpAddr, ipv6_prefix: u8) -> String {
    match address {
        IpAddr::V6(v6) if ipv6_prefix < 128 => format!("{}/{ipv6_prefix}", cut(v6, ipv6_prefix)),
        address => address.to_string(),
    }
}

/// The client behind trusted proxies: the address furthest from us that a trusted one vouches for.
///
/// `forwarded` is the list that proxies append to (`x-forwarded-for`), nearest last. Whatever stands left of the first
/// address that is not trusted may be invented.
pub fn behind(peer: IpAddr, forwarded: &str, trusted: &[Network]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut client = peer;
    for hop in forwarded.rsplit(',') {
        if !is_trusted(client) {
            break;
        }
        match parse(hop) {
            Some(address) => client = address,
            None => break,
        }
    }
    client
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn addresses_are_read_as_proxies_write_them() {
        for (text, expected) in [
            ("192.0.2.1", Some("192.0.2.1")),
            (" 192.0.2.1:443 ", Some("192.0.2.1")),
            ("2001:db8::1", Some("2001:db8::1")),
            ("[2001:db8::1]", Some("2001:db8::1")),
            ("[2001:db8::1]:443", Some("2001:db8::1")),
            ("::ffff:192.0.2.1", Some("192.0.2.1")),
            ("[::ffff:192.0.2.1]:80", Some("192.0.2.1")),
            ("unknown", None),
            ("", None),
            ("[", None),
            ("1.2.3", None),
            ("pipe:/run/envoy.sock", None),
        ] {
            assert_eq!(parse(text), expected.map(ip), "{text}");
        }
    }

    #[test]
    fn networks_contain_what_shares_their_prefix() {
        for (network, address, expected) in [
            ("10.1.2.3/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("0.0.0.0/0", "203.0.113.9", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("192.0.2.1", "192.0.2.1", true),
            ("192.0.2.1", "192.0.2.2", false),
            ("2001:db8::/32", "2001:db8:ffff::1", true),
            ("::/0", "2001:db8::1", true),
            ("2001:db8::1/128", "2001:db8::2", false),
            ("::ffff:10.0.0.0/104", "10.1.2.3", true),
            ("::ffff:10.0.0.0/104", "11.1.2.3", false),
            ("::ffff:192.0.2.1", "192.0.2.1", true),
        ] {
            assert_eq!(Network::parse(network).unwrap().contains(ip(address)), expected, "{network} {address}");
        }
        for bad in ["10.0.0.0/33", "::/129", "10.0.0.0/", "/8", "ten", "10.0.0.0/-1", "::ffff:10.0.0.0/90"] {
            assert_eq!(Network::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn only_what_trusted_proxies_say_counts() {
        let trusted = [Network::parse("10.0.0.0/8").unwrap()];
        for (peer, forwarded, expected) in [
            ("203.0.113.9", "192.0.2.1", "203.0.113.9"),
            ("10.0.0.1", "192.0.2.1", "192.0.2.1"),
            ("10.0.0.1", "6.6.6.6, 192.0.2.1, 10.0.0.2", "192.0.2.1"),
            ("10.0.0.1", "", "10.0.0.1"),
            ("10.0.0.1", "nonsense, 10.0.0.2", "10.0.0.2"),
        ] {
            assert_eq!(behind(ip(peer), forwarded, &trusted), ip(expected), "{peer} {forwarded}");
        }
    }

    #[test]
    fn a_network_of_ipv6_is_one_subject() {
        assert_eq!(subject(ip("2001:db8:1:2:3::1"), 64), "2001:db8:1:2::/64");
        assert_eq!(subject(ip("2001:db8::1"), 128), "2001:db8::1");
        assert_eq!(subject(ip("192.0.2.1"), 64), "192.0.2.1");
    }
}
