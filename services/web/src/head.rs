//! The head of a page: its title, what search engines and sites that show links are told, and where its oEmbed is. Put into the app's own
//! `index.html` between two marks.
//!
//! Pure. Every text in it is somebody's: it is put into attributes and one title, escaped, on one line, and cut. Addresses begin with the
//! configured one, never with what a request calls this host.

use crate::cards::{Category, Channel};
use std::fmt::Write;

/// Between these in `index.html` stands the head of a page about which nothing is known.
pub(crate) const MARKS: (&str, &str) = ("<!--page-->", "<!--/page-->");
/// Between these stands the bar that most pages have, as it is before the app runs.
const BAR: (&str, &str) = ("<!--bar-->", "<!--/bar-->");
/// What the platform calls itself.
pub(crate) const SITE: &str = "Streamly";
/// What it says of itself.
const ABOUT: &str = "Live streams, a second behind the real thing.";
/// The picture of whatever has none: in the app's `public/`, 1200 by 630 pixels.
pub(crate) const PICTURE: &str = "/icons/share.png";
/// What home asks for first.
const LIVE: &str = "/api/streams?live=true";
/// Most characters of a description; sites cut it at about so many.
const MAX_ABOUT: usize = 200;

/// What the head of a page says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Head {
    /// In the window's frame, before the platform's name; as the app writes it. Empty: the name alone.
    pub(crate) title: String,
    /// What a link shows; empty: as `title`.
    pub(crate) link_title: String,
    pub(crate) about: String,
    /// Where the page is, below the public address; none: it is not for links.
    pub(crate) canonical: Option<String>,
    pub(crate) picture: Picture,
    /// Whether search engines are to leave it out.
    pub(crate) hidden: bool,
    /// Whether it can be asked for by oEmbed.
    pub(crate) embeds: bool,
    /// Whether a picture is to be expected: the app then asks for its player at once.
    pub(crate) live: bool,
    /// What the app asks for first, with its query: browsers fetch it together with the app's code, which takes what they have by then.
    pub(crate) asks: Option<String>,
}

/// A page's picture, below the public address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Picture {
    /// The platform's.
    #[default]
    Own,
    /// Wide: shown large.
    Wide(String),
    /// Square: shown small.
    Square(String),
}

impl Head {
    /// A page of the app that is for nobody to find.
    pub(crate) fn hidden(title: &str) -> Self {
        Self { title: title.into(), hidden: true, ..Self::default() }
    }

    pub(crate) fn home() -> Self {
        Self { canonical: Some("/".into()), asks: Some(LIVE.into()), ..Self::default() }
    }

    pub(crate) fn browse() -> Self {
        Self {
            title: "Browse".into(),
            about: "Categories and channels, live or not.".into(),
            canonical: Some("/browse".into()),
            ..Self::default()
        }
    }

    pub(crate) fn guide() -> Self {
        Self {
            title: "Set up OBS in five minutes".into(),
            about: "Server, stream key and the settings that suit, step by step with pictures; and what to do when it does not work.".into(),
            canonical: Some("/guide/obs".into()),
            ..Self::default()
        }
    }

    pub(crate) fn category(category: &Category) -> Self {
        let about = match category.description.trim() {
            "" => format!("Live channels about {}.", category.name),
            said => said.to_owned(),
        };
        Self {
            title: category.name.clone(),
            about,
            canonical: Some(format!("/category/{}", category.slug)),
            picture: category.picture_url.clone().map_or(Picture::Own, Picture::Square),
            ..Self::default()
        }
    }

    pub(crate) fn channel(channel: &Channel) -> Self {
        let name = &channel.display_name;
        let said = [&channel.title, &channel.category, &channel.bio];
        let said: Vec<&str> =
            said.into_iter().map(|text| text.trim()).filter(|text| !text.is_empty()).collect();
        let wide = channel.still_url.as_ref().or(channel.banner_url.as_ref());
        let picture = match (wide, &channel.avatar_url) {
            (Some(wide), _) => Picture::Wide(wide.clone()),
            (None, Some(square)) => Picture::Square(square.clone()),
            (None, None) => Picture::Own,
        };
        Self {
            title: name.clone(),
            link_title: match channel.title.trim() {
                "" => name.clone(),
                title => format!("{name}: {title}"),
            },
            about: if said.is_empty() { format!("{name} on {SITE}.") } else { said.join(" \u{b7} ") },
            canonical: Some(format!("/{}", channel.username)),
            picture,
            hidden: !channel.listed,
            embeds: channel.open,
            live: channel.live,
            asks: None,
        }
    }

    /// The elements of the head. `base`: the public address without a slash at its end.
    pub(crate) fn html(&self, base: &str) -> String {
        let title = line(&self.title, MAX_ABOUT);
        let link_title = if self.link_title.is_empty() { &title } else { &line(&self.link_title, MAX_ABOUT) };
        let about = if self.about.is_empty() { ABOUT.into() } else { line(&self.about, MAX_ABOUT) };
        let mut html = String::with_capacity(2048);
        let window = if title.is_empty() { SITE.into() } else { format!("{title} \u{b7} {SITE}") };
        let mut element = |text: std::fmt::Arguments<'_>| {
            // Writing to a text does not fail.
            let _ = writeln!(html, "    {text}");
        };
        element(format_args!("<title>{}</title>", Escaped(&window)));
        element(format_args!("<meta name=\"description\" content=\"{}\" />", Escaped(&about)));
        if self.hidden {
            element(format_args!("<meta name=\"robots\" content=\"noindex\" />"));
        }
        if self.live {
            element(format_args!("<meta name=\"live\" content=\"\" />"));
        }
        if let Some(path) = &self.asks {
            element(format_args!(
                "<link rel=\"preload\" as=\"fetch\" crossorigin href=\"{}\" />",
                Escaped(path)
            ));
        }
        let Some(path) = &self.canonical else { return html };
        let url = format!("{base}{path}");
        let shown = if link_title.is_empty() { SITE } else { link_title };
        let (picture, card) = match &self.picture {
            Picture::Own => (format!("{base}{PICTURE}"), "summary_large_image"),
            Picture::Wide(path) => (format!("{base}{path}"), "summary_large_image"),
            Picture::Square(path) => (format!("{base}{path}"), "summary"),
        };
        element(format_args!("<link rel=\"canonical\" href=\"{}\" />", Escaped(&url)));
        for (property, content) in [
            ("og:site_name", SITE),
            ("og:type", "website"),
            ("og:title", shown),
            ("og:description", &about),
            ("og:url", &url),
            ("og:image", &picture),
            ("og:image:alt", shown),
        ] {
            element(format_args!("<meta property=\"{property}\" content=\"{}\" />", Escaped(content)));
        }
        if self.picture == Picture::Own {
            element(format_args!("<meta property=\"og:image:width\" content=\"1200\" />"));
            element(format_args!("<meta property=\"og:image:height\" content=\"630\" />"));
        }
        for (name, content) in [
            ("twitter:card", card),
            ("twitter:title", shown),
            ("twitter:description", &about),
            ("twitter:image", &picture),
        ] {
            element(format_args!("<meta name=\"{name}\" content=\"{}\" />", Escaped(content)));
        }
        if self.embeds {
            let query = format!("{base}/oembed?format=json&url={}", encoded(&url));
            element(format_args!(
                "<link rel=\"alternate\" type=\"application/json+oembed\" href=\"{}\" title=\"{}\" />",
                Escaped(&query),
                Escaped(shown)
            ));
        }
        html
    }
}

/// Tells the app where chat's sockets are that do not come through here (`app/src/chat/socket-url.ts`).
pub(crate) fn sockets(origin: &str) -> String {
    format!("    <meta name=\"chat\" content=\"{}/ws\" />\n", Escaped(origin))
}

/// The app's page with this between its marks; without marks as it is.
pub(crate) fn put(page: &str, head: &str) -> String {
    match around(page, MARKS) {
        Some((before, after)) => {
            format!("{}\n{head}{}", before.trim_end(), after.trim_start_matches(['\n', '\r']))
        }
        None => page.to_owned(),
    }
}

/// The app's page for those that have no bar on top.
pub(crate) fn without_bar(page: &str) -> String {
    around(page, BAR).map_or_else(|| page.to_owned(), |(before, after)| format!("{before}{after}"))
}

fn around<'a>(page: &'a str, marks: (&str, &str)) -> Option<(&'a str, &'a str)> {
    let (before, rest) = page.split_once(marks.0)?;
    Some((before, rest.split_once(marks.1)?.1))
}

/// On one line, of so many characters.
fn line(text: &str, max: usize) -> String {
    let plain: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()).collect();
    let plain = plain.join(" ");
    match plain.char_indices().nth(max) {
        None => plain,
        Some(_) => {
            let cut: String = plain.chars().take(max - 1).collect();
            format!("{}\u{2026}", cut.trim_end())
        }
    }
}

/// A text as HTML, good in an attribute in quotes and between tags.
pub(crate) struct Escaped<'a>(pub(crate) &'a str);

impl std::fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.chars().try_for_each(|c| match c {
            '&' => f.write_str("&amp;"),
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '"' => f.write_str("&quot;"),
            '\'' => f.write_str("&#39;"),
            c if c.is_control() => Ok(()),
            c => f.write_char(c),
        })
    }
}

/// A text as the value of a query's parameter (RFC 3986 §2.3: all but unreserved characters are encoded).
pub(crate) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn maya() -> Channel {
        Channel {
            username: "maya".into(),
            display_name: "Maya".into(),
            listed: true,
            open: true,
            title: "Building a keyboard".into(),
            category: "Crafts".into(),
            bio: "Wood\nand wire.".into(),
            still_url: Some("/live/b/1/stills/7.jpg".into()),
            banner_url: Some("/api/pictures/b.webp".into()),
            avatar_url: Some("/api/pictures/a.webp".into()),
            ..Channel::default()
        }
    }

    #[test]
    fn what_the_app_asks_for_first_is_fetched_with_the_page() {
        let html = Head::home().html("https://tv.example");
        let link = "<link rel=\"preload\" as=\"fetch\" crossorigin href=\"/api/streams?live=true\" />";
        assert!(html.contains(link), "{html}");
        assert!(!Head::browse().html("https://tv.example").contains("preload"));
        // Whatever else the app asks for, this would be fetched for nothing.
        assert!(include_str!("../app/src/api/calls.ts").contains(&format!("\"{LIVE}\"")));
    }

    #[test]
    fn a_channel_s_link_shows_title_picture_and_description() {
        let html = Head::channel(&maya()).html("https://tv.example");
        for part in [
            "<title>Maya \u{b7} Streamly</title>",
            "<meta name=\"description\" content=\"Building a keyboard \u{b7} Crafts \u{b7} Wood and wire.\" />",
            "<link rel=\"canonical\" href=\"https://tv.example/maya\" />",
            "property=\"og:title\" content=\"Maya: Building a keyboard\"",
            "property=\"og:image\" content=\"https://tv.example/live/b/1/stills/7.jpg\"",
            "name=\"twitter:card\" content=\"summary_large_image\"",
            "href=\"https://tv.example/oembed?format=json&amp;url=https%3A%2F%2Ftv.example%2Fmaya\"",
        ] {
            assert!(html.contains(part), "{part} is not in {html}");
        }
        assert!(!html.contains("noindex"));
        let picture = |channel: &Channel| Head::channel(channel).picture;
        let mut channel = Channel { still_url: None, ..maya() };
        assert_eq!(picture(&channel), Picture::Wide("/api/pictures/b.webp".into()));
        channel.banner_url = None;
        assert_eq!(picture(&channel), Picture::Square("/api/pictures/a.webp".into()));
        channel.avatar_url = None;
        assert_eq!(picture(&channel), Picture::Own);
        let silent = Channel {
            title: " ".into(),
            category: String::new(),
            bio: String::new(),
            listed: false,
            open: false,
            ..channel
        };
        let html = Head::channel(&silent).html("https://tv.example");
        for part in [
            "og:title\" content=\"Maya\"",
            "content=\"Maya on Streamly.\"",
            "/icons/share.png",
            "og:image:width",
            "noindex",
        ] {
            assert!(html.contains(part), "{part} is not in {html}");
        }
        assert!(!html.contains("oembed"), "{html}");
    }

    #[test]
    fn whatever_people_call_themselves_stays_a_text() {
        let evil = "\"/><script>alert(1)</script><meta x='&amp;\u{0}\u{2028}";
        let channel = Channel {
            display_name: evil.into(),
            title: evil.into(),
            category: evil.into(),
            bio: evil.into(),
            still_url: Some(evil.into()),
            ..maya()
        };
        let category = Category {
            slug: "x".into(),
            name: evil.into(),
            description: evil.into(),
            picture_url: Some(evil.into()),
        };
        for html in [
            Head::channel(&channel).html("https://tv.example"),
            Head::category(&category).html("https://tv.example"),
        ] {
            assert!(!html.contains("<script") && !html.contains("alert(1)</"), "{html}");
            for element in html.lines() {
                let element = element.trim();
                assert!(element.starts_with('<') && element.ends_with('>'), "{element}");
                // Nothing ends a tag but the tag's own end.
                let inner =
                    element.strip_suffix("</title>").unwrap_or(element.strip_suffix(" />").unwrap_or("<"));
                let inner = inner.strip_prefix("<title>").unwrap_or(&inner[1..]);
                assert!(!inner.contains(['<', '>', '\u{0}']), "{element}");
                assert!(element.matches('"').count() % 2 == 0, "{element}");
            }
        }
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        let cut = line(&"\u{e4}".repeat(500), MAX_ABOUT);
        assert_eq!(cut.chars().count(), MAX_ABOUT);
        assert!(cut.ends_with("\u{e4}\u{2026}"));
        assert_eq!(line(" a\r\n\t b ", 9), "a b");
    }

    #[test]
    fn the_app_reads_where_sockets_are_by_the_name_that_is_written() {
        let said = sockets("wss://chat.example");
        assert_eq!(said.trim(), "<meta name=\"chat\" content=\"wss://chat.example/ws\" />");
        let reads = include_str!("../app/src/chat/socket-url.ts");
        assert!(reads.contains("meta[name=\"chat\"]"), "{reads}");
    }

    #[test]
    fn the_app_s_page_has_the_marks_and_gets_the_head_between_them() {
        let source = include_str!("../app/index.html");
        let put = put(source, "    <title>X</title>\n");
        assert_eq!(put.matches("<title>").count(), 1, "{put}");
        assert!(
            put.contains("<title>X</title>")
                && !put.contains("name=\"description\"")
                && !put.contains(MARKS.0),
            "{put}"
        );
        assert!(put.contains("/src/main.tsx"), "{put}");
        assert_eq!(super::put("<p>no marks</p>", "x"), "<p>no marks</p>");
    }
}
