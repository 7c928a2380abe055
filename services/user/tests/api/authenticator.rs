//! An authenticator in software: makes passkeys and answers challenges as a browser passes them on (WebAuthn level 3). Every part of an
//! answer can be made wrong.

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ciborium::{Value as Cbor, cbor};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Somebody touched it, and it asked for a finger.
pub const PRESENT: u8 = 0x01;
pub const VERIFIED: u8 = 0x04;
const NEW: u8 = 0x40;

/// One passkey, and how it answers.
pub struct Authenticator {
    key: EcdsaKeyPair,
    pub credential_id: Vec<u8>,
    pub user_handle: Option<Vec<u8>>,
    /// Where the browser is.
    pub origin: String,
    pub cross_origin: bool,
    /// Which relying party's id it signs for.
    pub relying_party: String,
    pub flags: u8,
    pub count: u32,
    /// Made by hand instead of `webauthn.create` and `webauthn.get`.
    pub ceremony: Option<&'static str>,
}

impl Authenticator {
    pub fn new(origin: &str, relying_party: &str) -> Self {
        Self {
            key: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap(),
            credential_id: Sha256::digest(uuid::Uuid::now_v7().as_bytes()).to_vec(),
            user_handle: None,
            origin: origin.into(),
            cross_origin: false,
            relying_party: relying_party.into(),
            flags: PRESENT | VERIFIED,
            count: 0,
            ceremony: None,
        }
    }

    fn client_data(&self, ceremony: &str, challenge: &Value) -> Vec<u8> {
        let ceremony = self.ceremony.unwrap_or(ceremony);
        let data = json!({"type": ceremony, "challenge": challenge, "origin": self.origin, "crossOrigin": self.cross_origin});
        data.to_string().into_bytes()
    }

    fn head(&self, flags: u8) -> Vec<u8> {
        [&Sha256::digest(&self.relying_party)[..], &[flags], &self.count.to_be_bytes()].concat()
    }

    /// The COSE key.
    pub fn cose(&self) -> Vec<u8> {
        let point = self.key.public_key().as_ref();
        let (x, y) = (Cbor::Bytes(point[1..33].to_vec()), Cbor::Bytes(point[33..].to_vec()));
        bytes_of(&cbor!({1 => 2, 3 => -7, -1 => 1, -2 => x, -3 => y}).unwrap())
    }

    /// The authenticator's data of a new credential with this key.
    pub fn new_data(&self, cose: &[u8]) -> Vec<u8> {
        let length = u16::try_from(self.credential_id.len()).unwrap().to_be_bytes();
        [&self.head(self.flags | NEW)[..], &[0; 16], &length, &self.credential_id, cose].concat()
    }

    /// Answers `navigator.credentials.create()` with these options.
    pub fn create(&mut self, options: &Value) -> Value {
        self.user_handle = Some(URL_SAFE_NO_PAD.decode(options["user"]["id"].as_str().unwrap()).unwrap());
        let data = Cbor::Bytes(self.new_data(&self.cose()));
        let object = cbor!({"fmt" => "none", "attStmt" => {}, "authData" => data}).unwrap();
        self.created(options, &bytes_of(&object))
    }

    /// The same with an attestation object made by hand.
    pub fn created(&self, options: &Value, object: &[u8]) -> Value {
        let id = URL_SAFE_NO_PAD.encode(&self.credential_id);
        json!({"type": "public-key", "id": id, "rawId": id, "response": {
            "clientDataJSON": URL_SAFE_NO_PAD.encode(self.client_data("webauthn.create", &options["challenge"])),
            "attestationObject": URL_SAFE_NO_PAD.encode(object),
            "transports": ["internal", "no such way"],
        }})
    }

    /// Answers `navigator.credentials.get()` with these options.
    pub fn get(&mut self, options: &Value) -> Value {
        self.get_counting(self.count + 1, options)
    }

    /// The same, saying that it has signed so often.
    pub fn get_counting(&mut self, count: u32, options: &Value) -> Value {
        self.count = count;
        let client_data = self.client_data("webauthn.get", &options["challenge"]);
        let data = self.head(self.flags);
        let signed = [&data[..], &Sha256::digest(&client_data)].concat();
        let signature = self.key.sign(&SystemRandom::new(), &signed).unwrap();
        let id = URL_SAFE_NO_PAD.encode(&self.credential_id);
        json!({"type": "public-key", "id": id, "rawId": id, "response": {
            "clientDataJSON": URL_SAFE_NO_PAD.encode(client_data),
            "authenticatorData": URL_SAFE_NO_PAD.encode(data),
            "signature": URL_SAFE_NO_PAD.encode(signature.as_ref()),
            "userHandle": self.user_handle.as_ref().map(|handle| URL_SAFE_NO_PAD.encode(handle)),
        }})
    }
}

/// A value as CBOR.
pub fn bytes_of(value: &Cbor) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).unwrap();
    bytes
}
