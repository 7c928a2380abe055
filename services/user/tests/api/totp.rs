//! An authenticator app in software (RFC 6238), apart from the server's own code for it.

use aws_lc_rs::hmac;
use std::time::{SystemTime, UNIX_EPOCH};

/// The code of a base32 secret, `steps` of 30 s from now.
pub fn code(secret: &str, steps: i64) -> String {
    let (mut bits, mut count, mut key) = (0u32, 0, Vec::new());
    for c in secret.bytes() {
        let value = if c.is_ascii_uppercase() { c - b'A' } else { c - b'2' + 26 };
        bits = (bits << 5) | u32::from(value);
        count += 5;
        if count >= 8 {
            count -= 8;
            key.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap();
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &key);
    let mac = hmac::sign(&key, &(now / 30 + steps).to_be_bytes());
    let mac = mac.as_ref();
    let at = usize::from(mac[19] & 15);
    let number = u32::from_be_bytes([mac[at], mac[at + 1], mac[at + 2], mac[at + 3]]) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}
