//! A bot's token in the clear: `sbt_` and 160 bits of the system's random source as 40 hex digits. Kept nowhere; prints as `***`.

use rand::RngCore;
use sha2::{Digest, Sha256};
use std::fmt::Write;

const PREFIX: &str = "sbt_";
/// Random bytes.
const RANDOM: usize = 20;

/// The token.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl Token {
    /// A new one.
    pub fn generate() -> Self {
        let mut random = [0u8; RANDOM];
        rand::rng().fill_bytes(&mut random);
        let mut text = String::from(PREFIX);
        for byte in random {
            let _ = write!(text, "{byte:02x}");
        }
        Self(text)
    }

    /// What somebody sent, if it has the form of one; `None`: it is something else, an access token mostly.
    pub fn presented(text: &str) -> Option<Self> {
        text.starts_with(PREFIX).then(|| Self(text.to_owned()))
    }

    /// The text itself, for the owner.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// SHA-256 (FIPS 180-4), as it is kept.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_long_different_and_never_printed() {
        let (one, other) = (Token::generate(), Token::generate());
        assert_eq!(one.expose().len(), 44);
        assert_ne!(one.hash(), other.hash());
        assert_eq!(format!("{one:?}"), "***");
        assert_eq!(Token::presented(one.expose()), Some(one));
        assert_eq!(Token::presented("eyJhbGciOi"), None);
    }
}
