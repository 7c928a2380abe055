//! Who sends a push: a token signed with the platform's key (VAPID, RFC 8292). Browsers are given the public half when they subscribe, and
//! their push services take nothing that another key signed: another key ends all subscriptions.

use aws_lc_rs::{
    agreement::{ECDH_P256, PrivateKey},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::json;
use std::fmt;

/// Bytes of the private key.
const SCALAR: usize = 32;
/// How long a signature is good, seconds; at most a day (RFC 8292, 2).
const LIFE: u64 = 12 * 3_600;

/// The key that signs pushes.
pub struct Vapid {
    key: EcdsaKeyPair,
    /// As browsers take it: the uncompressed point in base64url.
    public: String,
    contact: Option<String>,
}

impl fmt::Debug for Vapid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vapid(***)")
    }
}

/// The secret of the configuration is no private key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("notices.vapid_key is not the base64 of the 32 bytes of a P-256 key")]
pub struct InvalidKey;

impl Vapid {
    /// From the base64 of 32 random bytes: all but one in four thousand million are a private key.
    pub fn new(secret: &str, contact: Option<String>) -> Result<Self, InvalidKey> {
        let secret = STANDARD.decode(secret.trim()).map_err(|_| InvalidKey)?;
        if secret.len() != SCALAR {
            return Err(InvalidKey);
        }
        let private = PrivateKey::from_private_key(&ECDH_P256, &secret).map_err(|_| InvalidKey)?;
        let public = private.compute_public_key().map_err(|_| InvalidKey)?;
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let key = EcdsaKeyPair::from_private_key_and_public_key(algorithm, &secret, public.as_ref())
            .map_err(|_| InvalidKey)?;
        Ok(Self { key, public: URL_SAFE_NO_PAD.encode(public.as_ref()), contact })
    }
    /// The public half, `applicationServerKey`.
    pub fn public(&self) -> &str {
        &self.public
    }
    /// The header for a push service of that origin. `now`: seconds since 1970. `None`: there is no randomness.
    pub(super) fn authorization(&self, origin: &str, now: u64) -> Option<String> {
        let mut claims = json!({"aud": origin, "exp": now + LIFE});
        if let (Some(contact), Some(map)) = (&self.contact, claims.as_object_mut()) {
            map.insert("sub".into(), contact.clone().into());
        }
        let encode = |text: String| URL_SAFE_NO_PAD.encode(text);
        let head = encode(json!({"typ": "JWT", "alg": "ES256"}).to_string());
        let signed = format!("{head}.{}", encode(claims.to_string()));
        let signature = self.key.sign(&SystemRandom::new(), signed.as_bytes()).ok()?;
        Some(format!("vapid t={signed}.{}, k={}", URL_SAFE_NO_PAD.encode(signature.as_ref()), self.public))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

    #[test]
    fn a_push_service_finds_origin_end_and_contact_under_a_good_signature() {
        let vapid = Vapid::new(&STANDARD.encode([7; 32]), Some("mailto:a@b.example".into())).unwrap();
        let header = vapid.authorization("https://push.example.net", 1_000).unwrap();
        let (token, public) = header.strip_prefix("vapid t=").unwrap().split_once(", k=").unwrap();
        assert_eq!((public, public.len()), (vapid.public(), 87));
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let decode = |text| URL_SAFE_NO_PAD.decode(text).unwrap();
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, decode(public))
            .verify(signed.as_bytes(), &decode(signature))
            .unwrap();
        let claims: serde_json::Value =
            serde_json::from_slice(&decode(signed.split_once('.').unwrap().1)).unwrap();
        assert_eq!(
            claims,
            json!({"aud": "https://push.example.net", "exp": 1_000 + 12 * 3_600, "sub": "mailto:a@b.example"})
        );
    }

    #[test]
    fn what_is_no_private_key_is_refused() {
        for bad in ["", "AAAA", &STANDARD.encode([0; 32]), &STANDARD.encode([255; 32]), "!"] {
            assert_eq!(Vapid::new(bad, None).err(), Some(InvalidKey), "{bad}");
        }
    }
}
