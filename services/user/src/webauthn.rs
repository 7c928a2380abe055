//! Passkeys: the relying party's checks of WebAuthn (W3C, level 3, §7), pure. `client_data` is what the browser signs for, `authenticator`
//! the authenticator's own data, `cose` its public keys, `credential` the JSON that pages send.
//!
//! Attestation is not asked for, and a statement that comes all the same is not looked at: it would say whose make an authenticator is,
//! and nobody is refused for that. Challenges are the caller's: it makes them, keeps them, and takes each once. Input is whatever a
//! stranger sends: nothing here panics, and all is refused with one [`Refused`].

mod authenticator;
mod client_data;
mod cose;
mod credential;
#[cfg(test)]
mod tests;

pub(crate) use cose::ALGORITHMS;
pub(crate) use credential::{Assertion, Attestation};

use authenticator::AuthenticatorData;
use client_data::ClientData;
use cose::PublicKey;
use sha2::{Digest, Sha256};

/// Longest id of a credential, bytes (WebAuthn level 3, §4).
pub(crate) const CREDENTIAL_ID_MAX: usize = 1_023;

/// Why a passkey's answer is not taken; for the log, never for its sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    /// Not the JSON of a credential, or a part is no base64url.
    #[error("not a credential")]
    Malformed,
    /// What the browser signed for is no such JSON, or of another ceremony.
    #[error("the client data is of another kind")]
    ClientData,
    /// Signed for another page.
    #[error("of another origin")]
    Origin,
    /// The authenticator's data is too short, too long, or contradicts itself.
    #[error("the authenticator's data is malformed")]
    AuthenticatorData,
    /// Made for another relying party.
    #[error("of another relying party")]
    RelyingParty,
    /// Nobody touched it.
    #[error("nobody was present")]
    Presence,
    /// It did not ask for a finger or a PIN.
    #[error("the person was not verified")]
    Verification,
    /// No key, or one that this server does not know.
    #[error("the public key cannot be used")]
    Key,
    /// The signature is another one.
    #[error("the signature is wrong")]
    Signature,
    /// Its count went back: there may be a copy of it.
    #[error("the count of signatures went back")]
    Counter,
}

/// The platform as authenticators know it.
#[derive(Debug, Clone)]
pub(crate) struct RelyingParty {
    /// A domain: the host of the public URL.
    id: String,
    /// `scheme://host[:port]` of it.
    origin: String,
}

/// A credential that was just made.
#[derive(Debug)]
pub(crate) struct Made {
    pub(crate) credential_id: Vec<u8>,
    /// The COSE key.
    pub(crate) public_key: Vec<u8>,
    pub(crate) sign_count: u32,
}

/// What is known of a credential that answers.
pub(crate) struct Known<'a> {
    pub(crate) public_key: &'a [u8],
    pub(crate) sign_count: u32,
}

impl RelyingParty {
    /// Of an origin (`https://stream.example:8443`, in lower case).
    pub(crate) fn new(origin: &str) -> Self {
        let authority = origin.split_once("://").map_or(origin, |(_, rest)| rest);
        // An address of IPv6 has colons of its own; no authenticator takes one as a relying party anyway.
        let id = if authority.starts_with('[') {
            authority
        } else {
            authority.split(':').next().unwrap_or(authority)
        };
        Self { id: id.to_owned(), origin: origin.to_owned() }
    }

    /// Its id, for the page.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// The challenge that an answer says it is for; whether it was given out is the caller's to know.
    pub(crate) fn challenge(client_data: &[u8]) -> Result<Vec<u8>, Refused> {
        ClientData::parse(client_data)?.challenge()
    }

    /// Checks a new credential (§7.1); the challenge was checked. The person has to have been verified or not.
    pub(crate) fn register(&self, made: &Attestation) -> Result<Made, Refused> {
        self.client(&made.client_data, "webauthn.create")?;
        let data = authenticator::of_attestation(&made.attestation_object)?;
        let data = AuthenticatorData::parse(&data)?;
        self.authenticator(&data, false)?;
        let made = data.credential.ok_or(Refused::AuthenticatorData)?;
        PublicKey::parse(made.public_key)?;
        Ok(Made {
            credential_id: made.id.to_vec(),
            public_key: made.public_key.to_vec(),
            sign_count: data.sign_count,
        })
    }

    /// Checks an answer of a known credential (§7.2); the challenge was checked. Gives the new count of signatures.
    pub(crate) fn assert(
        &self,
        answer: &Assertion,
        known: &Known<'_>,
        verified: bool,
    ) -> Result<u32, Refused> {
        self.client(&answer.client_data, "webauthn.get")?;
        let data = AuthenticatorData::parse(&answer.authenticator_data)?;
        self.authenticator(&data, verified)?;
        let message = [&answer.authenticator_data[..], &Sha256::digest(&answer.client_data)[..]].concat();
        PublicKey::parse(known.public_key)?.verify(&message, &answer.signature)?;
        // An authenticator that counts counts up.
        if (data.sign_count > 0 || known.sign_count > 0) && data.sign_count <= known.sign_count {
            return Err(Refused::Counter);
        }
        Ok(data.sign_count)
    }

    fn client(&self, client_data: &[u8], ceremony: &str) -> Result<(), Refused> {
        let data = ClientData::parse(client_data)?;
        if !data.is(ceremony) {
            return Err(Refused::ClientData);
        }
        if data.is_from(&self.origin) { Ok(()) } else { Err(Refused::Origin) }
    }

    fn authenticator(&self, data: &AuthenticatorData<'_>, verified: bool) -> Result<(), Refused> {
        if data.relying_party != &Sha256::digest(&self.id)[..] {
            return Err(Refused::RelyingParty);
        }
        if !data.has(authenticator::USER_PRESENT) {
            return Err(Refused::Presence);
        }
        if verified && !data.has(authenticator::USER_VERIFIED) { Err(Refused::Verification) } else { Ok(()) }
    }
}
