//! Playback tokens: the right to play one channel that is not open to everybody, for two minutes or so, signed by `stream`.
//!
//! They are EdDSA JWTs of an audience of their own, so that no other token of the platform passes for one, nor one of them for another.
//! What a token says is good only together with the channel's present watch version, which origin and edge learn apart: the owner voids
//! all tokens at once by changing it. Who may have a token, `stream` decides; nothing here asks anybody.

use crate::{InvalidToken, Jwk, Jwks, LEEWAY_S, SigningKey};
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use streamly_domain::{ChannelId, UserId};
use uuid::Uuid;

/// `aud` of every playback token.
pub const AUDIENCE: &str = "streamly-playback";
/// `iss` of every playback token: who alone gives them out.
pub const ISSUER: &str = "stream";
/// Longest token that is looked at, bytes: ours have some 500.
pub const MAX_LEN: usize = 1024;

/// The bit of a watch version that a test broadcast has beside the channel's own: no channel gets there by itself, so no token from before
/// a test is good for it, and origins know by it that what they have is a test.
pub const TEST: u64 = 1 << 40;

/// By what the viewer was let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// By who it is: `who` follows the channel, or belongs to it.
    Person,
    /// By the channel's password.
    Password,
    /// By the channel's secret link.
    Link,
}

/// What a playback token says. Times are Unix seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The channel.
    pub sub: ChannelId,
    /// Its name.
    pub name: String,
    /// The viewer's session; a renewed token has the same.
    pub jti: Uuid,
    /// The channel's watch version for which it is good.
    pub ver: u64,
    /// By what the viewer was let in.
    pub way: Way,
    /// The viewer, if signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who: Option<UserId>,
    /// When the session's first token was signed.
    pub first: u64,
    /// When this one was.
    pub iat: u64,
    /// When it ends.
    pub exp: u64,
    /// [`ISSUER`].
    pub iss: String,
    /// [`AUDIENCE`].
    pub aud: String,
}

/// Signs a token. Only `stream` has a reason to call this. Errors: the claims cannot be written.
pub fn sign(key: &SigningKey, claims: &Claims) -> Result<String, InvalidToken> {
    let header = Header { kid: Some(key.kid.clone()), ..Header::new(Algorithm::EdDSA) };
    Ok(jsonwebtoken::encode(&header, claims, &key.encoding)?)
}

/// Verifies playback tokens by `stream`'s public keys.
#[derive(Clone, Default)]
pub struct Verifier {
    keys: HashMap<String, DecodingKey>,
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.keys.keys()).finish()
    }
}

impl Verifier {
    /// Keys of another kind than Ed25519 are left out.
    pub fn new(jwks: &Jwks) -> Self {
        Self { keys: jwks.keys.iter().filter_map(|k| Some((k.kid.clone(), k.decoding()?))).collect() }
    }
    /// Of the one public key whose JWK has this `x`; a text that is none gives a verifier that takes nothing.
    pub fn of_key(x: &str) -> Self {
        let jwk = Jwk::ed25519(x);
        Self { keys: jwk.and_then(|jwk| Some((jwk.kid.clone(), jwk.decoding()?))).into_iter().collect() }
    }
    /// Whether it can verify anything at all.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
    /// Whether the token names a key that this verifier does not have.
    pub fn misses_key_of(&self, token: &str) -> bool {
        token.len() <= MAX_LEN
            && jsonwebtoken::decode_header(token)
                .ok()
                .and_then(|h| h.kid)
                .is_some_and(|kid| kid.len() <= 64 && !self.keys.contains_key(&kid))
    }
    /// The claims of a good token at `now`, Unix seconds. Checks length, algorithm, key, signature, issuer, audience and end.
    pub fn verify(&self, token: &str, now: u64) -> Result<Claims, InvalidToken> {
        self.verify_late(token, now, LEEWAY_S)
    }
    /// The same of one whose end is at most `late` seconds ago: to be renewed, not to be played with.
    pub fn verify_late(&self, token: &str, now: u64, late: u64) -> Result<Claims, InvalidToken> {
        if token.len() > MAX_LEN {
            return Err(InvalidToken::Rejected);
        }
        let header = jsonwebtoken::decode_header(token)?;
        let key = header.kid.and_then(|kid| self.keys.get(&kid)).ok_or(InvalidToken::Rejected)?;
        let mut rules = Validation::new(Algorithm::EdDSA);
        // The end is looked at below, by the caller's clock.
        rules.validate_exp = false;
        rules.set_audience(&[AUDIENCE]);
        rules.set_issuer(&[ISSUER]);
        rules.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        let claims = jsonwebtoken::decode::<Claims>(token, key, &rules)?.claims;
        if claims.exp.saturating_add(late) < now {
            return Err(InvalidToken::Expired);
        }
        Ok(claims)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000;

    fn claims() -> Claims {
        Claims {
            sub: ChannelId::new(),
            name: "ada".into(),
            jti: Uuid::now_v7(),
            ver: 3,
            way: Way::Link,
            who: None,
            first: NOW,
            iat: NOW,
            exp: NOW + 120,
            iss: ISSUER.into(),
            aud: AUDIENCE.into(),
        }
    }

    #[test]
    fn a_token_is_good_by_its_key_until_its_end() {
        let (key, other) = (SigningKey::generate().unwrap(), SigningKey::generate().unwrap());
        let (c, verifier) = (claims(), Verifier::of_key(&key.jwk().x));
        let token = sign(&key, &c).unwrap();
        assert!(token.len() < MAX_LEN / 2 + 200, "{}", token.len());
        assert_eq!(verifier.verify(&token, NOW), Ok(c.clone()));
        assert_eq!(
            Verifier::new(&Jwks { keys: vec![other.jwk(), key.jwk()] }).verify(&token, NOW),
            Ok(c.clone())
        );
        assert_eq!(verifier.verify(&token, NOW + 120 + LEEWAY_S), Ok(c.clone()));
        assert_eq!(verifier.verify(&token, NOW + 121 + LEEWAY_S), Err(InvalidToken::Expired));
        assert_eq!(verifier.verify_late(&token, NOW + 200, 120), Ok(c));
        let stranger = Verifier::of_key(&other.jwk().x);
        assert_eq!(stranger.verify(&token, NOW), Err(InvalidToken::Rejected));
        assert!(stranger.misses_key_of(&token) && !verifier.misses_key_of(&token));
        assert!(Verifier::of_key("no key").is_empty());
    }

    #[test]
    fn unsigned_forged_truncated_and_foreign_tokens_are_refused() {
        let key = SigningKey::generate().unwrap();
        let verifier = Verifier::of_key(&key.jwk().x);
        let good = sign(&key, &claims()).unwrap();
        let parts: Vec<&str> = good.split('.').collect();
        // {"alg":"none"}, with and without our kid
        let none = format!("eyJhbGciOiJub25lIn0.{}.", parts[1]);
        for bad in [
            none,
            format!("{}.{}.", parts[0], parts[1]),
            format!("{}.{}.AAAA", parts[0], parts[1]),
            good[..good.len() - 1].to_owned(),
            good[..20].to_owned(),
            String::new(),
            "x".repeat(2000),
        ] {
            assert_eq!(verifier.verify(&bad, NOW), Err(InvalidToken::Rejected), "{bad}");
        }
        for foreign in [
            Claims { aud: "streamly".into(), ..claims() },
            Claims { aud: "ingest".into(), ..claims() },
            Claims { iss: "ingest".into(), ..claims() },
        ] {
            assert_eq!(verifier.verify(&sign(&key, &foreign).unwrap(), NOW), Err(InvalidToken::Rejected));
        }
        // A service's own token, signed by the same key.
        let service = crate::service::sign(&key, "stream", "ingest", NOW).unwrap();
        assert_eq!(verifier.verify(&service, NOW), Err(InvalidToken::Rejected));
        assert!(crate::service::Peers::new("ingest", [("stream", &key.jwk())]).verify(&good).is_err());
    }
}
