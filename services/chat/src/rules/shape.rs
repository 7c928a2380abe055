//! How a text is made, whatever it says: shouting, and the same over and over.
//!
//! Pure. Thresholds are settings ([`crate::config::Rules`]); words are [`super::terms`]' business, the author's other messages [`super::flood`]'s.

use super::fold;
use std::collections::HashMap;
use unicode_segmentation::UnicodeSegmentation;

/// Whether at least `letters` letters that have a case are there and `percent` of them are capitals. Names of emotes (`:NAME:`) do not count.
pub fn is_shouted(text: &str, letters: usize, percent: u8) -> bool {
    let words = text.split(' ').filter(|w| !(w.len() > 2 && w.starts_with(':') && w.ends_with(':')));
    let (mut small, mut capital) = (0usize, 0usize);
    for c in words.flat_map(str::chars) {
        small += usize::from(c.is_lowercase());
        capital += usize::from(c.is_uppercase());
    }
    let all = small + capital;
    all >= letters.max(1) && capital * 100 >= all * usize::from(percent)
}

/// Whether one character stands `characters` times in a row, or one word `words` times and makes up half of the text.
pub fn is_repetitive(text: &str, characters: usize, words: usize) -> bool {
    let (mut last, mut row) = ("", 0usize);
    for g in text.graphemes(true).filter(|g| *g != " ") {
        row = if g == last { row + 1 } else { 1 };
        last = g;
        if row >= characters.max(2) {
            return true;
        }
    }
    let (mut all, mut count) = (0usize, HashMap::<String, usize>::new());
    for word in text.split(' ') {
        let key = fold::key(word);
        all += 1;
        *count.entry(if key.is_empty() { word.to_owned() } else { key }).or_default() += 1;
    }
    count.values().any(|n| *n >= words.max(2) && n * 2 >= all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn shouting_is_long_and_in_capitals() {
        let shouted = |text| is_shouted(text, 12, 80);
        assert!(
            shouted("WHY IS NOBODY LISTENING")
                && shouted("ПОЧЕМУ НИКТО НЕ СЛЫШИТ")
                && shouted("STOP THIS NOW PLEASE ok")
        );
        for calm in [
            "OK GO",
            "Why is Nobody Listening",
            "LOL that was very funny",
            "你好你好你好你好你好你好",
            "1234567890123",
            ":KAPPA: :PRIDE: :DANCE: :PARTY:",
            "",
        ] {
            assert!(!shouted(calm), "{calm}");
        }
    }

    #[test]
    fn the_same_over_and_over_is_repetitive() {
        let repeats = |text| is_repetitive(text, 12, 6);
        assert!(
            repeats("noooooooooooo")
                && repeats("!!!!!!!!!!!!")
                && repeats("😂😂😂😂😂😂😂😂😂😂😂😂")
                && repeats("! ! ! ! ! ! ! ! ! ! ! !")
        );
        assert!(repeats("buy Buy BUY buy, buy buy") && repeats("👩‍🚀 👩‍🚀 👩‍🚀 👩‍🚀 👩‍🚀 👩‍🚀"));
        for fine in [
            "hahahahahahahahaha",
            "no no no no no",
            "the cat and the dog and the bird and the fish and the mouse and the end",
            "........",
            "",
        ] {
            assert!(!repeats(fine), "{fine}");
        }
    }

    proptest! {
        #[test]
        fn any_text_can_be_judged(s in "\\PC{0,80}|.{0,80}", n in 0usize..20) {
            let _ = (is_shouted(&s, n, 100), is_repetitive(&s, n, n));
        }
    }
}
