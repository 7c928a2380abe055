//! Who a connection is from: the peer, or what a trusted proxy says it is from. An IPv4 address is one however it is written (RFC 4291,
//! 2.5.5.2): a listener on both families sees mapped ones.

use std::net::{IpAddr, SocketAddr};
use streamly_config::Network;

/// Whether the peer is a proxy whose `X-Forwarded-For` is believed.
pub fn is_trusted(peer: IpAddr, proxies: &[Network]) -> bool {
    let peer = peer.to_canonical();
    peer.is_loopback() || proxies.iter().any(|network| network.contains(peer))
}

/// The client's address; `None` for a trusted peer that names none (a tool on this machine).
pub fn client(peer: SocketAddr, forwarded_for: Option<&str>, proxies: &[Network]) -> Option<IpAddr> {
    if !is_trusted(peer.ip(), proxies) {
        return Some(peer.ip().to_canonical());
    }
    let last: IpAddr = forwarded_for?.rsplit(',').next()?.trim().parse().ok()?;
    Some(last.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::client;

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
        let mapped = ["[::ffff:127.0.0.1]:5", "[::ffff:203.0.113.9]:5"].map(|peer| peer.parse().unwrap());
        assert_eq!(client(mapped[0], Some("::ffff:2.2.2.2"), &[]), "2.2.2.2".parse().ok());
        assert_eq!(client(mapped[1], Some("2.2.2.2"), &[]), "203.0.113.9".parse().ok());
    }
}
