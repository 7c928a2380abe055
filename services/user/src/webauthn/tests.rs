//! Good answers are taken; every one that is wrong in one way is refused for that; whatever bytes come, nothing panics.

#[path = "../../tests/api/authenticator.rs"]
#[allow(clippy::unwrap_used, dead_code, unreachable_pub)]
mod authenticator;

use super::*;
use authenticator::{Authenticator, PRESENT, VERIFIED, bytes_of};
use aws_lc_rs::{
    rsa::{KeyPair as RsaKeyPair, KeySize},
    signature::{Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256},
};
use ciborium::{Value as Cbor, cbor};
use proptest::prelude::*;
use serde_json::{Value, json};

const ORIGIN: &str = "https://stream.example:8443";

fn relying_party() -> RelyingParty {
    RelyingParty::new(ORIGIN)
}

fn authenticator() -> Authenticator {
    Authenticator::new(ORIGIN, "stream.example")
}

fn options() -> Value {
    json!({"challenge": "AAAA", "user": {"id": "AQID"}})
}

fn made(key: &mut Authenticator) -> Result<Made, Refused> {
    relying_party().register(&Attestation::parse(&key.create(&options())).unwrap())
}

fn answered(
    key: &mut Authenticator,
    public_key: &[u8],
    sign_count: u32,
    verified: bool,
) -> Result<u32, Refused> {
    let answer = Assertion::parse(&key.get(&options())).unwrap();
    assert_eq!(RelyingParty::challenge(&answer.client_data).unwrap(), [0, 0, 0]);
    relying_party().assert(&answer, &Known { public_key, sign_count }, verified)
}

#[test]
fn a_passkey_is_registered_and_answers() {
    let mut key = authenticator();
    let new = made(&mut key).unwrap();
    assert_eq!((&new.credential_id, new.sign_count), (&key.credential_id, 0));
    assert_eq!(answered(&mut key, &new.public_key, 0, true), Ok(1));
    assert_eq!(answered(&mut key, &new.public_key, 1, true), Ok(2));
    let parsed = Attestation::parse(&key.create(&options())).unwrap();
    assert_eq!(parsed.transports, ["internal"]);
}

#[test]
fn what_is_wrong_in_one_way_is_refused_for_that() {
    type Harm = fn(&mut Authenticator);
    let harms: [(Harm, Refused); 7] = [
        (|k| k.origin = "https://stream.example".into(), Refused::Origin),
        (|k| k.origin = "https://evil.example:8443".into(), Refused::Origin),
        (|k| k.cross_origin = true, Refused::Origin),
        (|k| k.ceremony = Some("webauthn.other"), Refused::ClientData),
        (|k| k.relying_party = "example".into(), Refused::RelyingParty),
        (|k| k.flags = VERIFIED, Refused::Presence),
        (|k| k.flags |= 0x10, Refused::AuthenticatorData),
    ];
    let good = made(&mut authenticator()).unwrap();
    for (harm, why) in harms {
        let mut key = authenticator();
        harm(&mut key);
        assert_eq!(made(&mut key).unwrap_err(), why);
        assert_eq!(answered(&mut key, &good.public_key, 0, true), Err(why));
    }
    let mut key = authenticator();
    let own = made(&mut key).unwrap().public_key;
    assert_eq!(answered(&mut key, &good.public_key, 0, true), Err(Refused::Signature));
    key.flags = PRESENT;
    assert_eq!(answered(&mut key, &own, 0, true), Err(Refused::Verification));
    assert_eq!(answered(&mut key, &own, 0, false), Ok(3), "not wanted after a password");
    // Its count: it was 3.
    for (mine, known) in [(2, 3), (2, 9), (u32::MAX - 1, u32::MAX)] {
        key.count = mine;
        assert_eq!(answered(&mut key, &own, known, false), Err(Refused::Counter), "{mine} {known}");
    }
}

#[test]
fn an_authenticator_that_does_not_count_is_good() {
    let mut key = authenticator();
    let own = made(&mut key).unwrap().public_key;
    let mut answer = Assertion::parse(&key.get_counting(0, &options())).unwrap();
    assert_eq!(relying_party().assert(&answer, &Known { public_key: &own, sign_count: 0 }, true), Ok(0));
    answer.signature[8] ^= 1;
    let known = Known { public_key: &own, sign_count: 0 };
    assert_eq!(relying_party().assert(&answer, &known, true), Err(Refused::Signature));
}

#[test]
fn keys_of_ed25519_and_rsa_verify_and_others_are_refused() {
    let message = b"what is signed";
    let ed25519 = Ed25519KeyPair::generate().unwrap();
    let x = Cbor::Bytes(ed25519.public_key().as_ref().to_vec());
    let cose = bytes_of(&cbor!({1 => 1, 3 => -8, -1 => 6, -2 => x}).unwrap());
    let key = PublicKey::parse(&cose).unwrap();
    assert_eq!(key.verify(message, ed25519.sign(message).as_ref()), Ok(()));
    assert_eq!(key.verify(b"another", ed25519.sign(message).as_ref()), Err(Refused::Signature));

    let rsa = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let n = Cbor::Bytes(rsa.public_key().modulus().big_endian_without_leading_zero().to_vec());
    let e = Cbor::Bytes(rsa.public_key().exponent().big_endian_without_leading_zero().to_vec());
    let cose = bytes_of(&cbor!({1 => 3, 3 => -257, -1 => n, -2 => e}).unwrap());
    let mut signature = vec![0; rsa.public_modulus_len()];
    rsa.sign(&RSA_PKCS1_SHA256, &aws_lc_rs::rand::SystemRandom::new(), message, &mut signature).unwrap();
    let key = PublicKey::parse(&cose).unwrap();
    assert_eq!(key.verify(message, &signature), Ok(()));
    assert_eq!(key.verify(b"another", &signature), Err(Refused::Signature));

    let bytes = |length| Cbor::Bytes(vec![1; length]);
    for wrong in [
        cbor!({1 => 2, 3 => -7, -1 => 1, -2 => bytes(32), -3 => bytes(32)}), // not on the curve
        cbor!({1 => 2, 3 => -7, -1 => 1, -2 => bytes(31), -3 => bytes(32)}),
        cbor!({1 => 2, 3 => -7, -1 => 2, -2 => bytes(32), -3 => bytes(32)}),
        cbor!({1 => 1, 3 => -7, -1 => 6, -2 => bytes(32)}),
        cbor!({1 => 1, 3 => -8, -1 => 6, -2 => bytes(33)}),
        cbor!({1 => 3, 3 => -257, -1 => bytes(128), -2 => bytes(3)}),
        cbor!({1 => 3, 3 => -257, -1 => bytes(256)}),
        cbor!({1 => 4, 3 => 5}),
        cbor!([1, 2]),
    ] {
        let wrong = bytes_of(&wrong.unwrap());
        assert_eq!(PublicKey::parse(&wrong).err(), Some(Refused::Key), "{wrong:?}");
    }
}

#[test]
fn data_that_is_cut_off_anywhere_or_goes_on_is_refused() {
    let key = authenticator();
    let object = |data: Vec<u8>| {
        bytes_of(&cbor!({"fmt" => "none", "attStmt" => {}, "authData" => Cbor::Bytes(data)}).unwrap())
    };
    let register = |object: &[u8]| {
        relying_party().register(&Attestation::parse(&key.created(&options(), object)).unwrap())
    };
    let data = key.new_data(&key.cose());
    assert!(register(&object(data.clone())).is_ok());
    for length in 0..data.len() {
        assert!(register(&object(data[..length].to_vec())).is_err(), "{length}");
    }
    assert!(register(&object([&data[..], &[0]].concat())).is_err());
    let whole = object(data);
    for length in 0..whole.len() {
        assert!(register(&whole[..length]).is_err(), "{length}");
    }
    assert!(register(&[&whole[..], &[0]].concat()).is_err());
    // Arrays in arrays, and a text that says it is huge.
    for hostile in
        [vec![0x81; 60_000], vec![0x5b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], vec![0x9f; 9]]
    {
        assert_eq!(register(&hostile).unwrap_err(), Refused::AuthenticatorData);
    }
}

proptest! {
    #[test]
    fn no_bytes_panic(object in prop::collection::vec(any::<u8>(), 0..300), text in "\\PC{0,80}") {
        let key = authenticator();
        let _ = relying_party().register(&Attestation::parse(&key.created(&options(), &object)).unwrap());
        let _ = PublicKey::parse(&object);
        let _ = AuthenticatorData::parse(&object);
        let _ = RelyingParty::challenge(text.as_bytes());
        let _ = Assertion::parse(&serde_json::from_str(&text).unwrap_or(Value::String(text)));
    }
}
