//! The stream key as the publisher sent it: a secret.
//!
//! It has no `Display`, its `Debug` shows nothing, and comparing two takes the same time wherever they differ. It is
//! not looked up here (admission does that). A name that cannot be a key is an [`InvalidKey`], never a shortened key.

use std::fmt;

/// Longest stream key in bytes. Our own keys are under 64; the rest is room for old ones.
pub const MAX_KEY_LEN: usize = 200;

/// A whole stream key, exactly as sent; may be empty.
#[derive(Clone, Default, Eq)]
pub struct StreamKey(Box<str>);

/// Why a publishing name cannot be a stream key. Holds nothing of the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKey {
    /// More than [`MAX_KEY_LEN`] bytes.
    #[error("stream key is longer than {MAX_KEY_LEN} bytes")]
    TooLong,
    /// A NUL or another control character; cutting there would make one key pass as another.
    #[error("stream key contains a control character")]
    Control,
    /// Not UTF-8.
    #[error("stream key is not utf-8")]
    Encoding,
}

impl StreamKey {
    /// Checks a publishing name and keeps all of it.
    ///
    /// # Errors
    /// [`InvalidKey`] if it is too long, not UTF-8 or holds a control character. Empty is valid here.
    pub fn parse(raw: &[u8]) -> Result<Self, InvalidKey> {
        if raw.len() > MAX_KEY_LEN {
            return Err(InvalidKey::TooLong);
        }
        let text = std::str::from_utf8(raw).map_err(|_| InvalidKey::Encoding)?;
        if text.chars().any(char::is_control) {
            return Err(InvalidKey::Control);
        }
        Ok(Self(text.into()))
    }

    /// The secret itself, for admission only.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether the publisher sent no key at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for StreamKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl PartialEq for StreamKey {
    fn eq(&self, other: &Self) -> bool {
        let (a, b) = (self.0.as_bytes(), other.0.as_bytes());
        a.len() == b.len() && a.iter().zip(b).fold(0, |difference, (x, y)| difference | (x ^ y)) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_never_cut_at_nul() {
        assert_eq!(StreamKey::parse(b"good\0x"), Err(InvalidKey::Control));
    }

    #[test]
    fn length_and_encoding_are_bounded() {
        assert!(StreamKey::parse(&[b'k'; 200]).is_ok());
        assert_eq!(StreamKey::parse(&[b'k'; 201]), Err(InvalidKey::TooLong));
        assert_eq!(StreamKey::parse(&[0xff]), Err(InvalidKey::Encoding));
    }

    #[test]
    fn debug_shows_nothing_of_the_key() {
        let key = StreamKey::parse(b"sk_live_abc").unwrap();
        assert_eq!(format!("{key:?}"), "***");
        assert_eq!(key.expose(), "sk_live_abc");
        assert_ne!(key, StreamKey::parse(b"sk_live_abd").unwrap());
    }

    #[test]
    fn an_empty_key_is_left_to_admission() {
        assert!(StreamKey::parse(b"").unwrap().is_empty());
    }
}
