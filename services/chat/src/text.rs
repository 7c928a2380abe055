//! The text of a message: NFC, nothing invisible that hides or reorders what others wrote, 1 to 500 graphemes.
//!
//! A grapheme has no size of its own (an emoji of a family has 25 bytes), so bytes are bounded as well: rooms hold what is said in them.
//! It does not judge words; that is moderation. Joiners that scripts and emoji need stay between visible characters.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};
use unicode_segmentation::UnicodeSegmentation;

/// Most graphemes (UAX #29 extended clusters) of a message.
pub const MAX_GRAPHEMES: usize = 500;
/// Before the tags of a flag (UTS #51, ED-14a): a black flag.
const FLAG: char = '\u{1F3F4}';
/// After them.
const LAST_TAG: char = '\u{E007F}';
/// Most tags of a flag: a country and a part of it, `gbeng`.
const MAX_TAGS: usize = 6;
/// Most combining marks on one character: real scripts need fewer; stacks of them write over the lines above.
const MAX_MARKS: usize = 6;

/// Why a text is no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// Nothing visible remains.
    #[error("the text is empty")]
    Empty,
    /// More than [`MAX_GRAPHEMES`], or more bytes than allowed.
    #[error("the text is too long")]
    TooLong,
}

/// The text as it goes into the log, at most `max_bytes` of UTF-8.
pub fn normalise(text: &str, max_bytes: usize) -> Result<String, Invalid> {
    if text.bytes().all(|b| matches!(b, b' '..=b'~')) {
        plain(text, max_bytes)
    } else {
        any_text(text, max_bytes)
    }
}

/// What most texts are: printable ASCII, of which only blanks can be too many. A character is a grapheme and a byte.
fn plain(text: &str, max_bytes: usize) -> Result<String, Invalid> {
    let mut out = String::with_capacity(text.len());
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    match out.len() {
        0 => Err(Invalid::Empty),
        n if n > max_bytes.min(MAX_GRAPHEMES) => Err(Invalid::TooLong),
        _ => Ok(out),
    }
}

fn any_text(text: &str, max_bytes: usize) -> Result<String, Invalid> {
    let visible: String = text
        .chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .filter(|c| !is_hidden(*c))
        .nfc()
        .collect();
    let mut out = String::with_capacity(visible.len());
    let (mut marks, mut joiner, mut seen) = (0, None, false);
    let mut chars = visible.chars();
    while let Some(c) = chars.next() {
        match c {
            // Only behind a flag does one see what they say.
            '\u{E0020}'..=LAST_TAG => {}
            FLAG => {
                (marks, seen) = (0, true);
                out.extend(joiner.take());
                out.push(c);
                out.push_str(tags(chars.as_str()));
            }
            ' ' => {
                joiner = None;
                if !out.is_empty() && !out.ends_with(' ') {
                    out.push(' ');
                }
                marks = 0;
            }
            '\u{200C}' | '\u{200D}' => joiner = (!out.is_empty() && !out.ends_with(' ')).then_some(c),
            c => {
                if is_combining_mark(c) {
                    marks += 1;
                    if marks > MAX_MARKS {
                        continue;
                    }
                } else {
                    marks = 0;
                    seen = true;
                }
                out.extend(joiner.take());
                out.push(c);
            }
        }
    }
    let out = out.trim_end();
    if !seen {
        Err(Invalid::Empty)
    } else if out.len() > max_bytes || out.graphemes(true).nth(MAX_GRAPHEMES).is_some() {
        Err(Invalid::TooLong)
    } else {
        Ok(out.to_owned())
    }
}

/// The tags of a flag that this text begins with: letters and digits, and the last tag.
fn tags(text: &str) -> &str {
    let is_tag = |c: &char| matches!(c, '\u{E0030}'..='\u{E0039}' | '\u{E0061}'..='\u{E007A}');
    let tags: usize = text.chars().take(MAX_TAGS).take_while(is_tag).map(char::len_utf8).sum();
    match text[tags..].chars().next() {
        Some(LAST_TAG) if tags > 0 => &text[..tags + LAST_TAG.len_utf8()],
        _ => "",
    }
}

/// Control characters, what is drawn as nothing (Default_Ignorable_Code_Point, the blanks among letters and notes), direction overrides. Tags have a
/// rule of their own, marks of variation are few on one character.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
            | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}'
            | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{13430}'..='\u{13442}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D159}'
            | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E001F}' | '\u{E0080}'..='\u{E0FFF}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn normalise(text: &str) -> Result<String, Invalid> {
        super::normalise(text, usize::MAX)
    }

    #[test]
    fn padding_and_overrides_go_and_scripts_and_emoji_stay() {
        assert_eq!(normalise("  a\u{200B}\u{2800}\n\tb \u{202E}c\u{FEFF} ").as_deref(), Ok("a b c"));
        assert_eq!(normalise("e\u{301}").as_deref(), Ok("é"));
        assert_eq!(normalise("👩\u{200D}🚀 می\u{200C}خواهم").as_deref(), Ok("👩\u{200D}🚀 می\u{200C}خواهم"));
        assert_eq!(normalise("<b>&amp;</b>").as_deref(), Ok("<b>&amp;</b>"));
        for empty in ["", " ", "\u{200D}", "\u{3164}\u{2800}", "\u{301}", "\0\r\n"] {
            assert_eq!(normalise(empty), Err(Invalid::Empty), "{empty:?}");
        }
    }

    #[test]
    fn tags_are_kept_in_flags_only() {
        let wales = "\u{1F3F4}\u{E0067}\u{E0062}\u{E0077}\u{E006C}\u{E0073}\u{E007F}";
        assert_eq!(normalise(wales).as_deref(), Ok(wales));
        assert_eq!(normalise(&format!("a{}", &wales[4..])).as_deref(), Ok("a"));
        assert_eq!(normalise(&wales[..wales.len() - 4]).as_deref(), Ok("\u{1F3F4}"), "it has no end");
        let long = format!("\u{1F3F4}{}\u{E007F}x", "\u{E0061}".repeat(7));
        assert_eq!(normalise(&long).as_deref(), Ok("\u{1F3F4}x"));
        assert_eq!(
            normalise(&format!("\u{1F3F4}\u{E007F}{wales}")).as_deref(),
            Ok(&*format!("\u{1F3F4}{wales}"))
        );
    }

    #[test]
    fn what_is_drawn_as_nothing_goes() {
        for nothing in
            ["\u{1D159}", "\u{13430}", "\u{13441}", "\u{1BCA0}", "\u{180E}", "\u{E0100}", "\u{FE0F}"]
        {
            assert_eq!(normalise(nothing), Err(Invalid::Empty), "{nothing:?}");
        }
    }

    #[test]
    fn five_hundred_graphemes_fit_and_one_more_does_not() {
        assert!(normalise(&"👩‍🚀".repeat(500)).is_ok());
        assert_eq!(normalise(&"x".repeat(501)), Err(Invalid::TooLong));
    }

    #[test]
    fn bytes_are_counted_in_what_remains() {
        let within = |text: &str, max| super::normalise(text, max).map(|t| t.len());
        assert_eq!(within(&"😀".repeat(500), 2_000), Ok(2_000));
        assert_eq!(within(&"😀".repeat(500), 1_999), Err(Invalid::TooLong));
        assert_eq!(within("  e\u{301}\u{200B} ", 2), Ok(2));
    }

    #[test]
    fn a_tower_of_marks_is_cut() {
        let text = normalise(&format!("z{}", "\u{336}".repeat(400))).unwrap();
        assert_eq!(text.chars().count(), 1 + MAX_MARKS);
    }

    proptest! {
        #[test]
        fn plain_text_is_as_any_text(s in "[ -~]{0,60}|[ -~]{490,520}", max in 0usize..600) {
            prop_assert_eq!(plain(&s, max), any_text(&s, max));
        }

        #[test]
        fn what_remains_is_clean_and_never_panics(s in "\\PC{0,40}|.{0,40}") {
            if let Ok(t) = normalise(&s) {
                prop_assert!(!t.is_empty() && t.trim() == t && !t.contains("  "));
                prop_assert!(!t.chars().any(is_hidden));
            }
        }
    }
}
