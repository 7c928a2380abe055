//! The languages in which the platform itself speaks to people: mails, pushes, pages without the app. Not those of broadcasts.
//!
//! A language is known by the first subtag of a tag (BCP 47), so "de-AT" is German. A tag that names none of them is no error here: whoever
//! asks knows what else to go by, and [`Language::default`] is the last resort.

/// Most entries of an `Accept-Language` that are looked at. Browsers send fewer than ten.
const ENTRIES: usize = 20;

/// A language that every text is there in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Language {
    /// English.
    #[default]
    En,
    /// German.
    De,
}

impl Language {
    /// Each of them.
    pub const ALL: [Self; 2] = [Self::En, Self::De];

    /// Its tag (BCP 47): on the wire, in the database, in headers.
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::De => "de",
        }
    }

    /// The language of a tag, whatever country it names.
    pub fn parse(tag: &str) -> Option<Self> {
        let first = tag.trim().split('-').next()?;
        Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(first))
    }

    /// What a reader's `Accept-Language` wants most of these (RFC 9110, 12.5.4).
    pub fn accepted(header: &str) -> Option<Self> {
        let mut best: Option<(f32, Self)> = None;
        for entry in header.split(',').take(ENTRIES) {
            let mut parts = entry.split(';');
            let Some(language) = parts.next().and_then(Self::parse) else { continue };
            let weight = parts.find_map(|part| part.trim().strip_prefix("q=")?.parse().ok()).unwrap_or(1.0);
            // Of two that are wanted alike the first counts.
            if weight > best.map_or(0.0, |(most, _)| most) {
                best = Some((weight, language));
            }
        }
        best.map(|(_, language)| language)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_tag_is_known_by_its_language_whatever_the_country() {
        for language in Language::ALL {
            assert_eq!(Language::parse(language.tag()), Some(language));
        }
        assert_eq!(Language::parse("de-AT"), Some(Language::De));
        assert_eq!(Language::parse(" EN-us "), Some(Language::En));
        for none in ["", "d", "deu", "fr", "den-DE", "-de"] {
            assert_eq!(Language::parse(none), None, "{none:?}");
        }
    }

    #[test]
    fn of_what_a_reader_accepts_the_most_wanted_counts() {
        for (header, wanted) in [
            ("de-DE,de;q=0.9,en;q=0.8", Some(Language::De)),
            ("en;q=0.3, de;q=0.7", Some(Language::De)),
            ("fr, en-GB;q=0.5, de;q=0.4", Some(Language::En)),
            ("en, de", Some(Language::En)),
            ("de;q=0, en;q=0.1", Some(Language::En)),
            ("de;q=0", None),
            ("*", None),
            ("", None),
        ] {
            assert_eq!(Language::accepted(header), wanted, "{header:?}");
        }
    }

    proptest! {
        #[test]
        fn no_header_is_too_strange(header in ".{0,200}") {
            let _ = Language::accepted(&header);
        }
    }
}
