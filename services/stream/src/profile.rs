//! What a channel says about itself: language, bio, links, panels, checked before it is stored.
//!
//! Pure. Texts are plain: nobody renders them as anything else. Links are https, so that no page can be made to run something or to tell
//! where somebody comes from over an open line. Pictures of panels are names of files that the caller has uploaded; whether they are the
//! channel's own, `store::pictures` knows.

use serde::{Deserialize, Serialize};
use streamly_status::FieldError;

/// Longest bio, characters.
pub const MAX_BIO: usize = 500;
/// Links beside the bio.
pub const MAX_LINKS: usize = 5;
/// Panels below the player.
pub const MAX_PANELS: usize = 10;
/// Longest title of a link or panel, characters.
pub const MAX_TITLE: usize = 60;
/// Longest text of a panel, characters.
pub const MAX_TEXT: usize = 1000;
/// Longest address, bytes.
pub const MAX_URL: usize = 300;
/// Languages that can be chosen (BCP 47): short enough for a menu.
pub const LANGUAGES: [&str; 38] = [
    "ar", "bg", "bn", "ca", "cs", "da", "de", "el", "en", "es", "fa", "fi", "fil", "fr", "he", "hi", "hr",
    "hu", "id", "it", "ja", "ko", "ms", "nb", "nl", "pl", "pt", "pt-BR", "ro", "ru", "sk", "sv", "th", "tr",
    "uk", "vi", "zh-Hans", "zh-Hant",
];

/// A link beside the bio.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = ProfileLink)]
pub struct Link {
    /// 1 to 60 characters.
    pub title: String,
    /// https, at most 300 bytes.
    pub url: String,
}

/// A panel below the player.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Panel {
    /// At most 60 characters.
    #[serde(default)]
    pub title: String,
    /// At most 1,000 characters, plain, with line breaks.
    #[serde(default)]
    pub text: String,
    /// Where it leads: https, or nothing.
    #[serde(default)]
    pub url: String,
    /// The `id` of a picture that the owner uploaded for it, or nothing.
    #[serde(default)]
    pub picture: String,
}

fn wrong(errors: &mut Vec<FieldError>, field: &str, code: &'static str, detail: impl Into<String>) {
    errors.push(FieldError { field: field.to_owned(), code, detail: detail.into() });
}

/// A trimmed text of several lines; of control characters only line breaks.
pub fn lines(field: &str, value: &str, max: usize, errors: &mut Vec<FieldError>) -> String {
    let value = value.replace("\r\n", "\n");
    let value = value.trim();
    if value.chars().count() > max {
        wrong(errors, field, "too_long", format!("At most {max} characters."));
    } else if value.chars().any(|c| c.is_control() && c != '\n') {
        wrong(errors, field, "invalid", "No control characters.");
    }
    value.to_owned()
}

fn line(field: &str, value: &str, min: usize, max: usize, errors: &mut Vec<FieldError>) -> String {
    let value = value.trim();
    let length = value.chars().count();
    if length < min {
        wrong(errors, field, "too_short", format!("At least {min} characters."));
    } else if length > max {
        wrong(errors, field, "too_long", format!("At most {max} characters."));
    } else if value.chars().any(char::is_control) {
        wrong(errors, field, "invalid", "No line breaks or control characters.");
    }
    value.to_owned()
}

/// An address that is https, has a host and neither a name nor a password in it.
pub fn https(field: &str, value: &str, errors: &mut Vec<FieldError>) -> String {
    let value = value.trim();
    let is_plain =
        value.len() <= MAX_URL && value.bytes().all(|b| b.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&b));
    let host = value.get(..8).filter(|scheme| scheme.eq_ignore_ascii_case("https://")).map(|_| &value[8..]);
    let host = host.map(|rest| rest.split(['/', '?', '#']).next().unwrap_or_default());
    let is_host = |h: &str| h.contains('.') && !h.starts_with('.') && !h.contains('@');
    if !is_plain || !host.is_some_and(is_host) {
        wrong(
            errors,
            field,
            "invalid",
            format!("An address that begins with https://, of at most {MAX_URL} characters."),
        );
    }
    value.to_owned()
}

/// A language of the list, as the list writes it; empty: none.
pub fn language(value: &str, errors: &mut Vec<FieldError>) -> String {
    let value = value.trim();
    if value.is_empty() {
        return String::new();
    }
    match LANGUAGES.iter().find(|l| l.eq_ignore_ascii_case(value)) {
        Some(known) => (*known).to_owned(),
        None => {
            wrong(errors, "language", "invalid", format!("One of {}.", LANGUAGES.join(", ")));
            String::new()
        }
    }
}

/// Links, checked.
pub fn links(all: &[Link], errors: &mut Vec<FieldError>) -> Vec<Link> {
    if all.len() > MAX_LINKS {
        wrong(errors, "links", "too_long", format!("At most {MAX_LINKS} links."));
        return Vec::new();
    }
    let checked = |(n, link): (usize, &Link)| Link {
        title: line(&format!("links.{n}.title"), &link.title, 1, MAX_TITLE, errors),
        url: https(&format!("links.{n}.url"), &link.url, errors),
    };
    all.iter().enumerate().map(checked).collect()
}

/// Panels, checked; each says or shows something.
pub fn panels(all: &[Panel], errors: &mut Vec<FieldError>) -> Vec<Panel> {
    if all.len() > MAX_PANELS {
        wrong(errors, "panels", "too_long", format!("At most {MAX_PANELS} panels."));
        return Vec::new();
    }
    let mut kept = Vec::with_capacity(all.len());
    for (n, panel) in all.iter().enumerate() {
        let made = Panel {
            title: line(&format!("panels.{n}.title"), &panel.title, 0, MAX_TITLE, errors),
            text: lines(&format!("panels.{n}.text"), &panel.text, MAX_TEXT, errors),
            url: match panel.url.trim() {
                "" => String::new(),
                url => https(&format!("panels.{n}.url"), url, errors),
            },
            picture: panel.picture.trim().to_owned(),
        };
        if made.title.is_empty() && made.text.is_empty() && made.picture.is_empty() {
            wrong(errors, &format!("panels.{n}"), "required", "A title, a text or a picture.");
        }
        kept.push(made);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(url: &str) -> bool {
        let mut errors = Vec::new();
        https("url", url, &mut errors);
        !errors.is_empty()
    }

    #[test]
    fn only_https_addresses_with_a_host_are_links() {
        for good in ["https://example.org", "HTTPS://example.org/a?b=c#d", "https://a.b:8443/"] {
            assert!(!refused(good), "{good}");
        }
        let long = format!("https://a.b/{}", "x".repeat(MAX_URL));
        for bad in [
            "",
            "http://example.org",
            "javascript:alert(1)",
            "https://",
            "https://localhost",
            "https://u:p@example.org",
            "https://example.org/ x",
            "https://example.org/\"onclick=",
            "https://ex\u{430}mple.org",
            "//example.org",
            "https:example.org",
            "data:text/html,x",
            "https://.org",
            "httpsé//a.b",
            &long,
        ] {
            assert!(refused(bad), "{bad}");
        }
    }

    #[test]
    fn every_wrong_field_is_named() {
        let link = |title: &str, url: &str| Link { title: title.into(), url: url.into() };
        let mut errors = Vec::new();
        links(&[link("Site", "https://a.b"), link("", "ftp://a.b")], &mut errors);
        let panel =
            Panel { title: String::new(), text: "\u{7}".into(), url: "x".into(), picture: String::new() };
        let nothing =
            Panel { title: " ".into(), text: "\n".into(), url: String::new(), picture: String::new() };
        panels(&[panel, nothing], &mut errors);
        language("tlh", &mut errors);
        let fields: Vec<_> = errors.iter().map(|e| e.field.as_str()).collect();
        assert_eq!(
            fields,
            ["links.1.title", "links.1.url", "panels.0.text", "panels.0.url", "panels.1", "language"]
        );
        let mut errors = Vec::new();
        assert_eq!(
            (language("PT-br", &mut errors), language(" ", &mut errors), errors.len()),
            ("pt-BR".into(), String::new(), 0)
        );
        assert_eq!(lines("bio", " a\r\nb ", 9, &mut errors), "a\nb");
    }
}
