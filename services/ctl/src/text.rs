//! Text of strangers, such as titles and the names of encoders, as it may be written to a terminal.
//!
//! A terminal obeys control characters, and shows what follows a bidirectional override in another order than it is. Neither is ever
//! written: in lines for people [`INSTEAD`] stands for each, in JSON its escape.

use serde_json::Value;

/// What is written for a character that is not.
const INSTEAD: char = '\u{fffd}';
/// Most characters of what somebody else said in an error.
const SAID: usize = 200;

/// Whether a terminal would obey it, or a reader be deceived: control characters (C0, DEL, C1), bidirectional marks, overrides and isolates
/// (Unicode Standard Annex 9), separators of lines, and what is not seen at all.
fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// The text in as many characters, without what is harmful.
pub(crate) fn clean(text: &str) -> String {
    text.chars().map(|c| if is_harmful(c) { INSTEAD } else { c }).collect()
}

/// At most so many characters of it; an ellipsis is the last one where some are missing.
pub(crate) fn cut(text: &str, most: usize) -> String {
    if text.chars().nth(most).is_none() {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

/// What somebody else said, as it may stand in an error.
pub(crate) fn said(text: &str) -> String {
    cut(&clean(text), SAID)
}

/// The value on one line. Harmful characters stand in strings alone, where JSON (RFC 8259 §7) has an escape for each.
pub(crate) fn escaped(value: &Value) -> String {
    let mut line = String::new();
    for c in value.to_string().chars() {
        if is_harmful(c) {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units).iter() {
                line.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            line.push(c);
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const HARMFUL: &str = "\u{1b}[2J\n\r\t\u{7f}\u{9b}31m\u{202e}txt\u{2066}\u{feff}\u{e0041}";

    #[test]
    fn what_a_terminal_obeys_is_replaced_and_all_else_stays() {
        let cleaned = clean(HARMFUL);
        assert_eq!(cleaned, "�[2J�����31m�txt���");
        assert_eq!(cleaned.chars().count(), HARMFUL.chars().count());
        for good in ["Ada's café, 日本語, עברית", "👩‍👩‍👧 a\u{301}"] {
            assert_eq!(clean(good), good);
        }
    }

    #[test]
    fn json_says_the_same_without_them() {
        let value = json!({"title": HARMFUL, "name": "日本語"});
        let line = escaped(&value);
        assert!(!line.chars().any(is_harmful), "{line:?}");
        assert!(
            line.contains("日本語") && line.contains(r"\u202e") && line.contains(r"\udb40\udc41"),
            "{line}"
        );
        assert_eq!(serde_json::from_str::<Value>(&line).unwrap(), value);
    }

    #[test]
    fn a_long_text_is_cut_by_characters_and_one_that_fits_is_not() {
        assert_eq!(cut("日本語", 3), "日本語");
        assert_eq!(cut("日本語です", 3), "日本…");
        assert_eq!(cut("", 3), "");
        assert_eq!(said(&"x".repeat(500)).chars().count(), SAID);
        assert_eq!(said("\u{1b}"), "�");
    }
}
