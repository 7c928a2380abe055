//! Where a text names emotes: `:name:`, as a word of its own. `docs/CHAT-PROTOCOL.md` has the rule for clients, who draw by the same.

use std::collections::BTreeSet;

/// Shortest name, characters.
pub const MIN_NAME: usize = 2;
/// Longest name, characters.
pub const MAX_NAME: usize = 24;
/// Different emotes of one message, at most; what is beyond stays text. Each is an address in the frame.
pub const MAX_IN_TEXT: usize = 30;

/// Whether an emote may be called so: [`MIN_NAME`] to [`MAX_NAME`] of a-z, 0-9 and `_`.
pub fn is_name(name: &str) -> bool {
    (MIN_NAME..=MAX_NAME).contains(&name.len()) && name.bytes().all(is_of_name)
}

fn is_of_name(b: u8) -> bool {
    matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_')
}

/// Names that the text has between colons, each once, those first that are known; at most [`MAX_IN_TEXT`].
///
/// Neither before the first colon nor behind the second may be a letter, a digit or `_`: times (`12:30:45`) and addresses name nothing.
pub fn named(text: &str, is_known: impl Fn(&str) -> bool) -> BTreeSet<&str> {
    let mut all = BTreeSet::new();
    let mut from = 0;
    while let Some(found) = text[from..].find(':') {
        let open = from + found;
        from = open + 1;
        let inside = &text[from..];
        let length = inside.bytes().take(MAX_NAME + 1).take_while(|b| is_of_name(*b)).count();
        let name = &inside[..length];
        let behind = &inside[length..];
        if !is_name(name)
            || !behind.starts_with(':')
            || text[..open].chars().next_back().is_some_and(is_of_word)
        {
            continue;
        }
        if behind[1..].chars().next().is_some_and(is_of_word) || !is_known(name) {
            continue;
        }
        all.insert(name);
        if all.len() == MAX_IN_TEXT {
            break;
        }
        // The colon behind is no beginning of another one, except where one follows at once.
        from += length + 1;
    }
    all
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(text: &str) -> Vec<&str> {
        named(text, |n| n != "unknown").into_iter().collect()
    }

    #[test]
    fn whole_words_between_colons_are_names() {
        for (text, names) in [
            (":wave:", vec!["wave"]),
            ("hi :wave:, (:gg:)! :wave:", vec!["gg", "wave"]),
            (":wave::gg:", vec!["gg", "wave"]),
            ("at 12:30:45 or a:wave:", vec![]),
            (":wave:s", vec![]),
            ("é:wave: :wave:é", vec![]),
            ("http://a:8080:x", vec![]),
            (":Wave: :wa ve: :w: :: : :", vec![]),
            (":unknown: :unknown::gg:", vec!["gg"]),
            ("::wave::", vec!["wave"]),
            (":aaaaaaaaaaaaaaaaaaaaaaaa: :aaaaaaaaaaaaaaaaaaaaaaaaa:", vec!["aaaaaaaaaaaaaaaaaaaaaaaa"]),
            ("👋:wave:👋", vec!["wave"]),
        ] {
            assert_eq!(all(text), names, "{text}");
        }
    }

    #[test]
    fn a_text_of_many_names_is_bounded() {
        let text: String = (10..90).map(|n| format!(":e{n}:")).collect();
        assert_eq!(all(&text).len(), MAX_IN_TEXT);
    }

    proptest! {
        #[test]
        fn any_text_gives_names_that_it_has(text in "[:a-c é_]{0,40}|\\PC{0,40}") {
            for name in all(&text) {
                let whole = format!(":{}:", name);
                prop_assert!(is_name(name) && text.contains(&whole));
            }
        }
    }
}
