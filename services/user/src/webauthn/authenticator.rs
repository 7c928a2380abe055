//! The authenticator's data (WebAuthn level 3, §6.1): whose it is, flags, the count of signatures, and the key of a new credential.

use super::{CREDENTIAL_ID_MAX, Refused};
use ciborium::Value;

/// Somebody touched it.
pub(super) const USER_PRESENT: u8 = 0x01;
/// It asked for a finger or a PIN.
pub(super) const USER_VERIFIED: u8 = 0x04;
const BACKUP_ELIGIBLE: u8 = 0x08;
const BACKED_UP: u8 = 0x10;
const HAS_CREDENTIAL: u8 = 0x40;
const HAS_EXTENSIONS: u8 = 0x80;

/// The data, split into its parts.
pub(super) struct AuthenticatorData<'a> {
    /// SHA-256 of the relying party's id.
    pub(super) relying_party: &'a [u8],
    flags: u8,
    pub(super) sign_count: u32,
    pub(super) credential: Option<Credential<'a>>,
}

/// A new credential.
pub(super) struct Credential<'a> {
    pub(super) id: &'a [u8],
    /// CBOR of a COSE key.
    pub(super) public_key: &'a [u8],
}

impl<'a> AuthenticatorData<'a> {
    /// All of it, to the last byte.
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, Refused> {
        let mut rest = bytes;
        let relying_party = take(&mut rest, 32)?;
        let flags = take(&mut rest, 1)?[0];
        let sign_count = number(take(&mut rest, 4)?);
        if flags & BACKED_UP != 0 && flags & BACKUP_ELIGIBLE == 0 {
            return Err(Refused::AuthenticatorData);
        }
        let credential = if flags & HAS_CREDENTIAL == 0 {
            None
        } else {
            // The make of the authenticator.
            take(&mut rest, 16)?;
            let length = number(take(&mut rest, 2)?) as usize;
            if length == 0 || length > CREDENTIAL_ID_MAX {
                return Err(Refused::AuthenticatorData);
            }
            let id = take(&mut rest, length)?;
            Some(Credential { id, public_key: item(&mut rest)? })
        };
        if flags & HAS_EXTENSIONS != 0 {
            item(&mut rest)?;
        }
        if rest.is_empty() {
            Ok(Self { relying_party, flags, sign_count, credential })
        } else {
            Err(Refused::AuthenticatorData)
        }
    }

    pub(super) fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }
}

/// The authenticator's data of an attestation object (§6.5.4); its statement is left alone.
pub(super) fn of_attestation(mut object: &[u8]) -> Result<Vec<u8>, Refused> {
    let value: Value = ciborium::from_reader(&mut object).map_err(|_| Refused::AuthenticatorData)?;
    let Value::Map(entries) = value else { return Err(Refused::AuthenticatorData) };
    if !object.is_empty() {
        return Err(Refused::AuthenticatorData);
    }
    let data = entries.into_iter().find(|(key, _)| key.as_text() == Some("authData")).map(|(_, value)| value);
    data.and_then(|value| value.into_bytes().ok()).ok_or(Refused::AuthenticatorData)
}

/// The bytes of the next CBOR item.
fn item<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], Refused> {
    let all = *rest;
    let _: Value = ciborium::from_reader(&mut *rest).map_err(|_| Refused::AuthenticatorData)?;
    all.get(..all.len() - rest.len()).ok_or(Refused::AuthenticatorData)
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Result<&'a [u8], Refused> {
    let (taken, left) = rest.split_at_checked(length).ok_or(Refused::AuthenticatorData)?;
    *rest = left;
    Ok(taken)
}

/// Big-endian, of at most four bytes.
fn number(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |value, byte| value << 8 | u32::from(*byte))
}
