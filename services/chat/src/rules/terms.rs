//! A room's blocked terms: read once into one automaton, then looked for in folded texts.
//!
//! A term is one or more words; `*` at either end or inside stands for any characters of a word. Without it whole words are meant. It is no
//! regular expression: the automaton is a bit-parallel NFA (Baeza-Yates and Gonnet, "A new approach to text searching", 1992, with
//! Navarro's extensions for classes and gaps) whose work is bounded by characters of the text times [`MAX_LETTERS`] / 64 words,
//! whatever the terms are. Pure; the list's owner and its bounds of count are `store`'s. A term that cannot be read is refused by name.

use super::fold::{Folded, Letters, Run, Symbol, fold};
use std::collections::HashMap;
use unicode_normalization::UnicodeNormalization;

/// Most characters of a term, with its wildcards.
pub const MAX_CHARS: usize = 60;
/// Most folded characters of all terms of a room: memory, and time of each message in it.
pub const MAX_LETTERS: usize = 8_192;
/// The most characters of a stretched run that are looked at: more than any term has.
const MAX_RUN: usize = MAX_CHARS;

/// Why a term is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// Nothing in it can be matched: too few letters or digits.
    #[error("a term has at least two letters or digits")]
    TooShort,
    /// More than [`MAX_CHARS`], also when folded.
    #[error("a term has at most 60 characters")]
    TooLong,
}

/// A term as places: what may stand there, and whether anything may follow in the same word.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pattern {
    places: Vec<(Symbol, bool)>,
    /// Begins inside words too.
    open_start: bool,
}

/// Whether a term can be matched, and if not why.
pub fn check(term: &str) -> Result<(), Invalid> {
    read(term).map(|_| ())
}

/// How a term is kept: NFC, small, without doubled wildcards and blanks, so that the same term is there once.
pub fn tidy(term: &str) -> String {
    let mut out = String::with_capacity(term.len());
    for c in term.nfc().flat_map(char::to_lowercase).map(|c| if c.is_whitespace() { ' ' } else { c }) {
        if !(c.is_control() || matches!(c, '*' | ' ') && out.ends_with(c)) {
            out.push(c);
        }
    }
    out.trim().to_owned()
}

fn read(term: &str) -> Result<Pattern, Invalid> {
    let term = tidy(term);
    if term.chars().count() > MAX_CHARS {
        return Err(Invalid::TooLong);
    }
    let mut pattern = Pattern { places: Vec::new(), open_start: false };
    let (mut letters, mut ends_unspaced) = (0, false);
    for (n, piece) in term.split('*').enumerate() {
        let mut rest = piece.chars();
        if n > 0 {
            match pattern.places.last_mut() {
                Some((_, gap)) => *gap = true,
                None => pattern.open_start = true,
            }
        }
        if pattern.places.is_empty() {
            pattern.open_start |= rest.clone().find(|c| c.is_alphanumeric()).is_some_and(is_unspaced);
        }
        ends_unspaced =
            rest.rfind(|c| c.is_alphanumeric()).map_or(ends_unspaced && piece.is_empty(), is_unspaced);
        let folded = fold(piece);
        for Run { symbol, count } in folded.readings.into_iter().next().unwrap_or_default() {
            let count = if symbol == Symbol::Break { 1 } else { count };
            // Words of a term are apart by one break, and it begins and ends with a letter.
            let doubled = pattern.places.last().is_none_or(|(s, _)| *s == Symbol::Break);
            if symbol == Symbol::Break && doubled {
                continue;
            }
            letters += if symbol == Symbol::Break { 0 } else { count };
            pattern.places.extend(std::iter::repeat_n((symbol, false), count));
        }
    }
    while pattern.places.last().is_some_and(|(s, gap)| *s == Symbol::Break && !gap) {
        pattern.places.pop();
    }
    if let Some((_, gap)) = pattern.places.last_mut() {
        *gap |= ends_unspaced;
    }
    let least = if term.chars().any(is_unspaced) { 1 } else { 2 };
    if letters < least {
        Err(Invalid::TooShort)
    } else if pattern.places.len() > MAX_CHARS * 2 {
        Err(Invalid::TooLong)
    } else {
        Ok(pattern)
    }
}

/// Characters of scripts that write no blanks between words: Thai, Lao, Burmese, Khmer, Japanese, Chinese. Terms of them are found anywhere.
fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{0E00}'..='\u{0EFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}' | '\u{3040}'..='\u{30FF}'
        | '\u{31F0}'..='\u{31FF}' | '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
}

/// Which bits of a set of places a character may take: words of 64 places.
type Mask = Vec<(u32, u64)>;

/// The automaton of a room. One bit a place; a set bit means that a term was followed up to there.
#[derive(Debug, Default)]
pub struct Terms {
    terms: Vec<String>,
    /// The last place of each term.
    ends: Vec<usize>,
    masks: HashMap<char, Mask>,
    /// Places where a term begins at a word's start; and anywhere.
    first: Vec<u64>,
    anywhere: Vec<u64>,
    /// Places after which any characters of the word may follow.
    gaps: Vec<u64>,
    /// Last places of terms that end with their word; and of those that end anywhere.
    closed: Vec<u64>,
    open: Vec<u64>,
}

/// Places that are reached, and which words of them are not nothing.
#[derive(Default)]
struct State {
    bits: Vec<u64>,
    touched: Vec<u32>,
}

impl State {
    fn set(&mut self, word: u32, bits: u64) {
        if bits != 0
            && let Some(slot) = self.bits.get_mut(word as usize)
        {
            if *slot == 0 {
                self.touched.push(word);
            }
            *slot |= bits;
        }
    }
    fn clear(&mut self) {
        for word in self.touched.drain(..) {
            self.bits[word as usize] = 0;
        }
    }
}

impl Terms {
    /// Reads the terms; ones that cannot be read, and those beyond [`MAX_LETTERS`], are left out.
    pub fn compile<'a>(terms: impl IntoIterator<Item = &'a str>) -> Self {
        let mut this = Self::default();
        for term in terms {
            let Ok(pattern) = read(term) else { continue };
            if this.letters() + pattern.places.len() > MAX_LETTERS {
                break;
            }
            this.add(term, &pattern);
        }
        this
    }

    /// Folded characters of all terms.
    pub fn letters(&self) -> usize {
        self.ends.last().map_or(0, |e| e + 1)
    }

    /// Whether one more term fits.
    pub fn has_room_for(&self, term: &str) -> bool {
        read(term).is_ok_and(|p| self.letters() + p.places.len() <= MAX_LETTERS)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    fn add(&mut self, term: &str, pattern: &Pattern) {
        let start = self.letters();
        let end = start + pattern.places.len() - 1;
        for set in [&mut self.first, &mut self.anywhere, &mut self.gaps, &mut self.closed, &mut self.open] {
            set.resize(end / 64 + 1, 0);
        }
        let mark = |set: &mut Vec<u64>, at: usize| set[at / 64] |= 1 << (at % 64);
        mark(&mut self.first, start);
        if pattern.open_start {
            mark(&mut self.anywhere, start);
        }
        for (n, (symbol, gap)) in pattern.places.iter().enumerate() {
            let at = start + n;
            if *gap {
                mark(&mut self.gaps, at);
            }
            for c in letters(symbol) {
                let mask = self.masks.entry(c).or_default();
                match mask.last_mut() {
                    Some((word, bits)) if *word as usize == at / 64 => *bits |= 1 << (at % 64),
                    _ => mask.push(((at / 64) as u32, 1 << (at % 64))),
                }
            }
        }
        let ends_open = pattern.places.last().is_some_and(|(_, gap)| *gap);
        mark(if ends_open { &mut self.open } else { &mut self.closed }, end);
        self.ends.push(end);
        self.terms.push(term.to_owned());
    }

    /// The first term that is in the text.
    pub fn find(&self, text: &Folded) -> Option<&str> {
        if self.is_empty() {
            return None;
        }
        text.readings.iter().find_map(|reading| self.find_in(reading))
    }

    fn find_in(&self, reading: &[Run]) -> Option<&str> {
        let blank = || State { bits: vec![0; self.first.len()], touched: Vec::new() };
        let (mut now, mut next, mut sum) = (blank(), blank(), blank());
        let mut at_start = true;
        for run in reading {
            if run.symbol == Symbol::Break {
                if let Some(term) = self.hit(&now, &self.closed) {
                    return Some(term);
                }
                self.step(&now, &mut next, run.symbol, false);
                std::mem::swap(&mut now, &mut next);
                next.clear();
                at_start = true;
                continue;
            }
            // A stretched run is any number of its symbol: what any of them reaches counts.
            for _ in 0..run.count.min(MAX_RUN) {
                self.step(&now, &mut next, run.symbol, at_start);
                at_start = false;
                std::mem::swap(&mut now, &mut next);
                next.clear();
                if let Some(term) = self.hit(&now, &self.open) {
                    return Some(term);
                }
                if run.is_stretched() {
                    now.touched.iter().for_each(|w| sum.set(*w, now.bits[*w as usize]));
                }
            }
            if run.is_stretched() {
                std::mem::swap(&mut now, &mut sum);
                sum.clear();
            }
        }
        self.hit(&now, &self.closed)
    }

    fn step(&self, now: &State, next: &mut State, symbol: Symbol, at_start: bool) {
        for c in letters(&symbol) {
            for (word, places) in self.masks.get(&c).into_iter().flatten() {
                let w = *word as usize;
                let carry = w.checked_sub(1).map_or(0, |before| now.bits[before] >> 63);
                let begins = if at_start { self.first[w] } else { self.anywhere[w] };
                next.set(*word, (((now.bits[w] << 1 | carry) & !self.first[w]) | begins) & places);
            }
        }
        if symbol != Symbol::Break {
            now.touched.iter().for_each(|w| next.set(*w, now.bits[*w as usize] & self.gaps[*w as usize]));
        }
    }

    fn hit(&self, state: &State, ends: &[u64]) -> Option<&str> {
        let (word, bits) = state
            .touched
            .iter()
            .map(|w| (*w as usize, state.bits[*w as usize] & ends[*w as usize]))
            .find(|(_, b)| *b != 0)?;
        let at = word * 64 + bits.trailing_zeros() as usize;
        self.terms.get(self.ends.partition_point(|e| *e < at)).map(String::as_str)
    }
}

/// The characters of a symbol; a break is a blank.
fn letters(symbol: &Symbol) -> impl Iterator<Item = char> {
    let all: Letters = match symbol {
        Symbol::Break => [' ', '\0', '\0'],
        Symbol::Letter(letters) => *letters,
    };
    all.into_iter().filter(|c| *c != '\0')
}

#[cfg(test)]
mod tests;
