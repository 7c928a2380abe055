//! Stream keys: made, hashed for look-up, sealed for showing again. A key never prints.
//!
//! `sk_` and 32 base32 characters (160 random bits). The look-up hash is HMAC-SHA-256 under a pepper, so that a stolen table finds
//! no key; the sealed copy is XChaCha20-Poly1305 with the row's id as associated data, so that rows cannot be swapped.

use base64::{Engine, engine::general_purpose::STANDARD};
use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead, KeyInit, Payload},
};
use hmac::{Hmac, Mac};
use rand::RngCore;
use sha2::Sha256;
use std::fmt;
use uuid::Uuid;

/// Characters of RFC 4648 base32, lower case.
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
/// Random bytes of a key: 160 bits.
const RANDOM: usize = 20;
/// Bytes of an XChaCha20 nonce.
const NONCE: usize = 24;
/// Bytes of the key that seals.
const SEALING: usize = 32;
/// Fewest bytes of a pepper.
const MIN_PEPPER: usize = 16;

/// A stream key in the clear. Shown to its owner only; prints as `***`.
#[derive(Clone, PartialEq, Eq)]
pub struct StreamKey(String);

impl fmt::Debug for StreamKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl StreamKey {
    /// A new one from the system's random source.
    pub fn generate() -> Self {
        Self::random("sk_")
    }
    /// The secret of a link to watch, as hard to guess, and never taken for a key.
    pub fn link() -> Self {
        Self::random("wl_")
    }
    fn random(kind: &str) -> Self {
        let mut random = [0u8; RANDOM];
        rand::rng().fill_bytes(&mut random);
        let mut text = String::from(kind);
        for chunk in random.chunks(5) {
            let bits = chunk.iter().fold(0u64, |bits, byte| bits << 8 | u64::from(*byte));
            for i in (0..8).rev() {
                text.push(char::from(ALPHABET[(bits >> (5 * i) & 31) as usize]));
            }
        }
        Self(text)
    }
    /// What an encoder sent; anything at all.
    pub fn presented(text: String) -> Self {
        Self(text)
    }
    /// The key itself, for its owner.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// Why the secrets of the configuration cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSecret {
    /// Too short to protect anything.
    #[error("key_pepper has fewer than {MIN_PEPPER} bytes")]
    Pepper,
    /// Not a 256-bit key.
    #[error("key_sealing is not the base64 of 32 bytes")]
    Sealing,
}

impl InvalidSecret {
    /// What is wrong with the secrets that are there; nothing, if [`Vault::new`] takes them.
    pub fn all(pepper: Option<&str>, sealing: Option<&str>) -> Vec<Self> {
        let decoded = sealing.map(|s| STANDARD.decode(s.trim()).unwrap_or_default().len());
        let pepper = pepper.filter(|p| p.len() < MIN_PEPPER).map(|_| Self::Pepper);
        let sealing = decoded.filter(|length| *length != SEALING).map(|_| Self::Sealing);
        pepper.into_iter().chain(sealing).collect()
    }
}

/// The sealed copy does not open: another key, another row, or damage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the sealed stream key does not open")]
pub struct Unopenable;

/// Hashes and seals.
#[derive(Clone)]
pub struct Vault {
    pepper: Hmac<Sha256>,
    cipher: XChaCha20Poly1305,
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault(***)")
    }
}

impl Vault {
    /// From the two secrets. Errors: one of them is not usable.
    pub fn new(pepper: &str, sealing: &str) -> Result<Self, InvalidSecret> {
        if pepper.len() < MIN_PEPPER {
            return Err(InvalidSecret::Pepper);
        }
        let key = STANDARD.decode(sealing.trim()).map_err(|_| InvalidSecret::Sealing)?;
        Ok(Self {
            pepper: Hmac::new_from_slice(pepper.as_bytes()).map_err(|_| InvalidSecret::Pepper)?,
            cipher: XChaCha20Poly1305::new_from_slice(&key).map_err(|_| InvalidSecret::Sealing)?,
        })
    }
    /// What the key is found by.
    pub fn lookup(&self, key: &StreamKey) -> Vec<u8> {
        let mut mac = self.pepper.clone();
        mac.update(key.0.as_bytes());
        mac.finalize().into_bytes().to_vec()
    }
    /// Proves that `subject` was named here, for one purpose and no other.
    pub fn mac(&self, purpose: &str, subject: &[u8]) -> [u8; 32] {
        self.proof(purpose, subject).finalize().into_bytes().into()
    }
    /// Whether that is such a proof; compared in constant time.
    pub fn is_mac(&self, purpose: &str, subject: &[u8], proof: &[u8]) -> bool {
        self.proof(purpose, subject).verify_slice(proof).is_ok()
    }
    /// No key begins with a zero: what is proved and what is looked up never meet.
    fn proof(&self, purpose: &str, subject: &[u8]) -> Hmac<Sha256> {
        let mut mac = self.pepper.clone();
        for part in [b"\0", purpose.as_bytes(), b"\0", subject] {
            mac.update(part);
        }
        mac
    }
    /// The sealed copy for row `row`: nonce, then ciphertext and tag.
    pub fn seal(&self, row: Uuid, key: &StreamKey) -> Result<Vec<u8>, Unopenable> {
        let mut sealed = vec![0u8; NONCE];
        rand::rng().fill_bytes(&mut sealed);
        let nonce = XNonce::try_from(&sealed[..]).map_err(|_| Unopenable)?;
        let text = self
            .cipher
            .encrypt(&nonce, Payload { msg: key.0.as_bytes(), aad: row.as_bytes() })
            .map_err(|_| Unopenable)?;
        sealed.extend(text);
        Ok(sealed)
    }
    /// The key of row `row`.
    pub fn open(&self, row: Uuid, sealed: &[u8]) -> Result<StreamKey, Unopenable> {
        let (nonce, text) = sealed.split_at_checked(NONCE).ok_or(Unopenable)?;
        let nonce = XNonce::try_from(nonce).map_err(|_| Unopenable)?;
        let plain = self
            .cipher
            .decrypt(&nonce, Payload { msg: text, aad: row.as_bytes() })
            .map_err(|_| Unopenable)?;
        String::from_utf8(plain).map(StreamKey).map_err(|_| Unopenable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault() -> Vault {
        Vault::new("a pepper of some length", &STANDARD.encode([7u8; 32])).unwrap()
    }

    #[test]
    fn a_key_has_160_bits_in_plain_characters_and_never_prints() {
        let key = StreamKey::generate();
        assert_eq!(key.expose().len(), 3 + 32);
        assert!(key.expose()[3..].bytes().all(|b| ALPHABET.contains(&b)));
        assert_ne!(key, StreamKey::generate());
        assert_eq!(format!("{key:?} {:?}", vault()), "*** Vault(***)");
    }

    #[test]
    fn a_sealed_key_opens_in_its_own_row_only() {
        let (vault, key, row) = (vault(), StreamKey::generate(), Uuid::now_v7());
        let sealed = vault.seal(row, &key).unwrap();
        assert_eq!(vault.open(row, &sealed), Ok(key.clone()));
        assert_eq!(vault.open(Uuid::now_v7(), &sealed), Err(Unopenable));
        let mut damaged = sealed.clone();
        damaged[30] ^= 1;
        assert_eq!(vault.open(row, &damaged), Err(Unopenable));
        assert_eq!(vault.open(row, &sealed[..10]), Err(Unopenable));
        assert_ne!(vault.seal(row, &key).unwrap(), sealed, "the nonce is new each time");
    }

    #[test]
    fn look_up_needs_the_same_pepper() {
        let other = Vault::new("another pepper of length", &STANDARD.encode([7u8; 32])).unwrap();
        let key = StreamKey::generate();
        assert_eq!(vault().lookup(&key), vault().lookup(&key));
        assert_ne!(vault().lookup(&key), other.lookup(&key));
        assert_eq!(
            InvalidSecret::all(Some("short"), Some("AAAA")),
            [InvalidSecret::Pepper, InvalidSecret::Sealing]
        );
        assert_eq!(Vault::new("short", "").unwrap_err(), InvalidSecret::Pepper);
        assert_eq!(Vault::new("a pepper of some length", "AAAA").unwrap_err(), InvalidSecret::Sealing);
    }
}
