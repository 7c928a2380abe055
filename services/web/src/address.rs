//! Who asks: the client's address behind trusted proxies, and what of it a limit counts.

use crate::config::Config;
use actix_web::{HttpRequest, http::header::HeaderMap};
use std::net::{IpAddr, Ipv6Addr};

/// Bits of an IPv6 address that one customer has (RFC 6177 §2 gives a site at least a /64): it has all addresses below.
const SITE_BITS: u32 = 64;

/// Whom a limit counts: one IPv4 address, or one /64 of IPv6.
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

/// The peer's, or what trusted proxies say: each appends whom it saw, so the last that is no proxy of ours is the client.
fn behind(peer: IpAddr, headers: &HeaderMap, config: &Config) -> IpAddr {
    let mut client = peer.to_canonical();
    let said: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(','))
        .collect();
    for said in said.into_iter().rev() {
        if !is_proxy(client, config) {
            break;
        }
        let Ok(address) = said.trim().parse::<IpAddr>() else { break };
        client = address.to_canonical();
    }
    client
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
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(HeaderName::from_static("x-forwarded-for"), HeaderValue::from_str(said).unwrap());
            assert_eq!(behind(ip(peer), &headers, &config), ip(client), "{peer} said {said:?}");
        }
    }

    #[test]
    fn a_limit_counts_ipv6_by_the_customer_and_mapped_addresses_as_ipv4() {
        let holder = |text| Holder::from(ip(text));
        assert_eq!(holder("2001:db8:1:2::3"), holder("2001:db8:1:2:ffff::9"));
        assert_ne!(holder("2001:db8:1:2::3"), holder("2001:db8:1:3::3"));
        assert_eq!(holder("::ffff:192.0.2.1"), holder("192.0.2.1"));
        assert_ne!(holder("192.0.2.1"), holder("192.0.2.2"));
    }
}
