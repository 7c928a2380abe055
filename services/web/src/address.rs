//! Who asks: the client's address behind trusted proxies, and what of it a limit counts.

use crate::config::Config;
use actix_web::{HttpRequest, http::header::HeaderMap};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// Bits of an IPv6 address that one customer has: it has all addresses below. A home commonly gets a /56 (RIPE-690 §4.2; RFC 6177 §2: more
/// than one /64), that is 256 networks, and would count 256 times by /64. Phones that get one /64 each may then share a /56, as they share
/// an IPv4 address behind their operator's NAT; who has a /48 counts 256 times.
const SITE_BITS: u32 = 56;

/// Whom a limit counts: one IPv4 address, or one /56 of IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Holder(IpAddr);

impl From<IpAddr> for Holder {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V6(v6) => {
                Self(Ipv6Addr::from_bits(v6.to_bits() >> (128 - SITE_BITS) << (128 - SITE_BITS)).into())
            }
            v4 => Self(v4),
        }
    }
}

/// The client's address.
pub(crate) fn of(request: &HttpRequest, config: &Config) -> IpAddr {
    let peer = request.peer_addr().map_or(IpAddr::from([0, 0, 0, 0]), |a| a.ip());
    behind(peer, request.headers(), config)
}

/// Whether the peer is a proxy of ours.
pub(crate) fn is_proxy(address: IpAddr, config: &Config) -> bool {
    config.trusted_proxies.iter().any(|network| network.contains(address))
}

/// The peer's, or what trusted proxies say: each appends whom it saw, so the last that is no proxy of ours is the client. An entry that
/// is no address ends the chain: nothing before it is believed, and the last address that was one stands.
fn behind(peer: IpAddr, headers: &HeaderMap, config: &Config) -> IpAddr {
    let mut client = peer.to_canonical();
    // As bytes: a whole line left out for one odd byte would let the client's own line before it speak for our proxy.
    let lines = headers.get_all("x-forwarded-for");
    let said: Vec<&[u8]> = lines.flat_map(|v| v.as_bytes().split(|b| *b == b',')).collect();
    for said in said.into_iter().rev() {
        if !is_proxy(client, config) {
            break;
        }
        let Some(address) = entry(said) else { break };
        client = address.to_canonical();
    }
    client
}

/// An entry of X-Forwarded-For: an address, with its port behind some proxies, IPv6 then in brackets (as in RFC 7239 §6).
fn entry(said: &[u8]) -> Option<IpAddr> {
    let said = std::str::from_utf8(said).ok()?.trim();
    let bracketed = || said.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok().map(IpAddr::from);
    let with_port = || said.parse::<SocketAddr>().ok().map(|socket| socket.ip());
    said.parse().ok().or_else(with_port).or_else(bracketed)
}

#[cfg(test)]
mod tests {
    use super::{Holder, behind};
    use crate::config::Config;
    use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
    use std::net::IpAddr;
    use streamly_config::Network;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn said_in<const N: usize>(lines: [&[u8]; N]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers
                .append(HeaderName::from_static("x-forwarded-for"), HeaderValue::from_bytes(line).unwrap());
        }
        headers
    }

    #[test]
    fn the_client_is_the_last_address_that_no_trusted_proxy_has() {
        let networks = ["10.0.0.0/8", "192.0.2.7", "fd00::/8"];
        let config = Config {
            trusted_proxies: networks.iter().map(|n| n.parse::<Network>().unwrap()).collect(),
            ..Config::default()
        };
        for (peer, said, client) in [
            ("198.51.100.1", "203.0.113.9", "198.51.100.1"),
            ("10.1.2.3", "203.0.113.9", "203.0.113.9"),
            ("::ffff:10.1.2.3", "203.0.113.9", "203.0.113.9"),
            ("192.0.2.7", "6.6.6.6, 203.0.113.9", "203.0.113.9"),
            ("192.0.2.8", "203.0.113.9", "192.0.2.8"),
            ("fd00::1", "6.6.6.6, 203.0.113.9, 10.9.9.9", "203.0.113.9"),
            ("10.1.2.3", "203.0.113.9, nonsense", "10.1.2.3"),
            ("10.1.2.3", "", "10.1.2.3"),
            ("10.1.2.3", "203.0.113.9:5678", "203.0.113.9"),
            ("10.1.2.3", "6.6.6.6, [2001:db8::1]:443", "2001:db8::1"),
            ("10.1.2.3", "6.6.6.6, [2001:db8::1]", "2001:db8::1"),
            ("10.1.2.3", "203.0.113.9, 10.9.9.9:80, [fd00::2]:80", "203.0.113.9"),
            ("10.1.2.3", "[::ffff:203.0.113.9]:80", "203.0.113.9"),
            ("10.1.2.3", "2001:db8::1:443", "2001:db8::1:443"),
            ("10.1.2.3", "6.6.6.6, nonsense, 10.9.9.9:80", "10.9.9.9"),
            ("10.1.2.3", "6.6.6.6, 203.0.113.9:99999", "10.1.2.3"),
            ("10.1.2.3", "6.6.6.6, 203.0.113.9:", "10.1.2.3"),
            ("10.1.2.3", "6.6.6.6, [203.0.113.9]", "10.1.2.3"),
            ("10.1.2.3", "6.6.6.6, [2001:db8::1", "10.1.2.3"),
        ] {
            assert_eq!(
                behind(ip(peer), &said_in([said.as_bytes()]), &config),
                ip(client),
                "{peer}: {said:?}"
            );
        }
        // Odd bytes spoil their own entry only: the line stays, and nothing before it is believed instead.
        for (lines, client) in [
            ([&b"6.6.6.6"[..], b"\xff"], "10.1.2.3"),
            ([b"6.6.6.6", b"\xff, 203.0.113.9"], "203.0.113.9"),
            ([b"6.6.6.6, \xe9", b"10.9.9.9"], "10.9.9.9"),
        ] {
            assert_eq!(behind(ip("10.1.2.3"), &said_in(lines), &config), ip(client), "{lines:?}");
        }
    }

    #[test]
    fn a_limit_counts_ipv6_by_the_customer_and_mapped_addresses_as_ipv4() {
        let holder = |text| Holder::from(ip(text));
        assert_eq!(holder("2001:db8:1:200::3"), holder("2001:db8:1:2ff:ffff::9"));
        assert_ne!(holder("2001:db8:1:200::3"), holder("2001:db8:1:300::3"));
        assert_eq!(holder("::ffff:192.0.2.1"), holder("192.0.2.1"));
        assert_ne!(holder("192.0.2.1"), holder("192.0.2.2"));
    }
}
