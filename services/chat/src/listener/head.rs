//! The head of a request, as far as the listener needs it. The WebSocket handshake itself is checked by tungstenite.

use crate::config::Config;
use std::net::IpAddr;
use streamly_http::forwarded;

/// A parsed head.
#[derive(Debug)]
pub struct Head<'a> {
    /// `GET`.
    pub method: &'a str,
    /// Without the query.
    pub path: &'a str,
    headers: Vec<(&'a str, &'a str)>,
}

impl<'a> Head<'a> {
    /// `None`: not HTTP/1.1.
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let mut lines = std::str::from_utf8(bytes).ok()?.split("\r\n");
        let mut first = lines.next()?.split(' ');
        let (method, target, version) = (first.next()?, first.next()?, first.next()?);
        if version != "HTTP/1.1" || first.next().is_some() {
            return None;
        }
        let path = target.split('?').next()?;
        let headers = lines
            .take_while(|l| !l.is_empty())
            .map(|l| l.split_once(':').map(|(n, v)| (n, v.trim())))
            .collect::<Option<Vec<_>>>()?;
        Some(Self { method, path, headers })
    }

    /// The first header of that name, compared without case.
    pub fn header(&self, name: &str) -> Option<&'a str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| *v)
    }

    /// Every header of that name, in order.
    fn all(&self, name: &str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| *v)
    }

    /// Whom the limits count: the peer, or the client that our proxies name, however many there are; a proxy that names nobody counts itself.
    /// `None`: a tool on this machine.
    pub fn client(&self, peer: IpAddr, config: &Config) -> Option<IpAddr> {
        const NAMED: &str = "x-forwarded-for";
        let is_proxy = |address| forwarded::is_trusted(address, &config.trusted_proxies);
        let client = forwarded::behind(peer, self.all(NAMED).map(str::as_bytes), is_proxy);
        (!client.is_loopback() || self.header(NAMED).is_some()).then_some(client)
    }

    /// No `Origin` (not a browser), one of the configured ones, or that of the host which was asked.
    pub fn origin_is_ours(&self, peer: IpAddr, config: &Config) -> bool {
        let Some(origin) = self.header("origin") else { return true };
        let configured = std::iter::once(&config.public_url).chain(&config.origins);
        if configured.map(|o| o.trim_end_matches('/')).any(|o| o.eq_ignore_ascii_case(origin)) {
            return true;
        }
        let Some((_, host)) = origin.split_once("://") else { return false };
        let forwarded = forwarded::is_trusted(peer, &config.trusted_proxies)
            .then(|| self.header("x-forwarded-host"))
            .flatten();
        [self.header("host"), forwarded].into_iter().flatten().any(|h| h.eq_ignore_ascii_case(host))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ours(origin: &str) -> bool {
        let text = format!("GET /ws?x HTTP/1.1\r\nHost: a.example:3000\r\n{origin}\r\n\r\n");
        let head = Head::parse(text.as_bytes()).unwrap();
        assert_eq!((head.method, head.path), ("GET", "/ws"));
        head.origin_is_ours(
            [203, 0, 113, 1].into(),
            &Config { public_url: "https://tv.example/".into(), ..Config::default() },
        )
    }

    #[test]
    fn pages_of_other_origins_are_told_from_our_own() {
        assert!(ours("X: y"));
        assert!(ours("Origin: https://tv.example"));
        assert!(ours("Origin: http://a.example:3000"));
        assert!(!ours("Origin: https://evil.example"));
        assert!(!ours("Origin: https://tv.example.evil.example"));
        assert!(!ours("Origin: http://a.example"));
        assert!(!ours("Origin: null"));
        assert!(
            !ours("Origin: https://evil.example\r\nX-Forwarded-Host: evil.example"),
            "not a trusted proxy"
        );
    }

    #[test]
    fn a_socket_counts_as_the_last_address_that_is_no_proxy_of_ours() {
        let client = |peer: &str, lines: &[&str]| {
            let lines: String = lines.iter().map(|line| format!("X-Forwarded-For: {line}\r\n")).collect();
            let text = format!("GET /ws HTTP/1.1\r\nHost: a\r\n{lines}\r\n");
            let proxies = ["10.0.0.0/8", "fd00::/8"].map(|network| network.parse().unwrap());
            let config = Config { trusted_proxies: proxies.to_vec(), ..Config::default() };
            let head = Head::parse(text.as_bytes()).unwrap();
            head.client(peer.parse().unwrap(), &config).map(|address| address.to_string())
        };
        for (peer, lines, counts) in [
            ("203.0.113.1", &["198.51.100.7"][..], Some("203.0.113.1")),
            ("10.1.2.3", &["198.51.100.7"], Some("198.51.100.7")),
            ("::ffff:10.1.2.3", &["198.51.100.7"], Some("198.51.100.7")),
            // Whatever a client sent itself stands before what our proxy adds, in its line or in one of its own.
            ("10.1.2.3", &["6.6.6.6, 198.51.100.7"], Some("198.51.100.7")),
            ("10.1.2.3", &["6.6.6.6", "198.51.100.7"], Some("198.51.100.7")),
            ("10.1.2.3", &["6.6.6.6", "198.51.100.7, 10.9.9.9"], Some("198.51.100.7")),
            ("fd00::1", &["6.6.6.6", "[2001:db8::1]:443"], Some("2001:db8::1")),
            ("10.1.2.3", &["198.51.100.7", "junk"], Some("10.1.2.3")),
            ("10.1.2.3", &[], Some("10.1.2.3")),
            ("127.0.0.1", &[], None),
            ("::ffff:127.0.0.1", &[], None),
            ("127.0.0.1", &["127.0.0.1"], Some("127.0.0.1")),
            ("127.0.0.1", &["198.51.100.7"], Some("198.51.100.7")),
        ] {
            assert_eq!(client(peer, lines).as_deref(), counts, "{peer} {lines:?}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_heads_never_panic(b in prop::collection::vec(any::<u8>(), 0..300), s in "(GET|X) /[a-z?]* HTTP/1.1\r\n.*") {
            let _ = Head::parse(&b);
            let _ = Head::parse(s.as_bytes());
        }
    }
}
