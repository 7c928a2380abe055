//! People's access tokens: 900 s, issuer and audience "streamly", no channel roles inside (ask `stream` for capabilities).

use crate::{InvalidToken, Jwks, LEEWAY_S, SigningKey};
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use streamly_domain::{UserId, Username};

/// `iss` and `aud` of every access token.
pub const AUDIENCE: &str = "streamly";
/// Life of an access token, seconds (CONTRACT: `expires_in`).
pub const LIFETIME_S: u64 = 900;

/// What an access token says. Times are Unix seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The user.
    pub sub: UserId,
    /// The name at the time of signing.
    pub username: Username,
    /// When it was signed.
    pub iat: u64,
    /// When it ends.
    pub exp: u64,
    /// When the person last proved a password or key: recent sign-in is `now - auth_time` small.
    #[serde(default)]
    pub auth_time: u64,
    /// The sign-in that it belongs to; none in tokens from before there was one in them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<uuid::Uuid>,
    /// [`AUDIENCE`].
    pub iss: String,
    /// [`AUDIENCE`].
    pub aud: String,
    /// Unique id of the token.
    pub jti: String,
}

impl Claims {
    /// Claims of a token signed at `now` (Unix seconds).
    pub fn new(user: UserId, username: Username, auth_time: u64, now: u64) -> Self {
        Self {
            sub: user,
            username,
            iat: now,
            exp: now + LIFETIME_S,
            auth_time,
            sid: None,
            iss: AUDIENCE.into(),
            aud: AUDIENCE.into(),
            jti: uuid::Uuid::now_v7().to_string(),
        }
    }
}

/// Signs an access token. Only `user` has a reason to call this.
pub fn sign(key: &SigningKey, claims: &Claims) -> Result<String, InvalidToken> {
    let header = Header { kid: Some(key.kid.clone()), ..Header::new(Algorithm::EdDSA) };
    Ok(jsonwebtoken::encode(&header, claims, &key.encoding)?)
}

/// Verifies access tokens by a JWKS. Cheap to clone behind an `Arc`; replaced as a whole when the JWKS changes.
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
    /// Whether it can verify anything at all.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
    /// Whether the token names a key that this verifier does not have: time to fetch the JWKS again (rate-limited).
    pub fn misses_key_of(&self, token: &str) -> bool {
        jsonwebtoken::decode_header(token)
            .ok()
            .and_then(|h| h.kid)
            .is_some_and(|kid| kid.len() <= 64 && !self.keys.contains_key(&kid))
    }
    /// The claims of a good token. Checks algorithm, key, signature, `exp` (against the system clock), `iss` and `aud`.
    pub fn verify(&self, token: &str) -> Result<Claims, InvalidToken> {
        let header = jsonwebtoken::decode_header(token)?;
        let key = header.kid.and_then(|kid| self.keys.get(&kid)).ok_or(InvalidToken::Rejected)?;
        let mut rules = Validation::new(Algorithm::EdDSA);
        rules.leeway = LEEWAY_S;
        rules.set_audience(&[AUDIENCE]);
        rules.set_issuer(&[AUDIENCE]);
        rules.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        Ok(jsonwebtoken::decode::<Claims>(token, key, &rules)?.claims)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> u64 {
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()
    }
    fn claims(at: u64) -> Claims {
        Claims::new(UserId::new(), Username::parse("ada").unwrap(), at, at)
    }

    #[test]
    fn a_token_verifies_by_the_jwks_of_its_key_only() {
        let (key, other) = (SigningKey::generate().unwrap(), SigningKey::generate().unwrap());
        let c = claims(now());
        let token = sign(&key, &c).unwrap();
        assert_eq!(Verifier::new(&Jwks { keys: vec![other.jwk(), key.jwk()] }).verify(&token), Ok(c));
        let stranger = Verifier::new(&Jwks { keys: vec![other.jwk()] });
        assert_eq!(stranger.verify(&token), Err(InvalidToken::Rejected));
        assert!(stranger.misses_key_of(&token));
    }

    #[test]
    fn of_a_person_whose_token_was_signed_by_a_clock_five_minutes_off_it_is_good_for_a_while() {
        let key = SigningKey::generate().unwrap();
        let verifier = Verifier::new(&Jwks { keys: vec![key.jwk()] });
        // Signed by a clock that is behind, it ends sooner: ten minutes are left, and pages renew it when they are refused.
        for at in [now() + 300, now() - 300, now() - 300 - LIFETIME_S / 2] {
            let c = claims(at);
            assert_eq!(verifier.verify(&sign(&key, &c).unwrap()), Ok(c));
        }
    }

    #[test]
    fn expired_forged_foreign_and_unsigned_tokens_are_refused() {
        let key = SigningKey::generate().unwrap();
        let verifier = Verifier::new(&Jwks { keys: vec![key.jwk()] });
        assert_eq!(verifier.verify(&sign(&key, &claims(now() - 2000)).unwrap()), Err(InvalidToken::Expired));
        let foreign = Claims { aud: "elsewhere".into(), ..claims(now()) };
        assert_eq!(verifier.verify(&sign(&key, &foreign).unwrap()), Err(InvalidToken::Rejected));
        let good = sign(&key, &claims(now())).unwrap();
        let mut parts: Vec<&str> = good.split('.').collect();
        parts[2] = "AAAA";
        assert_eq!(verifier.verify(&parts.join(".")), Err(InvalidToken::Rejected));
        // {"alg":"none"}
        assert_eq!(
            verifier.verify(&format!("eyJhbGciOiJub25lIn0.{}.", parts[1])),
            Err(InvalidToken::Rejected)
        );
        assert_eq!(verifier.verify("x"), Err(InvalidToken::Rejected));
    }
}
