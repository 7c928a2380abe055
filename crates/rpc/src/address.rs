//! Which ingest nodes may be called: what a node tells of itself reaches other nodes, and an operator's program, by `stream`, and none of them
//! goes where its settings have not said.

use std::net::{IpAddr, SocketAddr};
use streamly_config::Network;
use tonic::transport::Uri;

/// Host and port of a plain `http://` URL that has nothing else in it, and what of the host is an address.
fn parts(url: &str) -> Option<(Uri, Option<IpAddr>)> {
    let uri: Uri = url.parse().ok()?;
    let authority = uri.authority()?.as_str();
    let bare = uri.path() == "/" && uri.query().is_none() && !authority.contains('@');
    let host = uri.host().filter(|host| !host.is_empty() && bare && uri.scheme_str() == Some("http"))?;
    let address = host.trim_matches(['[', ']']).parse().ok();
    Some((uri, address))
}

/// Whether the text is such a URL.
pub fn is_http(url: &str) -> bool {
    parts(url).is_some()
}

/// The address and port of a URL such as `http://10.0.0.5:9000`. A name is none: what it resolves to could change between the look and
/// the call.
pub fn address(url: &str) -> Option<SocketAddr> {
    let (uri, address) = parts(url)?;
    Some(SocketAddr::new(address?, uri.port_u16()?))
}

/// Whether another node may be called there: at an address in one of the networks.
pub fn allowed(url: &str, networks: &[Network]) -> bool {
    address(url).is_some_and(|at| networks.iter().any(|network| network.contains(at.ip())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_inside_the_networks_may_be_called() {
        let networks: Vec<Network> =
            ["10.1.0.0/16", "fc00::/7", "127.0.0.1"].map(|network| network.parse().unwrap()).to_vec();
        for good in
            ["http://10.1.2.3:9000", "http://10.1.2.3:9000/", "http://[fd00::1]:9000", "http://127.0.0.1:1"]
        {
            assert!(allowed(good, &networks), "{good}");
        }
        for bad in [
            "",
            "http",
            "httpx://10.1.2.3:9000",
            "https://10.1.2.3:9000",
            "http://10.1.2.3",
            "http://10.2.0.1:9000",
            "http://169.254.169.254:80",
            "http://[::ffff:169.254.169.254]:80",
            "http://localhost:9000",
            "http://10.1.2.3:9000@evil:9000",
            "http://evil@10.1.2.3:9000",
            "http://10.1.2.3:9000/elsewhere",
            "http://10.1.2.3:9000?to=evil",
            "unix:/run/x",
        ] {
            assert!(!allowed(bad, &networks), "{bad}");
        }
        assert!(!allowed("http://10.1.2.3:9000", &[]), "no network, no call");
    }

    #[test]
    fn what_begins_with_http_need_not_be_a_url() {
        assert!(
            is_http("http://10.0.0.5:8000")
                && is_http("http://ingest-0.ingest:8000")
                && is_http("http://[::1]")
        );
        for bad in [
            "http",
            "http:",
            "http://",
            "http://:8000",
            "httpd",
            "https://10.0.0.5",
            "http://a b",
            "http://u@10.0.0.5",
        ] {
            assert!(!is_http(bad), "{bad}");
        }
    }
}
