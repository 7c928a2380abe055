//! Networks of addresses in settings: where origins may be, and whom to believe.

use ipnet::IpNet;
use serde::{Deserialize, Deserializer, de};
use std::{fmt, net::IpAddr, str::FromStr};

/// `10.0.0.0/8`, `fc00::/7`, or one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network(IpNet);

impl Network {
    /// Whether the address is in it; an IPv4 address mapped into IPv6 is the IPv4 address.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }
}

/// The text is neither an address nor a network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither a network such as 10.0.0.0/8 nor an address")]
pub struct NotANetwork(String);

impl FromStr for Network {
    type Err = NotANetwork;

    fn from_str(text: &str) -> Result<Self, NotANetwork> {
        let net = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        net.map(Self).map_err(|_| NotANetwork(text.to_owned()))
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for Network {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
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
        let nets: Vec<Network> = ["127.0.0.0/8", "10.1.0.0/16", "fc00::/7", "192.0.2.5"]
            .iter()
            .map(|n| n.parse().unwrap())
            .collect();
        for good in
            ["http://127.0.0.1:8000", "http://10.1.255.3", "http://[fd00::1]:8000", "http://192.0.2.5"]
        {
            assert!(allowed(good, &nets), "{good}");
        }
        for bad in [
            "http://10.2.0.1",
            "http://192.0.2.6",
            "http://169.254.169.254/latest",
            "https://127.0.0.1",
            "http://localhost:8000",
            "http://u@127.0.0.1",
            "file:///etc/passwd",
            "x",
        ] {
            assert!(!allowed(bad, &nets), "{bad}");
        }
        assert!("10.0.0.0/33".parse::<Network>().is_err());
        assert!(allowed("http://8.8.8.8", &["0.0.0.0/0".parse().unwrap()]));
    }
}
