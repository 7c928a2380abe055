//! Who a connection is from: the peer, or what a trusted proxy says it is from. An IPv4 address is one however it is written (RFC 4291,
//! 2.5.5.2): a listener on both families sees mapped ones.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use streamly_config::Network;

/// Whether the peer is a proxy whose `X-Forwarded-For` is believed.
pub fn is_trusted(peer: IpAddr, proxies: &[Network]) -> bool {
    let peer = peer.to_canonical();
    peer.is_loopback() || proxies.iter().any(|network| network.contains(peer))
}

/// The client's address; `None` for a trusted peer that names none (a tool on this machine). For services that only `web` asks, which names
/// one address: the last entry is all that is read.
pub fn client(peer: SocketAddr, forwarded_for: Option<&str>, proxies: &[Network]) -> Option<IpAddr> {
    if !is_trusted(peer.ip(), proxies) {
        return Some(peer.ip().to_canonical());
    }
    let last: IpAddr = forwarded_for?.rsplit(',').next()?.trim().parse().ok()?;
    Some(last.to_canonical())
}

/// The client's address behind any number of proxies: the peer's, or what our proxies say in these lines of `X-Forwarded-For`. Each appends
/// whom it saw, so the last that is no proxy of ours is the client. An entry that is no address ends the chain: nothing before it is
/// believed, and the last address that was one stands.
pub fn behind<'v>(
    peer: IpAddr,
    lines: impl Iterator<Item = &'v [u8]>,
    is_proxy: impl Fn(IpAddr) -> bool,
) -> IpAddr {
    let mut client = peer.to_canonical();
    if !is_proxy(client) {
        return client;
    }
    // As bytes: a whole line left out for one odd byte would let the client's own line before it speak for our proxy.
    let said: Vec<&[u8]> = lines.flat_map(|line| line.split(|byte| *byte == b',')).collect();
    for said in said.into_iter().rev() {
        if !is_proxy(client) {
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
