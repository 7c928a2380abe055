//! Ed25519 keys: made, stored as PKCS#8 in base64, published as JWKS (RFC 7517, RFC 8037).

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jsonwebtoken::{DecodingKey, EncodingKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The stored key is not usable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not base64 of a PKCS#8 Ed25519 key.
    #[error("not a base64 PKCS#8 Ed25519 key")]
    Malformed,
    /// The system's random source failed.
    #[error("no random bytes to make a key from")]
    Random,
}

/// A private key with its public half. Prints its `kid` only.
#[derive(Clone)]
pub struct SigningKey {
    pub(crate) kid: String,
    pub(crate) encoding: EncodingKey,
    pkcs8: Vec<u8>,
    public: Vec<u8>,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({})", self.kid)
    }
}

impl SigningKey {
    /// A new random key.
    pub fn generate() -> Result<Self, KeyError> {
        let pair = Ed25519KeyPair::generate().map_err(|_| KeyError::Random)?;
        let der = pair.to_pkcs8v1().map_err(|_| KeyError::Random)?;
        Self::from_pkcs8(der.as_ref())
    }
    /// Reads what [`SigningKey::to_text`] wrote.
    pub fn from_text(text: &str) -> Result<Self, KeyError> {
        Self::from_pkcs8(&STANDARD.decode(text.trim()).map_err(|_| KeyError::Malformed)?)
    }
    /// Base64 of the PKCS#8 document: a secret, for a file of mode 0600.
    pub fn to_text(&self) -> String {
        STANDARD.encode(&self.pkcs8)
    }
    fn from_pkcs8(der: &[u8]) -> Result<Self, KeyError> {
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).map_err(|_| KeyError::Malformed)?;
        let public = pair.public_key().as_ref().to_vec();
        let kid = kid_of(&public);
        Ok(Self { kid, encoding: EncodingKey::from_ed_der(der), pkcs8: der.to_vec(), public })
    }
    /// The key's id: 16 characters of the public key's SHA-256.
    pub fn kid(&self) -> &str {
        &self.kid
    }
    /// The public half.
    pub fn jwk(&self) -> Jwk {
        Jwk {
            kty: "OKP".into(),
            crv: "Ed25519".into(),
            alg: "EdDSA".into(),
            r#use: "sig".into(),
            kid: self.kid.clone(),
            x: URL_SAFE_NO_PAD.encode(&self.public),
        }
    }
}

/// One public key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Jwk {
    pub kty: String,
    pub crv: String,
    #[serde(default)]
    pub alg: String,
    #[serde(default, rename = "use")]
    pub r#use: String,
    pub kid: String,
    pub x: String,
}

/// 16 characters of the public key's SHA-256.
fn kid_of(public: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(&Sha256::digest(public)[..12])
}

impl Jwk {
    /// The Ed25519 key with this `x`, under the id that its owner gives it. `None`: not the base64url of 32 bytes.
    pub fn ed25519(x: &str) -> Option<Self> {
        let public = URL_SAFE_NO_PAD.decode(x).ok().filter(|bytes| bytes.len() == 32)?;
        Some(Self {
            kty: "OKP".into(),
            crv: "Ed25519".into(),
            alg: "EdDSA".into(),
            r#use: "sig".into(),
            kid: kid_of(&public),
            x: x.to_owned(),
        })
    }
    pub(crate) fn decoding(&self) -> Option<DecodingKey> {
        (self.kty == "OKP" && self.crv == "Ed25519")
            .then(|| DecodingKey::from_ed_components(&self.x).ok())
            .flatten()
    }
}

/// A set of public keys, as `/.well-known/jwks.json` answers it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jwks {
    /// The keys; while one is replaced, both.
    pub keys: Vec<Jwk>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_survives_its_text_and_does_not_print_itself() {
        let key = SigningKey::generate().unwrap();
        let again = SigningKey::from_text(&key.to_text()).unwrap();
        assert_eq!(key.jwk(), again.jwk());
        assert!(!format!("{key:?}").contains(&key.to_text()));
        assert_eq!(SigningKey::from_text("AAAA").unwrap_err(), KeyError::Malformed);
    }
}
