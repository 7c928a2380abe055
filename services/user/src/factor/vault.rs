//! What stands between a stolen database and the second factors: seals the secrets of apps, and hashes recovery codes under a key.
//!
//! AES-256-GCM with a random nonce and the account's id as associated data, so that rows cannot be swapped. Each use has a key of its own
//! that follows from the one setting. With another setting nothing opens: then apps' codes and recovery codes are wrong ones.

use super::{recovery::Code, totp};
use crate::error::Error;
use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey},
    hmac,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use std::sync::Arc;
use streamly_domain::UserId;

/// Bytes of the secret.
const KEY: usize = 32;
/// Bytes before the sealed text.
const NONCE: usize = 12;
const SEALS: &[u8] = b"streamly user second factor: sealing v1";
const HASHES: &[u8] = b"streamly user second factor: recovery codes v1";

/// Seals and hashes.
#[derive(Clone)]
pub(crate) struct Vault {
    seal: Arc<RandomizedNonceKey>,
    hash: hmac::Key,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault(***)")
    }
}

impl Vault {
    /// Of the setting's text. None: it is not the base64 of 32 bytes.
    pub(crate) fn new(text: &str) -> Option<Self> {
        let secret = STANDARD.decode(text.trim()).ok().filter(|bytes| bytes.len() == KEY)?;
        let root = hmac::Key::new(hmac::HMAC_SHA256, &secret);
        let seal = RandomizedNonceKey::new(&AES_256_GCM, hmac::sign(&root, SEALS).as_ref()).ok()?;
        Some(Self {
            seal: Arc::new(seal),
            hash: hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&root, HASHES).as_ref()),
        })
    }

    /// The secret of an account's app: nonce, then ciphertext and tag.
    pub(crate) fn seal(&self, user: UserId, secret: &totp::Secret) -> Result<Vec<u8>, Error> {
        let mut text = secret.bytes().to_vec();
        let aad = Aad::from(user.uuid().into_bytes());
        let nonce = self.seal.seal_in_place_append_tag(aad, &mut text).map_err(|_| Error::Unopenable)?;
        Ok([&nonce.as_ref()[..], &text].concat())
    }

    /// The same back.
    pub(crate) fn open(&self, user: UserId, sealed: &[u8]) -> Result<totp::Secret, Error> {
        let (nonce, text) = sealed.split_at_checked(NONCE).ok_or(Error::Unopenable)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Error::Unopenable)?;
        let mut text = text.to_vec();
        let aad = Aad::from(user.uuid().into_bytes());
        let plain = self.seal.open_in_place(nonce, aad, &mut text).map_err(|_| Error::Unopenable)?;
        totp::Secret::from_bytes(plain).ok_or(Error::Unopenable)
    }

    /// What is kept of an account's recovery code.
    pub(crate) fn hash(&self, user: UserId, code: &Code) -> Vec<u8> {
        let text = [&user.uuid().into_bytes()[..], code.as_str().as_bytes()].concat();
        hmac::sign(&self.hash, &text).as_ref().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault(byte: u8) -> Vault {
        Vault::new(&STANDARD.encode([byte; KEY])).unwrap()
    }

    #[test]
    fn a_secret_opens_for_its_own_account_and_under_its_own_key_only() {
        let (user, secret) = (UserId::new(), totp::Secret::random().unwrap());
        let sealed = vault(7).seal(user, &secret).unwrap();
        assert_eq!(vault(7).open(user, &sealed).unwrap().bytes(), secret.bytes());
        assert!(vault(7).open(UserId::new(), &sealed).is_err());
        assert!(vault(8).open(user, &sealed).is_err());
        for at in [0, NONCE, sealed.len() - 1] {
            let mut damaged = sealed.clone();
            damaged[at] ^= 1;
            assert!(vault(7).open(user, &damaged).is_err(), "{at}");
        }
        for length in 0..sealed.len() {
            assert!(vault(7).open(user, &sealed[..length]).is_err(), "{length}");
        }
        assert_ne!(vault(7).seal(user, &secret).unwrap(), sealed, "the nonce is new each time");
        assert!(!sealed.windows(20).any(|w| w == secret.bytes()));
    }

    #[test]
    fn a_code_has_another_hash_for_another_account_and_key() {
        let (user, code) = (UserId::new(), Code::parse("abcd-efgh-ijkl").unwrap());
        assert_eq!(vault(7).hash(user, &code), vault(7).hash(user, &code));
        assert_ne!(vault(7).hash(user, &code), vault(7).hash(UserId::new(), &code));
        assert_ne!(vault(7).hash(user, &code), vault(8).hash(user, &code));
        for bad in ["", "short", &STANDARD.encode([7; 31])] {
            assert!(Vault::new(bad).is_none());
        }
        assert_eq!(format!("{:?}", vault(7)), "Vault(***)");
    }
}
