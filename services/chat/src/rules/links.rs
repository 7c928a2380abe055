//! Whether a text has a link: something that a person can click or paste as it is.
//!
//! Pure, linear, without DNS. What counts is documented in `docs/CHAT-PROTOCOL.md`: anything with `http://`, `https://` or `www.`; a domain or an address
//! with a path, query or port; and a bare domain whose last label is one of [`DOMAINS`]. Endings that are mostly file names ([`FILES`]) count with a
//! path only, so `main.rs` is none and `docs.rs/x` is one. "example dot com" is none: people say that of what they do not link to.

/// Most characters of a host name that are looked at (RFC 1035, section 2.3.4).
const MAX_HOST: usize = 253;

/// Generic top-level domains that are in wide use; those of countries are all of two letters.
const DOMAINS: &[&str] = &[
    "com",
    "net",
    "org",
    "info",
    "biz",
    "edu",
    "gov",
    "mil",
    "int",
    "mobi",
    "name",
    "pro",
    "aero",
    "asia",
    "cat",
    "coop",
    "jobs",
    "museum",
    "tel",
    "travel",
    "xxx",
    "arpa",
    "onion",
    "app",
    "dev",
    "page",
    "web",
    "site",
    "website",
    "online",
    "store",
    "shop",
    "blog",
    "cloud",
    "tech",
    "live",
    "tv",
    "stream",
    "video",
    "games",
    "game",
    "gg",
    "fun",
    "club",
    "team",
    "world",
    "today",
    "news",
    "media",
    "social",
    "chat",
    "link",
    "click",
    "download",
    "xyz",
    "top",
    "icu",
    "vip",
    "win",
    "bid",
    "loan",
    "date",
    "men",
    "work",
    "space",
    "art",
    "design",
    "digital",
    "email",
    "agency",
    "network",
    "group",
    "life",
    "one",
    "wiki",
    "group",
    "bet",
    "casino",
    "poker",
    "sex",
    "porn",
    "adult",
    "cam",
    "dating",
    "finance",
    "money",
    "market",
    "exchange",
    "trade",
    "bio",
    "eco",
    "ink",
    "lol",
    "wtf",
    "ninja",
    "guru",
    "rocks",
    "studio",
    "photo",
    "photos",
    "pics",
    "gallery",
    "support",
    "help",
    "center",
    "company",
    "solutions",
    "systems",
    "software",
    "codes",
    "tools",
    "academy",
    "school",
    "events",
    "fans",
    "fan",
    "fyi",
    "icu",
    "zone",
    "city",
    "house",
    "love",
    "monster",
    "quest",
    "buzz",
    "uno",
    "cyou",
    "sbs",
    "cfd",
    "bond",
    "rest",
    "host",
    "press",
    "global",
    "run",
    "gift",
    "gifts",
    "link",
    "ltd",
    "ceo",
    "xin",
    "wang",
    "рф",
    "中国",
    "公司",
    "网络",
    "한국",
    "укр",
    "бел",
    "москва",
    "онлайн",
    "сайт",
];

/// Two-letter endings that are no country's.
const NO_COUNTRY: &[&str] = &[
    "aa", "ab", "an", "ap", "cj", "ea", "eh", "ek", "en", "ex", "hd", "hh", "ic", "ii", "jj", "js", "kb",
    "kk", "mb", "nn", "oo", "ok", "op", "oh", "ow", "pp", "qq", "rr", "ss", "ts", "up", "uu", "vs", "vv",
    "ww", "xd", "xx", "yo", "yy", "zz", "os",
];

/// Countries' and other domains that mostly end file names or abbreviations when they stand alone.
const FILES: &[&str] = &[
    "rs", "py", "sh", "pl", "md", "ps", "so", "cc", "zip", "mov", "ai", "ml", "mm", "vb", "as", "bz", "tf",
    "st", "am", "pm",
];

/// Whether there is a link. Whatever the page makes one of is one here: both are tested by `link-cases.json`.
pub fn has_link(text: &str) -> bool {
    if has_web_address(&text.to_lowercase()) {
        return true;
    }
    let dotted: String = text
        .chars()
        .map(|c| if matches!(c, '\u{3002}' | '\u{FF0E}' | '\u{FF61}') { '.' } else { c })
        .collect();
    dotted
        .split(|c: char| {
            c.is_whitespace()
                || matches!(
                    c,
                    '<' | '>' | '"' | '(' | ')' | '[' | ']' | '{' | '}' | ',' | ';' | '|' | '`' | '*'
                )
        })
        .any(is_link)
}

/// `http:` or `https:` and a slash of either kind: programs make an address of it whatever follows (WHATWG URL, "special authority slashes").
fn has_web_address(small: &str) -> bool {
    small.match_indices("http").any(|(at, found)| {
        let rest = &small[at + found.len()..];
        rest.strip_prefix('s').unwrap_or(rest).strip_prefix(':').is_some_and(|r| r.starts_with(['/', '\\']))
    })
}

/// One piece without blanks.
fn is_link(piece: &str) -> bool {
    let small = piece.to_lowercase();
    if let Some((before, after)) = small.split_once("://") {
        // Any scheme that something may be registered for.
        return before.chars().next_back().is_some_and(char::is_alphanumeric)
            && after.chars().next().is_some_and(char::is_alphanumeric);
    }
    let start = piece.find(char::is_alphanumeric).unwrap_or(piece.len());
    let (lead, rest) = piece.split_at(start);
    // Paths of files, command lines, mentions, numbers behind a sign; `:` and quotes may stand before a link.
    if lead.chars().any(|c| matches!(c, '/' | '\\' | '@' | '~' | '$' | '.' | '_' | '-' | '#')) {
        return false;
    }
    // "see:example.com": what stands before a colon that begins no port is not of the host.
    let rest = match rest.split_once(':') {
        Some((_, after)) if after.starts_with(char::is_alphabetic) => after,
        _ => rest,
    };
    let end = rest
        .find(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '@')))
        .unwrap_or(rest.len());
    let (host, tail) = rest.split_at(end);
    // An address of mail is none.
    if host.contains('@') {
        return false;
    }
    let host = host.trim_end_matches(['.', '-', '_']);
    let more = is_tail(tail);
    host.len() <= MAX_HOST && (is_address(host) && more || is_domain(host, more))
}

/// A port, path, query or fragment right behind a host.
fn is_tail(tail: &str) -> bool {
    let mut chars = tail.chars();
    match chars.next() {
        Some(':') => chars.next().is_some_and(|c| c.is_ascii_digit()),
        Some('?' | '#') => chars.next().is_some_and(char::is_alphanumeric),
        Some('/') => true,
        _ => false,
    }
}

/// Four numbers up to 255.
fn is_address(host: &str) -> bool {
    host.parse::<std::net::Ipv4Addr>().is_ok()
}

/// `more`: a path or the like follows.
fn is_domain(host: &str, more: bool) -> bool {
    let labels: Vec<&str> = host.split('.').collect();
    let Some((last, others)) = labels.split_last() else { return false };
    let is_label =
        |l: &&str| !l.is_empty() && l.chars().count() <= 63 && !l.starts_with('-') && !l.ends_with('-');
    if others.is_empty() || !labels.iter().all(is_label) {
        return false;
    }
    let end = last.to_lowercase();
    let is_name = end.starts_with("xn--") || end.chars().count() >= 2 && end.chars().all(char::is_alphabetic);
    if !is_name {
        return false;
    }
    if others[0].eq_ignore_ascii_case("www") {
        return others.len() > 1;
    }
    let country = end.len() == 2 && end.is_ascii() && !NO_COUNTRY.contains(&end.as_str());
    let known = country || end.starts_with("xn--") || DOMAINS.contains(&end.as_str());
    if more {
        // "and/or" has no dot; "e.g./i.e." no label of two.
        return known || end.chars().count() >= 3 || FILES.contains(&end.as_str());
    }
    // "done.It": a sentence that lacks a blank. Names of one letter: "e.g", "u.s".
    let sentence = last.starts_with(char::is_uppercase) && last.chars().skip(1).any(char::is_lowercase);
    let named = others.iter().any(|l| l.chars().count() > 1 && l.chars().any(char::is_alphabetic));
    known && !sentence && named && !FILES.contains(&end.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn links_are_seen_with_and_without_a_scheme() {
        for text in [
            "https://example.com",
            "look: HTTP://EXAMPLE.COM/x",
            "example.com",
            "go to Example.COM!",
            "(example.org)",
            "example.com/x",
            "example.co.uk",
            "www.anything.whatever",
            "discord.gg/abc",
            "bit.ly/3x",
            "youtu.be",
            "t.me/somebody",
            "see:example.com",
            "example.com:8080",
            "127.0.0.1:3000",
            "10.0.0.1/admin",
            "docs.rs/tokio",
            "пример.рф",
            "例え。中国",
            "example．com",
            "xn--e1afmkfd.xn--p1ai",
            "steam://run/1",
            "a.b.example.com?x=1",
            "**example.com**",
        ] {
            assert!(has_link(text), "{text}");
        }
    }

    #[test]
    fn what_the_page_makes_a_link_is_one() {
        let cases: Vec<serde_json::Value> = serde_json::from_str(include_str!("link-cases.json")).unwrap();
        for case in &cases {
            let text = case["text"].as_str().unwrap();
            assert_eq!(has_link(text), case["link"].as_bool().unwrap(), "{text}");
            assert!(has_link(text) || case["page"].as_array().unwrap().is_empty(), "{text}");
        }
    }

    #[test]
    fn sentences_files_numbers_and_mail_are_no_links() {
        for text in [
            "example dot com",
            "main.rs",
            "src/main.rs",
            "./run.sh",
            "config.py, notes.md and a.zip",
            "1.2.3.4",
            "v1.2.3",
            "3.14",
            "e.g. this",
            "u.s. and i.e.",
            "done.It works",
            "wait...what",
            "ok...",
            "either/or",
            "12:30",
            "ada@example.com",
            "@ada.",
            "hello.world2",
            "a://",
            "node.js",
            "10/10",
            "",
            ".com",
            "-.-",
            "你好。我是",
        ] {
            assert!(!has_link(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_can_be_asked_about(s in "\\PC{0,80}|.{0,80}|[a-z.:/@-]{0,40}") {
            let _ = has_link(&s);
        }

        #[test]
        fn a_link_stays_one_among_words(before in "[a-z ]{0,20}", after in "[a-z ]{0,20}") {
            let text = format!("{before} example.com {after}");
            prop_assert!(has_link(&text));
        }
    }
}
