//! Refresh tokens: opaque, 256 bits, kept only as their SHA-256; the successor follows from the token and a server secret.
//!
//! `successor(t) = HMAC-SHA256(k, t)`, `k = HMAC-SHA256(signing key, label)`. So a token that was just replaced can be given the
//! very same successor again (two tabs, a lost answer) although nothing in the database is a token: without `k` neither the
//! rows nor an old token tell the next one. Only the first token of a family is random. When signing keys follow one
//! another the former one still tells the successors that it made; with a key taken out at once a running grace ends early (401), nothing else. Grace and reuse are decided in `store::families`.

use crate::error::Error;
use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use streamly_auth::SigningKey;
use time::Duration;

/// Life of a token and of its cookie.
pub(crate) const LIFETIME: Duration = Duration::days(30);
/// How long after its replacement a token still gets its successor (CONTRACT).
pub(crate) const GRACE: Duration = Duration::seconds(30);
/// Separates this use of the signing key from every other.
const LABEL: &[u8] = b"streamly user refresh-token successor v1";

/// A token. Prints as `***`.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Token([u8; 32]);

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl Token {
    /// The first of a family.
    pub(crate) fn random() -> Result<Self, Error> {
        let mut bytes = [0; 32];
        aws_lc_rs::rand::fill(&mut bytes).map_err(|_| Error::Random)?;
        Ok(Self(bytes))
    }
    /// As a cookie holds it. Nothing else than 43 characters of base64url parses.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        (text.len() == 43)
            .then(|| URL_SAFE_NO_PAD.decode(text).ok())?
            .and_then(|b| b.try_into().ok())
            .map(Self)
    }
    /// For the cookie.
    pub(crate) fn to_text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }
    /// The bits themselves: for what is signed.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
    /// For the database.
    pub(crate) fn hash(&self) -> Vec<u8> {
        Sha256::digest(self.0).to_vec()
    }
}

/// Derives successors.
pub(crate) struct Successors {
    present: hmac::Key,
    /// All that a successor may have been derived by.
    all: Vec<hmac::Key>,
}

impl Successors {
    /// Bound to the key that signs, so that there is no second secret to keep; `all` are the keys that signed lately, or may soon.
    pub(crate) fn new<'a>(signing: &SigningKey, all: impl IntoIterator<Item = &'a SigningKey>) -> Self {
        Self { present: derivation(signing), all: all.into_iter().map(derivation).collect() }
    }
    /// The one successor of a token that is replaced now.
    pub(crate) fn of(&self, token: &Token) -> Token {
        successor(&self.present, token)
    }
    /// The successor that a token got, by its hash; none if it was derived by a key that is gone.
    pub(crate) fn find(&self, token: &Token, hash: &[u8]) -> Option<Token> {
        self.all.iter().map(|key| successor(key, token)).find(|next| next.hash() == hash)
    }
}

fn derivation(key: &SigningKey) -> hmac::Key {
    let root = hmac::Key::new(hmac::HMAC_SHA256, key.to_text().as_bytes());
    hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&root, LABEL).as_ref())
}

fn successor(key: &hmac::Key, token: &Token) -> Token {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(hmac::sign(key, &token.0).as_ref());
    Token(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_token_has_one_successor_under_one_key_and_another_under_another() {
        let (a, b) = (SigningKey::generate().unwrap(), SigningKey::generate().unwrap());
        let token = Token::random().unwrap();
        let next = Successors::new(&a, [&a]).of(&token);
        assert_eq!(next, Successors::new(&a, [&a]).of(&token));
        let after = Successors::new(&b, [&a, &b]);
        assert_ne!(next, after.of(&token));
        assert_eq!(after.find(&token, &next.hash()), Some(next.clone()), "while the former key is there");
        assert_eq!(Successors::new(&b, [&b]).find(&token, &next.hash()), None);
        assert_ne!(next, token);
        assert_eq!(Token::parse(&next.to_text()), Some(next.clone()));
        assert!(!format!("{next:?}").contains(&next.to_text()));
    }

    proptest! {
        #[test]
        fn no_cookie_text_panics_and_only_canonical_ones_parse(text in "\\PC{0,60}|[A-Za-z0-9_-]{43}") {
            if let Some(token) = Token::parse(&text) {
                prop_assert_eq!(token.to_text(), text);
            }
        }
    }
}
