//! Whom a limit per address counts: what of an address one customer has.

use std::net::{IpAddr, Ipv6Addr};

/// Bits of an IPv6 address that one customer has: it has all addresses below. A home commonly gets a /56 (RIPE-690 §4.2; RFC 6177 §2: more
/// than one /64), that is 256 networks, and would count 256 times by /64. Phones that get one /64 each may then share a /56, as they share
/// an IPv4 address behind their operator's NAT; who has a /48 counts 256 times.
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

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_counts_ipv6_by_the_customer_and_mapped_addresses_as_ipv4() {
        let holder = |text: &str| Holder::from(text.parse::<IpAddr>().unwrap());
        assert_eq!(holder("2001:db8:1:200::3"), holder("2001:db8:1:2ff:ffff::9"));
        assert_ne!(holder("2001:db8:1:200::3"), holder("2001:db8:1:300::3"));
        assert_eq!(holder("::ffff:192.0.2.1"), holder("192.0.2.1"));
        assert_ne!(holder("192.0.2.1"), holder("192.0.2.2"));
    }
}
