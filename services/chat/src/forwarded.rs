//! Who a connection is from: the peer, or what a trusted proxy says it is from; and what of the address a limit counts.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use streamly_config::Network;

/// Bits of an IPv6 address that one customer has; a home commonly gets a /56 (RIPE-690 §4.2; RFC 6177 §2). The web service counts alike.
const SITE_BITS: u32 = 56;

/// Whom a limit counts: one IPv4 address, or one /56 of IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Holder(IpAddr);

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

/// Whether the peer is a proxy whose `X-Forwarded-For` is believed.
pub fn is_trusted(peer: IpAddr, proxies: &[Network]) -> bool {
    peer.is_loopback() || proxies.iter().any(|network| network.contains(peer))
}

/// The client's address; `None` for a trusted peer that names none (a tool on this machine).
pub fn client(peer: SocketAddr, forwarded_for: Option<&str>, proxies: &[Network]) -> Option<IpAddr> {
    if !is_trusted(peer.ip(), proxies) {
        return Some(peer.ip());
    }
    forwarded_for?.rsplit(',').next()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{Holder, client};
    use std::net::IpAddr;

    #[test]
    fn a_limit_counts_ipv6_by_the_customer_and_mapped_addresses_as_ipv4() {
        let holder = |text: &str| Holder::from(text.parse::<IpAddr>().unwrap());
        assert_eq!(holder("2001:db8:1:200::3"), holder("2001:db8:1:2ff:ffff::9"));
        assert_ne!(holder("2001:db8:1:200::3"), holder("2001:db8:1:300::3"));
        assert_eq!(holder("::ffff:192.0.2.1"), holder("192.0.2.1"));
        assert_ne!(holder("192.0.2.1"), holder("192.0.2.2"));
    }

    #[test]
    fn only_a_trusted_proxy_is_believed_and_only_its_last_entry() {
        let (local, far) = ("127.0.0.1:5".parse().unwrap(), "203.0.113.9:5".parse().unwrap());
        assert_eq!(client(local, Some("1.1.1.1, 2.2.2.2"), &[]), "2.2.2.2".parse().ok());
        assert_eq!(client(local, None, &[]), None);
        assert_eq!(client(far, Some("2.2.2.2"), &[]), "203.0.113.9".parse().ok());
        for proxies in ["203.0.113.9", "203.0.113.0/24"] {
            let proxies = [proxies.parse().unwrap()];
            assert_eq!(client(far, Some("2.2.2.2"), &proxies), "2.2.2.2".parse().ok());
        }
        assert_eq!(client(local, Some("junk"), &[]), None);
    }
}
