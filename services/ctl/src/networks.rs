//! Which addresses may be called: what an ingest node tells of itself reaches this program by `stream`, and the operator's token goes
//! nowhere that its settings have not named. The same rule as between ingest nodes.

use std::net::IpAddr;
use streamly_config::Network;
use tonic::transport::Uri;

/// A plain `http://` URL with a host and without somebody's name in it.
fn http(url: &str) -> Option<Uri> {
    let uri: Uri = url.parse().ok()?;
    let is_plain = uri.scheme_str() == Some("http")
        && !uri.authority()?.as_str().contains('@')
        && uri.host().is_some_and(|host| !host.is_empty());
    is_plain.then_some(uri)
}

/// Whether the text is such a URL.
pub(crate) fn is_page(url: &str) -> bool {
    http(url).is_some()
}

/// Whether the text is such a URL that has nothing but host and port.
pub(crate) fn is_http(url: &str) -> bool {
    http(url).is_some_and(|uri| is_bare(&uri))
}

fn is_bare(uri: &Uri) -> bool {
    uri.path() == "/" && uri.query().is_none()
}

/// Whether a node may be called there: by an address and a port, in one of the networks. A name is none: what it resolves to could change
/// between the look and the call.
pub(crate) fn allowed(url: &str, networks: &[Network]) -> bool {
    let Some(uri) = http(url).filter(is_bare) else { return false };
    let address: Option<IpAddr> = uri.host().and_then(|host| host.trim_matches(['[', ']']).parse().ok());
    uri.port_u16().is_some()
        && address.is_some_and(|address| networks.iter().any(|network| network.contains(address)))
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
    fn a_service_has_a_host_alone_and_a_page_a_path() {
        assert!(is_http("http://stream:9082") && is_http("http://[::1]:9082/"));
        assert!(is_page("http://web:3000/health") && !is_http("http://web:3000/health"));
        for bad in
            ["", "web", "web:5000", "http://", "http://:8000", "https://web", "http://u@web", "http://a b"]
        {
            assert!(!is_page(bad), "{bad}");
        }
    }
}
