//! A credential as pages send it: the JSON of `PublicKeyCredential.toJSON()` (WebAuthn level 3, §5.1), bytes in base64url.

use super::{CREDENTIAL_ID_MAX, Refused};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

/// Ways to reach an authenticator that are kept: as the browser named them.
const TRANSPORTS: [&str; 6] = ["usb", "nfc", "ble", "smart-card", "hybrid", "internal"];

/// The answer to `navigator.credentials.create()`.
pub(crate) struct Attestation {
    pub(crate) client_data: Vec<u8>,
    pub(super) attestation_object: Vec<u8>,
    /// Known ones only.
    pub(crate) transports: Vec<String>,
}

/// The answer to `navigator.credentials.get()`.
pub(crate) struct Assertion {
    pub(crate) credential_id: Vec<u8>,
    pub(crate) client_data: Vec<u8>,
    pub(super) authenticator_data: Vec<u8>,
    pub(super) signature: Vec<u8>,
    /// Whose it is, as the authenticator has it; not every one says.
    pub(crate) user_handle: Option<Vec<u8>>,
}

impl Attestation {
    pub(crate) fn parse(credential: &Value) -> Result<Self, Refused> {
        let response = response(credential)?;
        let named = response.get("transports").and_then(Value::as_array);
        let transports = TRANSPORTS.iter().filter(|t| named.is_some_and(|n| n.iter().any(|v| v == **t)));
        Ok(Self {
            client_data: bytes(response, "clientDataJSON")?,
            attestation_object: bytes(response, "attestationObject")?,
            transports: transports.map(|t| (*t).to_owned()).collect(),
        })
    }
}

impl Assertion {
    pub(crate) fn parse(credential: &Value) -> Result<Self, Refused> {
        let response = response(credential)?;
        let credential_id = bytes(credential, "rawId")?;
        if credential_id.len() > CREDENTIAL_ID_MAX {
            return Err(Refused::Malformed);
        }
        let user_handle = match response.get("userHandle") {
            None | Some(Value::Null) => None,
            Some(_) => Some(bytes(response, "userHandle")?),
        };
        Ok(Self {
            credential_id,
            client_data: bytes(response, "clientDataJSON")?,
            authenticator_data: bytes(response, "authenticatorData")?,
            signature: bytes(response, "signature")?,
            user_handle,
        })
    }
}

fn response(credential: &Value) -> Result<&Value, Refused> {
    if credential.get("type").and_then(Value::as_str) != Some("public-key") {
        return Err(Refused::Malformed);
    }
    credential.get("response").ok_or(Refused::Malformed)
}

fn bytes(of: &Value, field: &str) -> Result<Vec<u8>, Refused> {
    let text = of.get(field).and_then(Value::as_str).ok_or(Refused::Malformed)?;
    URL_SAFE_NO_PAD.decode(text).map_err(|_| Refused::Malformed)
}
