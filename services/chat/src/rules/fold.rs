//! A text as moderation reads it: look-alikes, leet digits, stretched and spelled-out words are read as the letters they stand for.
//!
//! Pure. It does not decide anything: [`super::terms`] looks for words in a [`Folded`], and [`key`] says which texts are the same for a
//! reader. Nothing that was folded is ever shown to anybody. Work and memory are linear in the text; any text can be folded.

use std::collections::HashMap;
use unicode_normalization::{UnicodeNormalization, char::canonical_combining_class};
use unicode_security::confusable_detection::skeleton;

/// A run of this many equal characters is a stretched one: it stands for any smaller number of them. No word has three.
const STRETCHED: usize = 3;
/// Single characters in a row, at least, that are a word spelled out.
const SPELLED: usize = 3;
/// Most steps until a character's fold is stable; tables need two.
const STEPS: usize = 4;

/// The characters that one place in a text may stand for; unused ones are `'\0'`.
pub type Letters = [char; 3];

/// One place of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Symbol {
    /// Between words: blanks and punctuation.
    Break,
    /// Any one of these.
    Letter(Letters),
}

/// Equal symbols in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// Which.
    pub symbol: Symbol,
    /// How often, at least 1.
    pub count: usize,
}

impl Run {
    /// Whether it stands for any number of its symbol up to `count`.
    pub fn is_stretched(&self) -> bool {
        self.count >= STRETCHED && self.symbol != Symbol::Break
    }
}

/// A text in one or two readings: as it is, and with what separates single letters or stands inside words taken out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folded {
    /// At most two.
    pub readings: Vec<Vec<Run>>,
}

/// What a character is before its neighbours are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    Letter(Letters),
    Digit(char),
    /// Punctuation that can stand for a letter.
    Leet(char),
    Punctuation,
    Blank,
}

impl Sign {
    fn separates(self) -> bool {
        matches!(self, Self::Punctuation | Self::Blank)
    }
}

/// Reads a text.
pub fn fold(text: &str) -> Folded {
    let mut signs = Vec::with_capacity(text.len());
    // Each character beyond ASCII is looked up once.
    let mut known = HashMap::<char, Vec<Sign>>::new();
    text.nfkd().for_each(|c| {
        if c.is_ascii() {
            sign(c, &mut signs);
        } else {
            let made = known.entry(c).or_insert_with(|| {
                let mut made = Vec::new();
                sign(c, &mut made);
                made
            });
            signs.extend_from_slice(made);
        }
    });
    if !known.is_empty() {
        order(&mut signs);
    }
    read_leet(&mut signs);
    let plain = runs(signs.iter().copied());
    let mut readings = Vec::with_capacity(2);
    if let Some(glued) = glue(&signs) {
        readings.push(runs(glued.into_iter()));
    }
    readings.insert(0, plain);
    Folded { readings }
}

/// What makes texts the same to a reader: case, look-alikes, blanks, punctuation and stretching do not count. Folding it again gives the same.
pub fn key(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut last, mut count) = ('\0', 0);
    let mut put = |c: char, count: usize| {
        if !(c == '\0' || c == ' ' && out.is_empty()) {
            // 1000 is not 10000.
            let is_stretched = count >= STRETCHED && !c.is_ascii_digit();
            out.extend(std::iter::repeat_n(c, if is_stretched || c == ' ' { 1 } else { count }));
        }
    };
    for run in fold(text).readings.first().into_iter().flatten() {
        let c = match run.symbol {
            Symbol::Break => ' ',
            Symbol::Letter(letters) => letters[0],
        };
        if c == last {
            count += run.count;
        } else {
            put(last, count);
            (last, count) = (c, run.count);
        }
    }
    put(last, count);
    out.truncate(out.trim_end().len());
    out
}

/// What messages have in common that say the same, however they are written: [`key`] without blanks. Of a text without letters and digits
/// (emoji) all that is visible.
pub fn sense(text: &str) -> String {
    let mut sense = key(text);
    sense.retain(|c| c != ' ');
    if sense.is_empty() { text.split_whitespace().collect() } else { sense }
}

/// One character of NFKD text; what is drawn over others or not at all is nothing.
fn sign(c: char, out: &mut Vec<Sign>) {
    if is_mark(c) {
        return;
    }
    let one = |c: char| Sign::Letter([c, '\0', '\0']);
    out.push(match c {
        // A capital I is drawn like a small l.
        'I' => Sign::Letter(['i', 'l', '\0']),
        'A'..='Z' => one(c.to_ascii_lowercase()),
        'a'..='z' => one(c),
        '0'..='9' => Sign::Digit(c),
        '@' | '$' | '!' | '|' | '€' => Sign::Leet(c),
        c if c.is_whitespace() => Sign::Blank,
        c if c.is_ascii() => Sign::Punctuation,
        c => return other(c, out),
    });
}

/// A character beyond ASCII: what it looks like, small; a capital may look like another letter than its small form does.
fn other(c: char, out: &mut Vec<Sign>) {
    if let Some(plain) = drawn(c) {
        return out.push(Sign::Letter([plain, '\0', '\0']));
    }
    let capital = c.is_uppercase().then(|| looks(c)).filter(|l| l.chars().count() == 1);
    let small: String = c.to_lowercase().flat_map(|c| looks(c).chars().collect::<Vec<_>>()).collect();
    let single = small.chars().count() == 1;
    // As German writes it where it has no such letter.
    for s in small.replace('ß', "ss").chars() {
        out.push(match s {
            s if s.is_ascii_digit() => Sign::Digit(s),
            s if s.is_alphanumeric() => {
                let also = capital.as_ref().and_then(|l| l.chars().next()).filter(|a| single && *a != s);
                Sign::Letter([s, also.filter(|a| a.is_alphanumeric()).unwrap_or('\0'), '\0'])
            }
            s if is_mark(s) => continue,
            s if s.is_whitespace() => Sign::Blank,
            _ => Sign::Punctuation,
        });
    }
}

/// The small letters that a character looks like (UTS #39, section 4: skeleton), as often as that changes them.
fn looks(c: char) -> String {
    let mut now = c.to_string();
    for _ in 0..STEPS {
        let mut next = String::new();
        for c in now.chars() {
            match drawn(c) {
                Some(plain) => next.push(plain),
                None if c.is_ascii() => next.push(c),
                None => next.extend(skeleton(c.encode_utf8(&mut [0; 4]))),
            }
        }
        let next = next.chars().flat_map(char::to_lowercase).nfkd().filter(|c| !is_mark(*c)).collect();
        if next == now {
            break;
        }
        now = next;
    }
    now
}

/// Letters that are drawn otherwise and that neither Unicode's compatibility nor its table of look-alikes names: small capitals, and the filled
/// and regional ones among the emoji.
fn drawn(c: char) -> Option<char> {
    const SMALL_CAPITALS: &str = "aᴀbʙcᴄdᴅeᴇfꜰgɢhʜiɪjᴊkᴋlʟmᴍmʍnɴoᴏpᴘrʀsꜱtᴛuᴜvᴠwᴡyʏzᴢ";
    let nth = |from: u32| char::from_u32('a' as u32 + (c as u32 - from));
    match c {
        '\u{1F150}'..='\u{1F169}' => nth(0x1F150),
        '\u{1F170}'..='\u{1F189}' => nth(0x1F170),
        '\u{1F1E6}'..='\u{1F1FF}' => nth(0x1F1E6),
        '\u{0250}'..='\u{A731}' => {
            let mut pairs = SMALL_CAPITALS.chars();
            while let (Some(plain), Some(capital)) = (pairs.next(), pairs.next()) {
                if capital == c {
                    return Some(plain);
                }
            }
            None
        }
        _ => None,
    }
}

/// Puts marks in canonical order, as NFKD had put those that they stand for (UAX #15, section 1.3).
fn order(signs: &mut [Sign]) {
    let class = |sign: &Sign| match sign {
        Sign::Letter(letters) => canonical_combining_class(letters[0]),
        _ => 0,
    };
    for marks in signs.chunk_by_mut(|a, b| (class(a) == 0) == (class(b) == 0)) {
        if marks.len() > 1 && class(&marks[0]) != 0 {
            marks.sort_by_key(class);
        }
    }
}

/// Marks that are drawn over or around letters without being one, and what is not drawn. Vowel signs of scripts that need them stay.
fn is_mark(c: char) -> bool {
    matches!(c,
        '\u{0300}'..='\u{036F}' | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}' | '\u{20D0}'..='\u{20FF}' | '\u{FE20}'..='\u{FE2F}'
        | '\u{0591}'..='\u{05C7}' | '\u{0610}'..='\u{061A}' | '\u{0640}' | '\u{064B}'..='\u{065F}' | '\u{0670}'
        | '\u{00AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
        | '\u{1F3FB}'..='\u{1F3FF}' | '\u{E0000}'..='\u{E0FFF}')
}

/// Digits and signs that stand for letters: only in words that have letters, `@ ! |` only inside them.
fn read_leet(signs: &mut [Sign]) {
    let mut start = 0;
    while start < signs.len() {
        let len = signs[start..].iter().take_while(|s| !s.separates()).count();
        let word = &mut signs[start..start + len];
        let has_letters = word.iter().any(|s| matches!(s, Sign::Letter(_)));
        // Trailing and leading ones are punctuation: "hi!", "@ada".
        let first = word.iter().position(|s| !matches!(s, Sign::Leet('@' | '!' | '|'))).unwrap_or(len);
        let last = word.iter().rposition(|s| !matches!(s, Sign::Leet('@' | '!' | '|'))).unwrap_or(0);
        for (n, sign) in word.iter_mut().enumerate() {
            *sign = match *sign {
                Sign::Digit(d) if has_letters => Sign::Letter(leet(d)),
                Sign::Digit(d) => Sign::Letter([d, '\0', '\0']),
                Sign::Leet(s @ ('@' | '!' | '|')) if has_letters && n > first && n < last => {
                    Sign::Letter(leet(s))
                }
                Sign::Leet(s @ ('$' | '€')) if has_letters => Sign::Letter(leet(s)),
                Sign::Leet(_) => Sign::Punctuation,
                other => other,
            };
        }
        start += len.max(1);
    }
}

/// What a digit or sign stands for among letters; a digit also for itself.
fn leet(c: char) -> Letters {
    match c {
        '0' => ['0', 'o', '\0'],
        '1' => ['1', 'i', 'l'],
        '2' => ['2', 'z', '\0'],
        '3' => ['3', 'e', '\0'],
        '4' => ['4', 'a', '\0'],
        '5' => ['5', 's', '\0'],
        '6' | '9' => [c, 'g', '\0'],
        '7' => ['7', 't', '\0'],
        '8' => ['8', 'b', '\0'],
        '@' => ['a', '\0', '\0'],
        '$' => ['s', '\0', '\0'],
        '!' => ['i', '\0', '\0'],
        '|' => ['i', 'l', '\0'],
        '€' => ['e', '\0', '\0'],
        c => [c, '\0', '\0'],
    }
}

/// The second reading: without punctuation between characters, and with spelled-out words ("s p e l l") as one. `None`: the same as the first.
fn glue(signs: &[Sign]) -> Option<Vec<Sign>> {
    // Words with the separators before them.
    let mut words: Vec<(&[Sign], &[Sign])> = Vec::new();
    let mut at = 0;
    while at < signs.len() {
        let gap = signs[at..].iter().take_while(|s| s.separates()).count();
        let len = signs[at + gap..].iter().take_while(|s| !s.separates()).count();
        words.push((&signs[at..at + gap], &signs[at + gap..at + gap + len]));
        at += gap + len;
    }
    let is_single = |w: &[Sign]| w.first().is_some_and(|f| w.iter().all(|s| s == f));
    let mut spelled = vec![false; words.len()];
    let mut at = 0;
    while at < words.len() {
        let singles = words[at..].iter().take_while(|(_, w)| is_single(w)).count();
        if singles >= SPELLED {
            spelled[at + 1..at + singles].fill(true);
        }
        at += singles.max(1);
    }
    let (mut out, mut changed) = (Vec::with_capacity(signs.len()), false);
    for (n, (gap, word)) in words.iter().enumerate() {
        let inside = n > 0 && !word.is_empty() && gap.iter().all(|s| *s == Sign::Punctuation);
        if inside || spelled[n] {
            changed |= !gap.is_empty();
        } else {
            out.extend_from_slice(gap);
        }
        out.extend_from_slice(word);
    }
    changed.then_some(out)
}

fn runs(signs: impl Iterator<Item = Sign>) -> Vec<Run> {
    let mut out: Vec<Run> = Vec::new();
    for sign in signs {
        let symbol = match sign {
            Sign::Letter(l) => Symbol::Letter(l),
            Sign::Digit(c) | Sign::Leet(c) => Symbol::Letter([c, '\0', '\0']),
            Sign::Punctuation | Sign::Blank => Symbol::Break,
        };
        match out.last_mut() {
            Some(run) if run.symbol == symbol => run.count += 1,
            _ => out.push(Run { symbol, count: 1 }),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn texts_that_look_the_same_have_one_key() {
        for (text, plain) in [
            ("HELLO, world!!", "hello world"),
            ("ｆｕｌｌ ｗｉｄｔｈ", "full width"),
            ("𝓯𝓪𝓷𝓬𝔂 𝕥𝕖𝕩𝕥", "fancy text"),
            ("ﬁne", "fine"),
            ("раураl", "paypal"),
            ("z̷a̸l̵g̶o̷", "zalgo"),
            ("naïve façade", "naive facade"),
            ("sᴍᴀʟʟ ᴄᴀᴘɪᴛᴀʟs", "small capitals"),
            ("🅱🅐🇩", "bad"),
            ("ᏻᎪᎷᎬ", "game"),
            ("soooooo", "so"),
            ("a\u{200B}b\u{2060}c", "abc"),
            ("Straße", "strasse"),
            ("𞺔\u{16ff0}", "س\u{6db}\u{16ff0}"),
        ] {
            assert_eq!(key(text), key(plain), "{text}");
        }
        for (one, other) in [
            ("good", "god"),
            ("burn", "bum"),
            ("1488", "1489"),
            ("1000", "10000"),
            ("да", "нет"),
            ("तुम", "तम"),
        ] {
            assert_ne!(key(one), key(other), "{one} {other}");
        }
    }

    #[test]
    fn a_key_of_scripts_and_emoji_is_not_empty_for_letters_only() {
        assert_eq!(key("👍👍"), "");
        assert!(!key("你好").is_empty() && !key("привет").is_empty() && !key("안녕").is_empty());
    }

    #[test]
    fn what_is_said_again_is_known_however_it_is_written() {
        for same in
            ["Hello, World!", "ＨＥＬＬＯ　ＷＯＲＬＤ", "h e l l o world...", "hellо wоrld", "hello woooorld"]
        {
            assert_eq!(sense(same), "helloworld", "{same}");
        }
        assert_eq!(sense("😀 😀"), "😀😀");
        assert_ne!(sense("😀"), sense("😁"));
        assert_ne!(sense("part 1"), sense("part 2"));
    }

    #[test]
    fn only_texts_with_something_between_letters_have_a_second_reading() {
        assert_eq!(fold("a plain sentence, as most are.").readings.len(), 1);
        for glued in ["a.b", "s p e l l", "don't", "a-b c"] {
            assert_eq!(fold(glued).readings.len(), 2, "{glued}");
        }
    }

    proptest! {
        #[test]
        fn any_text_can_be_folded_and_twice_is_once(s in "\\PC{0,60}|.{0,60}|[a-zA-Z0-9@$!|. ÀΑАІ🅰ﷺ]{0,40}") {
            let once = key(&s);
            prop_assert_eq!(key(&once), once.clone());
            // NFKD makes at most 18 of one character, a look-alike a few more of each.
            prop_assert!(once.chars().count() <= s.chars().count() * 40);
        }
    }
}
