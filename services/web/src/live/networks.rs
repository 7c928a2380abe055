//! Networks that an origin may be in.

use std::net::IpAddr;

/// `10.0.0.0/8`, `fc00::/7`, or one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Network {
    base: IpAddr,
    bits: u32,
}

impl Network {
    /// Reads the CIDR form.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (base, bits) = text.split_once('/').map_or((text, None), |(a, b)| (a, Some(b)));
        let base: IpAddr = base.parse().ok()?;
        let width = if base.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Some(width), |b| b.parse().ok()).filter(|b| *b <= width)?;
        Some(Self { base, bits })
    }

    fn contains(&self, ip: IpAddr) -> bool {
        match (self.base, ip) {
            (IpAddr::V4(a), IpAddr::V4(b)) => {
                self.bits == 0 || (a.to_bits() ^ b.to_bits()) >> (32 - self.bits) == 0
            }
            (IpAddr::V6(a), IpAddr::V6(b)) => {
                self.bits == 0 || (a.to_bits() ^ b.to_bits()) >> (128 - self.bits) == 0
            }
            _ => false,
        }
    }
}

/// Whether an origin's URL may be fetched: plain http to an address inside one of the networks. Names are refused: what they resolve to
/// could change between the look and the fetch.
pub(crate) fn allowed(url: &str, networks: &[Network]) -> bool {
    let Ok(url) = reqwest::Url::parse(url) else { return false };
    let ip: Option<IpAddr> = url.host_str().and_then(|h| h.trim_matches(['[', ']']).parse().ok());
    url.scheme() == "http"
        && url.username().is_empty()
        && ip.is_some_and(|ip| networks.iter().any(|n| n.contains(ip)))
}

#[cfg(test)]
mod tests {
    use super::{Network, allowed};

    #[test]
    fn only_addresses_inside_the_networks_are_origins() {
        let nets: Vec<_> =
            ["127.0.0.0/8", "10.1.0.0/16", "fc00::/7"].iter().map(|n| Network::parse(n).unwrap()).collect();
        for good in ["http://127.0.0.1:8000", "http://10.1.255.3", "http://[fd00::1]:8000"] {
            assert!(allowed(good, &nets), "{good}");
        }
        for bad in [
            "http://10.2.0.1",
            "http://169.254.169.254/latest",
            "https://127.0.0.1",
            "http://localhost:8000",
            "http://u@127.0.0.1",
            "file:///etc/passwd",
            "x",
        ] {
            assert!(!allowed(bad, &nets), "{bad}");
        }
        assert_eq!(Network::parse("10.0.0.0/33"), None);
        assert!(allowed("http://8.8.8.8", &[Network::parse("0.0.0.0/0").unwrap()]));
    }
}
