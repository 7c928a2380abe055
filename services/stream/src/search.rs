//! How texts are folded before they are compared: the directory's search, tags, categories' slugs and look-alike names.
//!
//! Pure. What is folded is never shown. PostgreSQL makes trigrams of ASCII letters and digits alone where its locale is C, so every other
//! letter is spelled in ASCII letters here, by its number: it is found as it is written, in whatever script.

use std::ops::RangeInclusive;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};
use unicode_security::confusable_detection::skeleton;

/// Words of a search that count; more are left out.
pub const MAX_WORDS: usize = 6;
/// Letters of a word that may have two swapped: of a shorter one too little is left, a longer one is alike by its trigrams.
const SWAPPED: RangeInclusive<usize> = 3..=12;
/// Letters that stand for one that is none of ASCII: 26^5 is beyond the last of Unicode.
const SPELLED: u32 = 5;

/// Small letters and digits of ASCII, one blank between words, nothing else.
pub fn folded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut is_apart = false;
    for c in text.nfkd().flat_map(char::to_lowercase).filter(|c| !is_combining_mark(*c)) {
        if !c.is_alphanumeric() {
            is_apart = true;
            continue;
        }
        if is_apart && !out.is_empty() {
            out.push(' ');
        }
        is_apart = false;
        if c.is_ascii() {
            out.push(c);
        } else {
            spell(c, &mut out);
        }
    }
    out
}

fn spell(c: char, out: &mut String) {
    let mut rest = u32::from(c);
    for _ in 0..SPELLED {
        out.push(char::from(b'a' + (rest % 26) as u8));
        rest /= 26;
    }
}

/// The different words of a search, as the column has them; none: it asks for nothing.
pub fn words(q: &str) -> Vec<String> {
    let folded = folded(q);
    let mut words: Vec<String> = Vec::new();
    for word in folded.split(' ').filter(|w| !w.is_empty()) {
        if words.len() < MAX_WORDS && !words.iter().any(|w| w == word) {
            words.push(word.to_owned());
        }
    }
    words
}

/// What a word is with two letters beside one another swapped, each pair once: at most 11. None of a word that is too short or too long, or is
/// not of ASCII's small letters and digits alone.
pub fn swapped(word: &str) -> Vec<String> {
    let is_plain = word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    if !is_plain || !SWAPPED.contains(&word.len()) {
        return Vec::new();
    }
    let swap = |at: usize| {
        let mut letters: Vec<char> = word.chars().collect();
        letters.swap(at - 1, at);
        letters.into_iter().collect::<String>()
    };
    (1..word.len()).map(swap).filter(|other| other != word).collect()
}

/// What is searched of a channel.
pub fn document<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let folded: Vec<String> = texts.into_iter().map(folded).filter(|t| !t.is_empty()).collect();
    folded.join(" ")
}

/// A tag as it is compared: composed, small, with single blanks.
pub fn tag_key(tag: &str) -> String {
    let composed: String = tag.nfkc().flat_map(char::to_lowercase).collect();
    composed.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What two names share that look the same (UTS #39, section 4).
pub fn look(name: &str) -> String {
    let small: String = name.nfkc().flat_map(char::to_lowercase).collect();
    let seen: String = skeleton(&small).collect();
    seen.chars().flat_map(char::to_lowercase).filter(|c| c.is_alphanumeric()).collect()
}

/// What an address calls a name: a-z, 0-9 and single dashes, of at most `max` characters. Empty: the name has none of them.
pub fn slug(name: &str, max: usize) -> String {
    let mut out = String::new();
    for c in name.nfkd().flat_map(char::to_lowercase).filter(|c| !is_combining_mark(*c)) {
        if c.is_ascii_alphanumeric() {
            out.push(c);
        } else if !out.ends_with('-') && !out.is_empty() {
            out.push('-');
        }
    }
    out.truncate(max);
    out.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn folding_forgets_case_marks_and_what_stands_between_words() {
        assert_eq!(folded("  Café—Déjà_Vu! "), "cafe deja vu");
        assert_eq!(folded("%_\\'\";--"), "");
        assert_eq!(folded("ＡＢＣ"), "abc");
        assert_eq!(words("one ONE two three four five six seven").len(), MAX_WORDS);
    }

    #[test]
    fn letters_of_other_scripts_are_spelled_so_that_a_part_of_a_word_is_part_of_its_spelling() {
        let (whole, part) = (folded("音楽生放送"), folded("音楽"));
        assert!(whole.starts_with(&part) && part.len() == 10 && part.bytes().all(|b| b.is_ascii_lowercase()));
        assert_ne!(folded("音楽"), folded("楽音"));
    }

    #[test]
    fn a_word_has_each_two_neighbours_swapped_once() {
        assert_eq!(swapped("mria"), ["rmia", "mira", "mrai"]);
        assert_eq!(swapped("anna"), ["nana", "anan"]);
        assert_eq!(swapped("aaa"), Vec::<String>::new());
        assert_eq!(swapped("abcdefghijkl").len(), 11);
        for none in ["", "ab", "abcdefghijklm", "ab_d", "Mria", "äbcd", "a b c"] {
            assert!(swapped(none).is_empty(), "{none}");
        }
    }

    #[test]
    fn names_that_look_alike_have_one_look() {
        assert_eq!(look("Music"), look("M\u{443}s\u{456}c".replace('\u{443}', "u").as_str()));
        assert_eq!(look("Retro Games"), look("retro-games"));
        assert_ne!(look("Music"), look("Musik"));
    }

    #[test]
    fn a_slug_is_good_in_an_address() {
        assert_eq!(slug("Science & Technology", 40), "science-technology");
        assert_eq!(slug("  Café!  ", 40), "cafe");
        assert_eq!(slug("音楽", 40), "");
        assert_eq!(slug("aa bb", 3), "aa");
    }

    proptest! {
        #[test]
        fn whatever_is_typed_folds_to_letters_digits_and_single_blanks(text in "\\PC{0,100}") {
            let folded = folded(&text);
            prop_assert!(folded.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b' '));
            prop_assert!(!folded.contains("  ") && folded.trim() == folded);
            let slug = slug(&text, 40);
            prop_assert!(slug.len() <= 40 && !slug.starts_with('-') && !slug.ends_with('-') && !slug.contains("--"));
        }
    }
}
