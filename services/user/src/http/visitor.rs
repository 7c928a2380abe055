//! Who asks: client address, device, refresh cookie, origin. And the cookie's way back.
//!
//! `X-Forwarded-For` and `X-Forwarded-Host` are believed only from loopback and the configured proxies; of the former only the
//! last entry, which our own proxy wrote.

use crate::{config::Config, error::Error, origin::origin_of, refresh, store::families::Device};
use actix_web::{HttpRequest, http::header};
use streamly_config::Network;
use streamly_domain::Language;
use streamly_http::forwarded;

/// The cookie's name (CONTRACT).
const COOKIE: &str = "refresh_token";
/// Says to the page's scripts that there is a refresh cookie, which they cannot see, and nothing else: without it they need not ask.
const SIGN: &str = "signed_in";
/// Tells an account's browsers apart: new ones are told to its owner, known ones are not slowed down by others' failures.
const BROWSER: &str = "browser";
/// How long a browser keeps that, seconds; the account forgets it sooner (`store::browsers`).
const BROWSER_AGE_S: u64 = 365 * 86_400;
/// Longest `User-Agent` kept, characters.
const USER_AGENT_MAX: usize = 200;

/// How the service is seen from outside.
#[derive(Debug, Clone)]
pub(crate) struct Edge {
    trusted: Vec<Network>,
    public_origin: Option<String>,
    secure: bool,
}

impl Edge {
    /// From the configuration.
    pub(crate) fn new(config: &Config) -> Self {
        let public_origin = config.public_url.as_deref().and_then(origin_of);
        let by_https = public_origin.as_deref().is_some_and(|origin| origin.starts_with("https://"));
        Self {
            trusted: config.trusted_proxies.clone(),
            public_origin,
            secure: by_https || config.secure_cookies,
        }
    }

    fn trusts(&self, request: &HttpRequest) -> bool {
        request.peer_addr().is_some_and(|peer| forwarded::is_trusted(peer.ip(), &self.trusted))
    }

    /// Address and browser.
    pub(crate) fn device(&self, request: &HttpRequest) -> Device {
        let ip = request.peer_addr().map(|peer| {
            let client = forwarded::client(peer, text(request, "x-forwarded-for"), &self.trusted);
            client.unwrap_or_else(|| peer.ip().to_canonical())
        });
        let ip = ip.map_or_else(|| "unknown".into(), |ip| ip.to_string());
        let user_agent = text(request, "user-agent").map(|ua| ua.chars().take(USER_AGENT_MAX).collect());
        Device { user_agent, ip, language: accepted(request), browser: token_of(request, BROWSER) }
    }

    /// Refuses pages of other origins: calls that act by cookie alone. A request without `Origin` is no page's, unless a browser says otherwise
    /// (`Sec-Fetch-Site`, Fetch Metadata §2.4).
    pub(crate) fn check_origin(&self, request: &HttpRequest) -> Result<(), Error> {
        let Some(value) = request.headers().get(header::ORIGIN) else {
            let foreign =
                text(request, "sec-fetch-site").is_some_and(|s| !matches!(s, "same-origin" | "none"));
            return if foreign { Err(Error::ForeignOrigin) } else { Ok(()) };
        };
        let origin = value.to_str().ok().and_then(origin_of).ok_or(Error::ForeignOrigin)?;
        let authority = origin.split_once("://").map(|(_, a)| a).unwrap_or_default();
        let forwarded = text(request, "x-forwarded-host").filter(|_| self.trusts(request));
        let ours = [text(request, "host"), forwarded];
        let same = ours.into_iter().flatten().any(|host| host.trim().eq_ignore_ascii_case(authority));
        if same || self.public_origin.as_deref() == Some(origin.as_str()) {
            Ok(())
        } else {
            Err(Error::ForeignOrigin)
        }
    }

    /// The refresh cookie, if it can be one.
    pub(crate) fn refresh_token(&self, request: &HttpRequest) -> Option<refresh::Token> {
        token_of(request, COOKIE)
    }

    /// The values of `Set-Cookie`: the token, and the sign that there is one. Without a token they clear both.
    pub(crate) fn set_cookies(&self, token: Option<&refresh::Token>) -> [String; 2] {
        let (value, sign, age) =
            token.map_or_else(Default::default, |t| (t.to_text(), "1", refresh::LIFETIME.whole_seconds()));
        let secure = if self.secure { "; Secure" } else { "" };
        [
            format!("{COOKIE}={value}; Path=/api/auth; Max-Age={age}; HttpOnly; SameSite=Strict{secure}"),
            format!("{SIGN}={sign}; Path=/; Max-Age={age}; SameSite=Strict{secure}"),
        ]
    }

    /// The value of `Set-Cookie` that makes a browser known.
    pub(crate) fn set_browser(&self, token: &refresh::Token) -> String {
        let secure = if self.secure { "; Secure" } else { "" };
        let token = token.to_text();
        format!(
            "{BROWSER}={token}; Path=/api/auth; Max-Age={BROWSER_AGE_S}; HttpOnly; SameSite=Strict{secure}"
        )
    }
}

/// A cookie's token, if it can be one.
fn token_of(request: &HttpRequest, cookie: &str) -> Option<refresh::Token> {
    request
        .headers()
        .get_all(header::COOKIE)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == cookie)
        .and_then(|(_, value)| refresh::Token::parse(value))
}

/// The language that a request wants, of those that there are.
pub(super) fn accepted(request: &HttpRequest) -> Option<Language> {
    text(request, "accept-language").and_then(Language::accepted)
}

fn text<'a>(request: &'a HttpRequest, name: &str) -> Option<&'a str> {
    request.headers().get(name).and_then(|v| v.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn edge() -> Edge {
        Edge::new(&Config { public_url: Some("https://Stream.example/".into()), ..Config::default() })
    }

    #[test]
    fn only_the_last_forwarded_address_of_a_trusted_peer_counts() {
        let from = |peer: &str| {
            let request = TestRequest::default()
                .peer_addr(peer.parse().unwrap())
                .insert_header(("x-forwarded-for", "1.1.1.1, 2.2.2.2"))
                .to_http_request();
            edge().device(&request).ip
        };
        assert_eq!(from("127.0.0.1:9"), "2.2.2.2");
        assert_eq!(from("[::ffff:127.0.0.1]:9"), "2.2.2.2");
        assert_eq!(from("9.9.9.9:9"), "9.9.9.9");
    }

    #[test]
    fn an_origin_must_be_the_host_or_the_public_url() {
        let ok = |origin: &str| {
            let request = TestRequest::default()
                .insert_header(("host", "localhost:3000"))
                .insert_header(("origin", origin))
                .to_http_request();
            edge().check_origin(&request).is_ok()
        };
        assert!(
            ok("http://localhost:3000") && ok("https://stream.example") && ok("https://stream.example:443")
        );
        for foreign in
            ["null", "http://localhost:3001", "https://stream.example.evil", "http://stream.example", ""]
        {
            assert!(!ok(foreign), "{foreign}");
        }
    }

    #[test]
    fn the_cookie_is_secure_wherever_people_come_by_https_or_the_setting_says_so() {
        let secure = |public_url: Option<&str>, secure_cookies| {
            let config =
                Config { public_url: public_url.map(Into::into), secure_cookies, ..Config::default() };
            let token = refresh::Token::random().unwrap();
            let edge = Edge::new(&config);
            let cookies = [edge.set_cookies(Some(&token)), edge.set_cookies(None)].concat();
            let secure = cookies.iter().filter(|cookie| cookie.split("; ").any(|a| a == "Secure")).count();
            assert!(secure == 0 || secure == cookies.len(), "{cookies:?}");
            secure > 0
        };
        assert!(secure(Some("https://stream.example"), false));
        assert!(secure(Some("HTTPS://Stream.example:8443/"), false));
        assert!(!secure(Some("http://localhost:3000"), false));
        assert!(!secure(None, false));
        assert!(secure(Some("http://localhost:3000"), true));
        assert!(secure(None, true));
    }

    #[test]
    fn the_cookie_is_found_among_others_and_junk_is_none() {
        let token = refresh::Token::random().unwrap();
        let with = |value: String| {
            let request = TestRequest::default().insert_header(("cookie", value)).to_http_request();
            edge().refresh_token(&request)
        };
        assert_eq!(with(format!("a=b; refresh_token={}; c=d", token.to_text())), Some(token));
        assert_eq!(with("refresh_token=junk".into()), None);
        assert_eq!(with("xrefresh_token".into()), None);
    }
}
