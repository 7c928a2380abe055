//! Signatures as Standard Webhooks has them (standard-webhooks.com, v1): HMAC-SHA-256 over `id.timestamp.body`, under a secret that its
//! owner sees once. During a rotation both secrets sign, so that a receiver that knows either is satisfied.

use crate::key::StreamKey;
use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use rand::RngCore;
use sha2::Sha256;

/// How a secret begins.
const PREFIX: &str = "whsec_";
/// Random bytes of a secret. The standard asks for 24 to 64.
const RANDOM: usize = 32;

/// A new secret.
pub fn generate() -> StreamKey {
    let mut random = [0u8; RANDOM];
    rand::rng().fill_bytes(&mut random);
    StreamKey::presented(format!("{PREFIX}{}", STANDARD.encode(random)))
}

/// The header `webhook-signature`: one signature for each secret. `timestamp`: unix seconds. `None`: a secret is none of ours.
pub fn signatures(secrets: &[StreamKey], id: &str, timestamp: i64, body: &str) -> Option<String> {
    let one = |secret: &StreamKey| {
        let key = STANDARD.decode(secret.expose().strip_prefix(PREFIX)?).ok()?;
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
        mac.update(format!("{id}.{timestamp}.").as_bytes());
        mac.update(body.as_bytes());
        Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
    };
    let all: Option<Vec<String>> = secrets.iter().map(one).collect();
    all.map(|all| all.join(" "))
}

#[cfg(test)]
mod tests {
    use super::{generate, signatures};
    use crate::key::StreamKey;

    #[test]
    fn signs_as_the_standards_own_example_and_with_two_secrets_twice() {
        let secret = StreamKey::presented("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into());
        let sign = |secrets: &[StreamKey]| {
            signatures(secrets, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#)
        };
        let known = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(sign(std::slice::from_ref(&secret)).as_deref(), Some(known));
        let both = sign(&[generate(), secret]).unwrap();
        let (first, second) = both.split_once(' ').unwrap();
        assert!(first.starts_with("v1,") && first != known && second == known, "{both}");
        assert_eq!(sign(&[StreamKey::presented("sk_other".into())]), None);
    }

    #[test]
    fn secrets_have_256_bits_and_never_print() {
        let secret = generate();
        assert_eq!((secret.expose().len(), format!("{secret:?}").as_str()), (6 + 44, "***"));
        assert_ne!(secret, generate());
    }

    /// A fenced block of the documentation, by the line before it.
    fn block(document: &str, after: &str) -> String {
        let rest = document.split(after).nth(1).unwrap_or_else(|| panic!("{after}"));
        rest.split("```").nth(1).unwrap().split_once('\n').unwrap().1.trim_end().to_owned()
    }

    #[test]
    fn the_documented_example_verifies() {
        let document = include_str!("../../../../docs/WEBHOOKS.md");
        let (headers, body) =
            (block(document, "An example's headers:"), block(document, "Its body, in one line:"));
        let header = |name: &str| {
            let line = headers.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
            line.unwrap_or_else(|| panic!("{name}"))
        };
        let secret = StreamKey::presented(block(document, "The secret:"));
        let timestamp = header("webhook-timestamp").parse().unwrap();
        let signed = signatures(&[secret], header("webhook-id"), timestamp, &body);
        assert_eq!(signed.as_deref(), Some(header("webhook-signature")));
        let body: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(body["id"], header("webhook-id"));
    }
}
