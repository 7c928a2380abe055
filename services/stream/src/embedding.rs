//! Whose pages may have a channel's player in a frame: read, checked and shown.
//!
//! Pure. It is a wish of the channel's owner that browsers carry out (`frame-ancestors`, which `web` sends with the player's page); who may
//! watch is `visibility`'s. A site is kept as an origin in the form that a Content-Security-Policy takes, so nothing that gets in here can
//! end that header's list or begin another directive.

use serde::Serialize;
use std::str::FromStr;
use streamly_status::FieldError;

/// Most sites of a channel; all of them are in a header.
pub const MAX_SITES: usize = 20;
/// Longest host name, characters (RFC 1035 §2.3.4).
const MAX_HOST: usize = 253;
/// Longest label of a host name (the same).
const MAX_LABEL: usize = 63;

/// Who may frame a channel's player.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Embedding {
    /// Any page.
    #[default]
    Everywhere,
    /// Pages of the sites that the owner names.
    Sites,
    /// No page.
    Nowhere,
}

impl Embedding {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Everywhere, Self::Sites, Self::Nowhere];

    /// Its name in tables and answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Everywhere => "everywhere",
            Self::Sites => "sites",
            Self::Nowhere => "nowhere",
        }
    }
}

/// Not the name of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a kind of embedding")]
pub struct Unknown;

impl FromStr for Embedding {
    type Err = Unknown;
    fn from_str(name: &str) -> Result<Self, Unknown> {
        Self::ALL.into_iter().find(|e| e.as_str() == name).ok_or(Unknown)
    }
}

/// What the owner has set: with it the sites, which count with `sites` alone and are kept otherwise.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Framing {
    /// Whose pages may have the channel's player in a frame.
    pub embedding: Embedding,
    /// At most 20 origins, `https://example.org` each; they count with `sites`.
    pub embed_sites: Vec<String>,
}

/// One of the kinds, by its name.
pub fn kind(name: &str, errors: &mut Vec<FieldError>) -> Option<Embedding> {
    let parsed = name.parse().ok();
    if parsed.is_none() {
        let detail = format!("One of {}.", Embedding::ALL.map(Embedding::as_str).join(", "));
        errors.push(FieldError { field: "embedding".into(), code: "invalid", detail });
    }
    parsed
}

/// Sites as origins, each once.
pub fn sites(all: &[String], errors: &mut Vec<FieldError>) -> Vec<String> {
    if all.len() > MAX_SITES {
        let detail = format!("At most {MAX_SITES} sites.");
        errors.push(FieldError { field: "embed_sites".into(), code: "too_long", detail });
        return Vec::new();
    }
    let mut kept: Vec<String> = Vec::new();
    for (n, said) in all.iter().enumerate() {
        match origin(said) {
            Some(origin) if kept.contains(&origin) => {}
            Some(origin) => kept.push(origin),
            None => errors.push(FieldError {
                field: format!("embed_sites.{n}"),
                code: "invalid",
                detail: "A site such as example.org, *.example.org or https://example.org:8443.".into(),
            }),
        }
    }
    kept
}

/// The origin of a site as somebody writes it: `example.org` is `https://example.org`. A `*.` before a name of two labels or more stands for
/// all below it; names beyond ASCII come as browsers send them (`xn--…`).
fn origin(said: &str) -> Option<String> {
    let said = said.trim().to_ascii_lowercase();
    let (scheme, rest) = said.split_once("://").unwrap_or(("https", &said));
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    let (host, port) = match rest.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (rest, None),
    };
    let below = host.strip_prefix("*.");
    let name = below.unwrap_or(host);
    let is_good = matches!(scheme, "https" | "http")
        && name.len() <= MAX_HOST
        && name.split('.').all(is_label)
        && (below.is_none() || name.contains('.'));
    let port = match port {
        None => String::new(),
        Some(digits) => {
            let number = digits
                .parse::<u16>()
                .ok()
                .filter(|n| *n > 0 && digits.bytes().all(|b| b.is_ascii_digit()))?;
            let usual = if scheme == "https" { 443 } else { 80 };
            if number == usual { String::new() } else { format!(":{number}") }
        }
    };
    is_good.then(|| format!("{scheme}://{host}{port}"))
}

/// Letters, digits and hyphens, none of these at an end (RFC 1123 §2.1).
fn is_label(label: &str) -> bool {
    (1..=MAX_LABEL).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_site_is_kept_as_an_origin() {
        for (said, kept) in [
            ("example.org", "https://example.org"),
            (" Example.ORG/ ", "https://example.org"),
            ("https://example.org:443", "https://example.org"),
            ("http://example.org:80/", "http://example.org"),
            ("http://localhost:8080", "http://localhost:8080"),
            ("127.0.0.1:9000", "https://127.0.0.1:9000"),
            ("*.example.org", "https://*.example.org"),
            ("xn--bcher-kva.example", "https://xn--bcher-kva.example"),
        ] {
            assert_eq!(origin(said).as_deref(), Some(kept), "{said}");
        }
        for said in [
            "",
            "*",
            "*.org",
            "a.*.org",
            "https://",
            "https:",
            "ftp://example.org",
            "example.org/path",
            "https://example.org/?x",
            "u:p@example.org",
            "example.org:0",
            "example.org:65536",
            "example.org:+80",
            "example.org:",
            "ex ample.org",
            "example.org;script-src *",
            "example.org, *",
            "example.org\nx: y",
            "'self'",
            "b\u{fc}cher.example",
            "-a.org",
            "a-.org",
            "a..org",
            ".org",
            "[::1]",
            &format!("{}.org", "a".repeat(64)),
            &["abcdefghi."; 26].concat(),
        ] {
            assert_eq!(origin(said), None, "{said}");
        }
    }

    #[test]
    fn sites_are_told_apart_by_their_place_and_come_once() {
        let list = |all: &[&str]| all.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
        let mut errors = Vec::new();
        assert_eq!(
            sites(&list(&["a.org", "https://A.org/", "b.org"]), &mut errors),
            ["https://a.org", "https://b.org"]
        );
        assert!(errors.is_empty());
        sites(&list(&["a.org", "?", "b.org", ""]), &mut errors);
        sites(&list(&["a.org"; MAX_SITES + 1]), &mut errors);
        kind("some", &mut errors);
        let told: Vec<_> = errors.iter().map(|e| (e.field.as_str(), e.code)).collect();
        assert_eq!(
            told,
            [
                ("embed_sites.1", "invalid"),
                ("embed_sites.3", "invalid"),
                ("embed_sites", "too_long"),
                ("embedding", "invalid")
            ]
        );
        for kind in Embedding::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
        }
    }

    proptest! {
        #[test]
        fn nothing_that_is_kept_can_leave_a_header_s_list(said in ".{0,60}") {
            if let Some(origin) = origin(&said) {
                prop_assert!(origin.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b":/.*-".contains(&b)), "{}", origin);
            }
        }
    }
}
