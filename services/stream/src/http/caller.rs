//! From which address somebody asks: the peer, or what web says whom it asks for.

use crate::app::App;
use actix_web::{HttpRequest, http::header};
use std::net::IpAddr;
use streamly_http::Holder;

/// The caller, as limits count; `None`: a tool on this machine, or nobody is limited.
pub(super) fn of(app: &App, request: &HttpRequest) -> Option<Holder> {
    if !app.config.rate_limits {
        return None;
    }
    let peer = request.peer_addr()?.ip();
    let forwarded = request.headers().get(header::X_FORWARDED_FOR).and_then(|value| value.to_str().ok());
    let is_trusted =
        peer.is_loopback() || app.config.trusted_proxies.iter().any(|network| network.contains(peer));
    address(peer, is_trusted, forwarded).map(Holder::from)
}

/// Of whom a trusted proxy speaks its last entry tells; before it stands what the client itself may have written.
fn address(peer: IpAddr, is_trusted: bool, forwarded: Option<&str>) -> Option<IpAddr> {
    if !is_trusted {
        return Some(peer);
    }
    forwarded?.rsplit(',').next()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::address;
    use std::net::IpAddr;

    #[test]
    fn only_a_trusted_proxy_is_believed_and_only_its_last_entry() {
        let [far, one, two]: [IpAddr; 3] = ["203.0.113.9", "192.0.2.1", "192.0.2.2"]
            .map(|text| text.parse().unwrap_or_else(|e| panic!("{e}")));
        assert_eq!(address(far, false, Some("192.0.2.1")), Some(far));
        assert_eq!(address(far, true, Some("192.0.2.1, 192.0.2.2")), Some(two));
        assert_eq!(address(far, true, Some("192.0.2.1")), Some(one));
        assert_eq!(address(far, true, Some("junk")), None);
        assert_eq!(address(far, true, None), None);
    }
}
