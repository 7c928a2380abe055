//! Who asks: the client's address behind trusted proxies, and whom a limit counts.

use crate::config::Config;
use actix_web::{HttpRequest, http::header::HeaderValue};
use std::net::{IpAddr, SocketAddr};
use streamly_http::forwarded;

/// The client's address.
pub(crate) fn of(request: &HttpRequest, config: &Config) -> IpAddr {
    let lines = request.headers().get_all("x-forwarded-for").map(HeaderValue::as_bytes);
    behind(request.peer_addr(), lines, config)
}

/// Whether the peer is a proxy of ours.
pub(crate) fn is_proxy(address: IpAddr, config: &Config) -> bool {
    config.trusted_proxies.iter().any(|network| network.contains(address))
}

/// The same by these lines of X-Forwarded-For.
pub(crate) fn behind<'v>(
    peer: Option<SocketAddr>,
    lines: impl Iterator<Item = &'v [u8]>,
    config: &Config,
) -> IpAddr {
    let peer = peer.map_or(IpAddr::from([0, 0, 0, 0]), |peer| peer.ip());
    forwarded::behind(peer, lines, |address| is_proxy(address, config))
}

#[cfg(test)]
mod tests {
    use super::behind;
    use crate::config::Config;
    use std::net::{IpAddr, SocketAddr};
    use streamly_config::Network;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn peer(text: &str) -> Option<SocketAddr> {
        Some(SocketAddr::new(ip(text), 4000))
    }

    #[test]
    fn the_client_is_the_last_address_that_no_trusted_proxy_has() {
        let networks = ["10.0.0.0/8", "192.0.2.7", "fd00::/8"];
        let config = Config {
            trusted_proxies: networks.iter().map(|n| n.parse::<Network>().unwrap()).collect(),
            ..Config::default()
        };
        for (from, said, client) in [
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
            let lines = [said.as_bytes()].into_iter();
            assert_eq!(behind(peer(from), lines, &config), ip(client), "{from}: {said:?}");
        }
        // Odd bytes spoil their own entry only: the line stays, and nothing before it is believed instead.
        for (lines, client) in [
            ([&b"6.6.6.6"[..], b"\xff"], "10.1.2.3"),
            ([b"6.6.6.6", b"\xff, 203.0.113.9"], "203.0.113.9"),
            ([b"6.6.6.6, \xe9", b"10.9.9.9"], "10.9.9.9"),
        ] {
            let said = lines.into_iter();
            assert_eq!(behind(peer("10.1.2.3"), said, &config), ip(client), "{lines:?}");
        }
    }
}
