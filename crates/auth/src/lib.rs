//! Tokens: people's access tokens and the services' own, EdDSA (RFC 8037) JWTs with a `kid`, and the JWKS that verifies them.
//!
//! Pure: the clock is an argument, keys are values. Only `user` holds the key that signs people's tokens; every other service
//! verifies by [`access::Verifier`]. Each service signs its own [`service`] tokens; `stream` signs [`playback`] tokens by the same key. All failures are one error to the outside.

pub mod access;
pub mod key;
pub mod playback;
pub mod ring;
pub mod service;

pub use key::{Jwk, Jwks, KeyError, SigningKey};
pub use ring::Ring;

/// The token does not verify. Deliberately says little: the reason is for the log, not for the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidToken {
    /// Not a JWT of this kind, an unknown `kid`, a wrong algorithm, signature, issuer or audience.
    #[error("token does not verify")]
    Rejected,
    /// Past its `exp`.
    #[error("token has expired")]
    Expired,
}

impl From<jsonwebtoken::errors::Error> for InvalidToken {
    fn from(e: jsonwebtoken::errors::Error) -> Self {
        match e.kind() {
            jsonwebtoken::errors::ErrorKind::ExpiredSignature => Self::Expired,
            _ => Self::Rejected,
        }
    }
}

/// Seconds of clock difference between services that are forgiven.
pub const LEEWAY_S: u64 = 5;
