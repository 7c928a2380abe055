//! Where origins may be fetched from.

use std::net::IpAddr;
use streamly_config::Network;

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
    use super::allowed;
    use streamly_config::Network;

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
        assert!(allowed("http://8.8.8.8", &["0.0.0.0/0".parse().unwrap()]));
    }
}
