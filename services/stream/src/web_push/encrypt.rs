//! The encryption of a push: `aes128gcm` (RFC 8188) in one record, under a key that the browser's P-256 key and its secret give
//! (RFC 8291). Each message has a key pair and a salt of its own.

use aws_lc_rs::{
    aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    agreement::{ECDH_P256, PrivateKey, UnparsedPublicKey, agree},
};
use base64::{
    Engine,
    engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD},
};
use hmac::{Hmac, KeyInit, Mac};
use rand::RngCore;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use std::fmt;

/// Bytes of an uncompressed point of P-256.
const POINT: usize = 65;
/// Bytes of the secret that a browser gives (RFC 8291, 3.2).
const AUTH: usize = 16;
/// Size of a record, bytes: the whole message is one (RFC 8291, 4).
const RECORD: u32 = 4096;
/// Longest address of a browser. Those in use have some 200 characters.
const ADDRESS: usize = 1_000;

/// A browser that takes pushes: where, and under which keys. All of it is a secret; prints as `***`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Browser {
    endpoint: String,
    public: Vec<u8>,
    auth: Vec<u8>,
}

impl fmt::Debug for Browser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Browser(***)")
    }
}

/// Not what a browser gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidBrowser {
    /// Not an address with a scheme and a host, or too long.
    #[error("endpoint")]
    Endpoint,
    /// Not a point of P-256.
    #[error("keys.p256dh")]
    Public,
    /// Not 16 bytes.
    #[error("keys.auth")]
    Auth,
}

impl Browser {
    /// As `PushSubscription.toJSON()` names it. Whether the address may be asked at all is `outbound`'s to say.
    pub fn new(endpoint: &str, p256dh: &str, auth: &str) -> Result<Self, InvalidBrowser> {
        let fits = endpoint.len() <= ADDRESS && endpoint.bytes().all(|b| b.is_ascii_graphic());
        if !fits || origin(endpoint).is_none() {
            return Err(InvalidBrowser::Endpoint);
        }
        let decode = |text: &str| {
            let short = text.len() <= 2 * POINT;
            short.then(|| URL_SAFE_NO_PAD.decode(text).or_else(|_| URL_SAFE.decode(text)).ok()).flatten()
        };
        let public = decode(p256dh).filter(|p| is_point(p)).ok_or(InvalidBrowser::Public)?;
        let auth = decode(auth).filter(|a| a.len() == AUTH).ok_or(InvalidBrowser::Auth)?;
        Ok(Self { endpoint: endpoint.to_owned(), public, auth })
    }
    /// Where it is reached.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }
    /// The origin of that, which a signature is for.
    pub fn origin(&self) -> &str {
        origin(&self.endpoint).unwrap_or_default()
    }
}

fn origin(endpoint: &str) -> Option<&str> {
    let host = endpoint.find("://")? + 3;
    let length = endpoint[host..].find(['/', '?', '#']).unwrap_or(endpoint.len() - host);
    (host > 3 && length > 0).then(|| &endpoint[..host + length])
}

/// Whether a key can be agreed on with it: a point that is not on the curve gives its secrets away to who chose it.
fn is_point(bytes: &[u8]) -> bool {
    let test = || {
        let own = PrivateKey::generate(&ECDH_P256).ok()?;
        agree(&own, UnparsedPublicKey::new(&ECDH_P256, bytes), (), |_| Ok(())).ok()
    };
    bytes.len() == POINT && bytes[0] == 4 && test().is_some()
}

/// The body of a push. `None`: the browser's key is none, or there is no randomness.
pub(super) fn seal(browser: &Browser, text: &[u8]) -> Option<Vec<u8>> {
    let mut salt = [0u8; 16];
    rand::rng().fill_bytes(&mut salt);
    seal_with(browser, text, &PrivateKey::generate(&ECDH_P256).ok()?, &salt)
}

fn seal_with(browser: &Browser, text: &[u8], own: &PrivateKey, salt: &[u8; 16]) -> Option<Vec<u8>> {
    let public = own.compute_public_key().ok()?;
    let peer = UnparsedPublicKey::new(&ECDH_P256, &browser.public);
    // RFC 8291, 3.4: the secret of both, mixed with the browser's own.
    let input = agree(own, peer, (), |shared| {
        let info = [b"WebPush: info\0", &browser.public[..], public.as_ref()].concat();
        Ok(expand(&extract(&browser.auth, shared), &info))
    })
    .ok()?;
    // RFC 8188, 2.2 and 2.3.
    let pseudorandom = extract(salt, &input);
    let key = expand(&pseudorandom, b"Content-Encoding: aes128gcm\0");
    let nonce = expand(&pseudorandom, b"Content-Encoding: nonce\0");
    let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key[..16]).ok()?);
    let nonce = Nonce::try_assume_unique_for_key(&nonce[..12]).ok()?;
    // The delimiter of a last record; no padding, since all messages are about as long.
    let mut sealed = [text, &[2]].concat();
    key.seal_in_place_append_tag(nonce, Aad::empty(), &mut sealed).ok()?;
    let mut body = Vec::with_capacity(21 + POINT + sealed.len());
    body.extend(salt);
    body.extend(RECORD.to_be_bytes());
    body.push(u8::try_from(POINT).ok()?);
    body.extend(public.as_ref());
    body.extend(sealed);
    Some(body)
}

/// HKDF-Extract (RFC 5869, 2.2).
fn extract(salt: &[u8], input: &[u8]) -> [u8; 32] {
    hmac(salt, input)
}

/// HKDF-Expand (RFC 5869, 2.3) to one block, which is more than any key here has.
fn expand(key: &[u8; 32], info: &[u8]) -> [u8; 32] {
    hmac(key, &[info, &[1]].concat())
}

fn hmac(key: &[u8], text: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(text);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8291, appendix A.
    const P256DH: &str =
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
    const AUTH: &str = "BTBZMqHH6r4Tts7J_aSIgg";

    fn browser() -> Browser {
        Browser::new("https://push.example.net/push/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV", P256DH, AUTH).unwrap()
    }

    #[test]
    fn the_example_of_the_rfc_comes_out_byte_for_byte() {
        let decode = |text| URL_SAFE_NO_PAD.decode(text).unwrap();
        let own = decode("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw");
        let own = PrivateKey::from_private_key(&ECDH_P256, &own).unwrap();
        let salt: [u8; 16] = decode("DGv6ra1nlYgDCS1FRnbzlw").try_into().unwrap();
        let text = b"When I grow up, I want to be a watermelon";
        let body = seal_with(&browser(), text, &own, &salt).unwrap();
        assert_eq!(
            URL_SAFE_NO_PAD.encode(body),
            "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
        );
    }

    #[test]
    fn no_two_messages_are_alike_and_a_browser_never_prints() {
        let (one, two) = (seal(&browser(), b"x").unwrap(), seal(&browser(), b"x").unwrap());
        assert_ne!(one, two);
        assert_eq!(format!("{:?}", browser()), "Browser(***)");
        assert_eq!(browser().origin(), "https://push.example.net");
    }

    #[test]
    fn what_no_browser_gives_is_not_taken() {
        let good = "https://push.example.net/x";
        for bad in
            ["", "x", "://x", "https:///x", "https://a b/", &format!("https://x/{}", "y".repeat(ADDRESS))]
        {
            assert_eq!(Browser::new(bad, P256DH, AUTH), Err(InvalidBrowser::Endpoint), "{bad}");
        }
        let mut off = URL_SAFE_NO_PAD.decode(P256DH).unwrap();
        off[40] ^= 1;
        let off = URL_SAFE_NO_PAD.encode(off);
        for bad in ["", "AAAA", "!", &off, &"A".repeat(10_000)] {
            assert_eq!(Browser::new(good, bad, AUTH), Err(InvalidBrowser::Public), "{bad}");
        }
        for bad in ["", "AAAA", &"A".repeat(10_000)] {
            assert_eq!(Browser::new(good, P256DH, bad), Err(InvalidBrowser::Auth), "{bad}");
        }
        assert!(Browser::new(good, &format!("{P256DH}="), &format!("{AUTH}==")).is_ok(), "padded");
    }
}
