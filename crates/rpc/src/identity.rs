//! Who this service is to its peers, and whom it trusts.

use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, path::PathBuf, sync::Arc};
use streamly_auth::{Jwk, KeyError, SigningKey, service::Peers};
use streamly_config::Secret;

/// Keys of service tokens in a configuration.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrustConfig {
    /// This service's private key: base64 of PKCS#8.
    pub key: Option<Secret>,
    /// File with it.
    pub key_file: Option<PathBuf>,
    /// Public keys of the callers: name → the JWK's `x` (base64url of 32 bytes).
    pub peers: BTreeMap<String, String>,
}

impl TrustConfig {
    /// Peers by their JWK `x`.
    pub fn peers(&self, me: &str) -> Peers {
        let jwks: Vec<(String, Jwk)> = self
            .peers
            .iter()
            .map(|(name, x)| {
                let jwk = Jwk {
                    kty: "OKP".into(),
                    crv: "Ed25519".into(),
                    alg: "EdDSA".into(),
                    r#use: "sig".into(),
                    kid: String::new(),
                    x: x.clone(),
                };
                (name.clone(), jwk)
            })
            .collect();
        Peers::new(me, jwks.iter().map(|(n, j)| (n.as_str(), j)))
    }
    /// The JWK's `x` of a peer.
    pub fn peer_key(&self, name: &str) -> Option<&str> {
        self.peers.get(name).map(String::as_str)
    }
    /// This service's identity. Errors: no key given, not readable, not a key.
    pub fn identity(&self, me: &str) -> Result<Identity, String> {
        let text = Secret::from_value_or_file("trust.key", self.key.as_ref(), self.key_file.as_deref())?
            .ok_or("trust.key or trust.key_file is needed")?;
        let key = SigningKey::from_text(text.expose()).map_err(|e: KeyError| format!("trust.key: {e}"))?;
        Ok(Identity::new(me, key))
    }
}

/// A service's name and key.
#[derive(Debug, Clone)]
pub struct Identity {
    pub(crate) name: Arc<str>,
    pub(crate) key: Arc<SigningKey>,
}

impl Identity {
    /// Its key, for what else it signs.
    pub fn key(&self) -> Arc<SigningKey> {
        self.key.clone()
    }
    /// The service `name` with its key.
    pub fn new(name: &str, key: SigningKey) -> Self {
        Self { name: name.into(), key: Arc::new(key) }
    }
}
