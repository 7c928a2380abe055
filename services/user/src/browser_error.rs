//! An error of a page in somebody's browser, as it is kept: cut to size, and without what addresses carry behind `?` and `#`, where tokens
//! stand. Two errors are equal if their words and the place they come from are, whatever numbers and ids stand in the words.

use sha2::{Digest, Sha256};

/// Most characters of each text; more is cut off.
const MESSAGE_MAX: usize = 300;
const STACK_MAX: usize = 4_000;
const PAGE_MAX: usize = 200;
/// Lines of a stack that tell one place from another.
const PLACE_LINES: usize = 3;

/// What is kept of an error.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BrowserError {
    pub(crate) message: String,
    pub(crate) stack: String,
    /// A path.
    pub(crate) page: String,
    /// The browser's `User-Agent`.
    pub(crate) browser: String,
}

impl BrowserError {
    /// Of what a page says of itself. `None`: without a message.
    pub(crate) fn new(message: &str, stack: &str, page: &str, browser: &str) -> Option<Self> {
        let line = |text: &str, most| clean(text, most).replace('\n', " ").trim().to_owned();
        let message = line(message, MESSAGE_MAX);
        (!message.is_empty()).then(|| Self {
            message,
            stack: clean(stack, STACK_MAX).trim_end().to_owned(),
            page: line(page, PAGE_MAX),
            browser: line(browser, PAGE_MAX),
        })
    }

    /// SHA-256 of what makes it equal to another.
    pub(crate) fn likeness(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(without_ids(&self.message));
        for line in self.stack.lines().filter(|line| line.contains(':')).take(PLACE_LINES) {
            hash.update([0]);
            hash.update(line.trim());
        }
        hash.finalize().into()
    }
}

/// At most so many characters, line breaks the only control characters, addresses without query and fragment.
fn clean(text: &str, most: usize) -> String {
    let (mut out, mut in_address, mut skips) = (String::new(), false, false);
    let text: String = text.chars().take(most).collect();
    let mut chars = text.chars().filter(|c| *c == '\n' || !c.is_control()).peekable();
    while let Some(c) = chars.next() {
        if c.is_whitespace() || matches!(c, ')' | '"' | '\'') {
            (in_address, skips) = (false, false);
        } else if c == '/' {
            in_address = true;
        } else if in_address && matches!(c, '?' | '#') {
            skips = true;
        } else if skips && c == ':' && chars.peek().is_some_and(char::is_ascii_digit) {
            // Line and column come behind it.
            skips = false;
        }
        if !skips {
            out.push(c);
        }
    }
    out
}

/// Words with a digit in them are numbers or ids: all alike.
fn without_ids(text: &str) -> String {
    let words = text.split_inclusive(|c: char| !c.is_alphanumeric());
    words.map(|word| if word.contains(|c: char| c.is_ascii_digit()) { "0" } else { word }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(message: &str, stack: &str) -> BrowserError {
        BrowserError::new(message, stack, "/ada?token=t#x", "Firefox").unwrap_or_else(|| panic!("{message}"))
    }

    #[test]
    fn what_stands_behind_an_address_is_not_kept_and_its_line_is() {
        let e = error(
            "GET https://s.example/live/b/1?sid=secret&token=t failed\r\nat once",
            "at f (https://s.example/assets/a.js?v=secret:10:20)\n\u{7}at g (/b.js#secret:3:4)",
        );
        assert_eq!(e.message, "GET https://s.example/live/b/1 failed at once");
        assert_eq!(e.stack, "at f (https://s.example/assets/a.js:10:20)\nat g (/b.js:3:4)");
        assert_eq!(e.page, "/ada");
        assert_eq!(error("Is it so? #1", "").message, "Is it so? #1", "no address");
    }

    #[test]
    fn numbers_and_ids_make_no_other_error_and_places_do() {
        let of = |message: &str, stack: &str| error(message, stack).likeness();
        assert_eq!(
            of("segment 12 of 0193ab is gone", "a.js:1:2"),
            of("segment 7 of fe2 is gone", "a.js:1:2")
        );
        assert_ne!(of("segment 12 is gone", "a.js:1:2"), of("segment 12 is gone", "a.js:1:3"));
        assert_ne!(of("one", "a.js:1:2"), of("other", "a.js:1:2"));
    }

    #[test]
    fn texts_are_cut_and_nothing_is_no_error() {
        let e = error(&"ä".repeat(1_000), &"x\n".repeat(9_000));
        assert!(e.message.chars().count() == MESSAGE_MAX && e.stack.chars().count() <= STACK_MAX);
        assert_eq!(BrowserError::new(" \n\u{0}", "stack", "/", ""), None);
    }
}
