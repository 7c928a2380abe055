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

    proptest! {
        #[test]
        fn arbitrary_heads_never_panic(b in prop::collection::vec(any::<u8>(), 0..300), s in "(GET|X) /[a-z?]* HTTP/1.1\r\n.*") {
            let _ = Head::parse(&b);
            let _ = Head::parse(s.as_bytes());
        }
    }
}
