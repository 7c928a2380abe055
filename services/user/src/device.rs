//! Words for a browser and a network, from what it says of itself: for people's eyes and for "have we seen this before". Pure.
//!
//! A `User-Agent` is whatever its sender likes; only words of this file come of it.

use std::net::IpAddr;
use streamly_domain::Language;

/// Names in a `User-Agent`, and what they are called; the first that is there counts (RFC 9110 §10.1.5 tells nothing of their order).
const BROWSERS: [(&str, &str); 11] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("OBS", "OBS"),
    ("curl/", "curl"),
    ("Mozilla/", SOME_BROWSER),
];
/// One that has no name here.
const SOME_BROWSER: &str = "A browser";
const SYSTEMS: [(&str, &str); 8] = [
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("FreeBSD", "FreeBSD"),
    ("Linux", "Linux"),
];

fn find(text: &str, names: &[(&str, &'static str)]) -> Option<&'static str> {
    names.iter().find(|(sign, _)| text.contains(sign)).map(|(_, name)| *name)
}

/// What a `User-Agent` says, to be put into words.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Words {
    browser: Option<&'static str>,
    system: Option<&'static str>,
}

/// What is known of a browser.
pub(crate) fn read(user_agent: Option<&str>) -> Words {
    let text = user_agent.unwrap_or_default();
    Words { browser: find(text, &BROWSERS), system: find(text, &SYSTEMS) }
}

/// In English, as the database and the API have it.
pub(crate) fn words(user_agent: Option<&str>) -> String {
    read(user_agent).say(Language::En)
}

impl Words {
    /// "Firefox on Linux"; "Unknown device" where nothing is known.
    pub(crate) fn say(self, language: Language) -> String {
        let browser = self.browser.map(|name| match (language, name) {
            (Language::De, SOME_BROWSER) => "Ein Browser",
            (_, name) => name,
        });
        match (browser, self.system, language) {
            (Some(browser), Some(system), Language::En) => format!("{browser} on {system}"),
            (Some(browser), Some(system), Language::De) => format!("{browser}, {system}"),
            (Some(name), None, _) | (None, Some(name), _) => name.to_owned(),
            (None, None, Language::En) => "Unknown device".to_owned(),
            (None, None, Language::De) => "Unbekanntes Gerät".to_owned(),
        }
    }
}

/// The network of an address as customers have them: /24 of IPv4, /56 of IPv6; "unknown" of what is no address.
pub(crate) fn network(ip: &str) -> String {
    match ip.parse::<IpAddr>().map(|ip| ip.to_canonical()) {
        Ok(IpAddr::V4(ip)) => {
            let [a, b, c, _] = ip.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        Ok(IpAddr::V6(ip)) => {
            let [a, b, c, d, ..] = ip.segments();
            format!("{a:x}:{b:x}:{c:x}:{:x}::/56", d & 0xff00)
        }
        Err(_) => "unknown".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_browsers_have_their_names() {
        let of = |ua: &str| words(Some(ua));
        let chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36";
        assert_eq!(of(chrome), "Chrome on Linux");
        assert_eq!(of(&format!("{chrome} Edg/126.0")), "Edge on Linux");
        assert_eq!(
            of("Mozilla/5.0 (Windows NT 10.0; rv:127.0) Gecko/20100101 Firefox/127.0"),
            "Firefox on Windows"
        );
        assert_eq!(
            of(
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Mobile Safari/604.1"
            ),
            "Safari on iPhone"
        );
        assert_eq!(words(None), "Unknown device");
        assert_eq!(of("<script>alert(1)</script>"), "Unknown device");
        let german = |ua: &str| read(Some(ua)).say(Language::De);
        assert_eq!(german(chrome), "Chrome, Linux");
        assert_eq!(german("Mozilla/5.0"), "Ein Browser");
        assert_eq!(german("x"), "Unbekanntes Gerät");
    }

    #[test]
    fn a_network_is_what_a_customer_has() {
        assert_eq!(network("192.0.2.77"), "192.0.2.0/24");
        assert_eq!(network("::ffff:192.0.2.77"), "192.0.2.0/24");
        assert_eq!(network("2001:db8:1:23ff::1"), network("2001:db8:1:2300::2"));
        assert_ne!(network("2001:db8:1:2400::1"), network("2001:db8:1:2300::1"));
        assert_eq!(network("unknown"), "unknown");
    }
}
