//! Public keys of authenticators as COSE has them (RFC 9052, RFC 9053, RFC 8230): ES256 on P-256, EdDSA on Ed25519, RS256. What a page
//! offers an authenticator is [`ALGORITHMS`].

use super::Refused;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
    UnparsedPublicKey,
};
use ciborium::Value;

/// COSE numbers of ES256, EdDSA and RS256, the best first.
pub(crate) const ALGORITHMS: [i64; 3] = [-7, -8, -257];
/// Bytes of an RSA modulus that are taken: 2048 to 8192 bits.
const MODULUS: std::ops::RangeInclusive<usize> = 256..=1_024;

/// A key that can verify.
pub(super) enum PublicKey {
    /// An uncompressed point.
    P256(Vec<u8>),
    Ed25519(Vec<u8>),
    Rsa(RsaPublicKeyComponents<Vec<u8>>),
}

impl PublicKey {
    /// Of the CBOR of a COSE key; checked to be one that can verify.
    pub(super) fn parse(mut cbor: &[u8]) -> Result<Self, Refused> {
        let value: Value = ciborium::from_reader(&mut cbor).map_err(|_| Refused::Key)?;
        let map = value.as_map().filter(|_| cbor.is_empty()).ok_or(Refused::Key)?;
        let field = |label: i64| {
            let found = map
                .iter()
                .find(|(key, _)| key.as_integer().is_some_and(|i| i128::from(i) == i128::from(label)));
            found.map(|(_, value)| value)
        };
        let number = |label| field(label).and_then(Value::as_integer).map(i128::from);
        let bytes = |label| field(label).and_then(Value::as_bytes).ok_or(Refused::Key);
        // Key type, algorithm and curve have to agree.
        match (number(1), number(3), number(-1)) {
            (Some(2), Some(-7), Some(1)) => {
                let (x, y) = (bytes(-2)?, bytes(-3)?);
                if x.len() != 32 || y.len() != 32 {
                    return Err(Refused::Key);
                }
                let point = [&[4][..], x, y].concat();
                ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &point).map_err(|_| Refused::Key)?;
                Ok(Self::P256(point))
            }
            (Some(1), Some(-8), Some(6)) => {
                let x = bytes(-2)?;
                ParsedPublicKey::new(&ED25519, x).map_err(|_| Refused::Key)?;
                Ok(Self::Ed25519(x.clone()))
            }
            (Some(3), Some(-257), _) => {
                let (n, e) = (bytes(-1)?, bytes(-2)?);
                if !MODULUS.contains(&n.len()) || e.is_empty() || e.len() > 4 {
                    return Err(Refused::Key);
                }
                Ok(Self::Rsa(RsaPublicKeyComponents { n: n.clone(), e: e.clone() }))
            }
            _ => Err(Refused::Key),
        }
    }

    pub(super) fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), Refused> {
        let good = match self {
            Self::P256(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).verify(message, signature)
            }
            Self::Ed25519(x) => UnparsedPublicKey::new(&ED25519, x).verify(message, signature),
            Self::Rsa(key) => key.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature),
        };
        good.map_err(|_| Refused::Signature)
    }
}
