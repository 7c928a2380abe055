//! Service tokens: 60 s, signed by the calling service's own key, for one audience. The callee knows each peer's public key and
//! which methods that peer may call; everything else is refused.
//!
//! Clocks of nodes may be [`APART_S`] apart: services that do not know each other for want of a time server are an outage of everything, and
//! whoever reads a token on the inner network may as well read the next one.

use crate::{InvalidToken, Jwk, LEEWAY_S, SigningKey};
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Life of a service token, seconds.
pub const LIFETIME_S: u64 = 60;
/// Seconds by which the clocks of two nodes may differ: so long behind its end a token is still taken.
pub const APART_S: u64 = 300 + LEEWAY_S;

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    iat: u64,
    exp: u64,
}

/// Signs a token of service `from` for service `to`, at `now` (Unix seconds).
pub fn sign(key: &SigningKey, from: &str, to: &str, now: u64) -> Result<String, InvalidToken> {
    let header = Header { kid: Some(key.kid.clone()), ..Header::new(Algorithm::EdDSA) };
    let claims = Claims { iss: from.into(), aud: to.into(), iat: now, exp: now + LIFETIME_S };
    Ok(jsonwebtoken::encode(&header, &claims, &key.encoding)?)
}

/// The peers of one service.
#[derive(Clone, Default)]
pub struct Peers {
    audience: String,
    keys: HashMap<String, DecodingKey>,
}

impl std::fmt::Debug for Peers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Peers of {} {:?}", self.audience, self.keys.keys())
    }
}

impl Peers {
    /// `audience` is the callee's own name; `peers` are the callers' names with their public keys.
    pub fn new<'a>(audience: &str, peers: impl IntoIterator<Item = (&'a str, &'a Jwk)>) -> Self {
        let keys =
            peers.into_iter().filter_map(|(name, jwk)| Some((name.to_owned(), jwk.decoding()?))).collect();
        Self { audience: audience.into(), keys }
    }
    /// The caller's name, if the token is its own, for this audience, and of now, give or take what clocks differ by.
    pub fn verify(&self, token: &str) -> Result<String, InvalidToken> {
        // The issuer chooses the key; a lie about it fails at the signature.
        let unverified = jsonwebtoken::dangerous::insecure_decode::<Claims>(token)?;
        let iss = unverified.claims.iss;
        let key = self.keys.get(&iss).ok_or(InvalidToken::Rejected)?;
        let mut rules = Validation::new(Algorithm::EdDSA);
        rules.leeway = APART_S;
        rules.set_audience(&[&self.audience]);
        rules.set_issuer(&[&iss]);
        rules.set_required_spec_claims(&["exp", "iss", "aud"]);
        jsonwebtoken::decode::<Claims>(token, key, &rules)?;
        Ok(iss)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> u64 {
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()
    }

    #[test]
    fn a_peer_is_known_by_its_own_key_for_this_audience_and_for_a_while() {
        let (ingest, chat) = (SigningKey::generate().unwrap(), SigningKey::generate().unwrap());
        let (i, c) = (ingest.jwk(), chat.jwk());
        let peers = Peers::new("stream", [("ingest", &i), ("chat", &c)]);
        assert_eq!(peers.verify(&sign(&ingest, "ingest", "stream", now()).unwrap()).as_deref(), Ok("ingest"));
        assert!(
            peers.verify(&sign(&chat, "ingest", "stream", now()).unwrap()).is_err(),
            "chat poses as ingest"
        );
        assert!(peers.verify(&sign(&ingest, "ingest", "user", now()).unwrap()).is_err(), "another audience");
        let old = now() - LIFETIME_S - APART_S - 10;
        assert_eq!(
            peers.verify(&sign(&ingest, "ingest", "stream", old).unwrap()),
            Err(InvalidToken::Expired)
        );
        assert!(peers.verify("junk").is_err());
    }

    #[test]
    fn a_peer_whose_clock_is_five_minutes_off_is_known_all_the_same() {
        let ingest = SigningKey::generate().unwrap();
        let key = ingest.jwk();
        let peers = Peers::new("stream", [("ingest", &key)]);
        // Its clock is ahead; it is behind; and it is behind, and the token is half of its life old, as callers use them.
        for at in [now() + 300, now() - 300, now() - 300 - LIFETIME_S / 2] {
            assert_eq!(
                peers.verify(&sign(&ingest, "ingest", "stream", at).unwrap()).as_deref(),
                Ok("ingest")
            );
        }
    }
}
