//! Session ids that this edge gives out and knows again, so that nobody can invent viewers: only theirs are counted.
//!
//! A `sid` is 64 random bits and the first 64 bits of HMAC-SHA-256 over the broadcast's id and them, both in hex: 32 characters, within
//! what a media playlist's query may have (`crates/hls`). One client can still ask for many, one multivariant playlist each.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Hex characters of each half.
const HALF: usize = 16;
/// Bytes of the MAC in a sid.
const MAC_BYTES: usize = 8;

/// Gives out sids and knows its own.
pub(crate) struct Sids {
    mac: Hmac<Sha256>,
}

impl Sids {
    /// Edges with one key know each other's sids; any length of key will do.
    pub(crate) fn new(key: &[u8]) -> Result<Self, hmac::digest::InvalidLength> {
        Ok(Self { mac: Hmac::new_from_slice(key)? })
    }

    /// A new viewer's sid for a broadcast.
    pub(crate) fn issue(&self, broadcast: &str) -> String {
        let random = format!("{:016x}", rand::random::<u64>());
        let mac = self.over(broadcast, &random).finalize().into_bytes();
        mac.iter().take(MAC_BYTES).fold(random, |sid, byte| sid + &format!("{byte:02x}"))
    }

    /// Whether the sid was given out for this broadcast. Any text may come.
    pub(crate) fn is_ours(&self, broadcast: &str, sid: &str) -> bool {
        let Some((random, mac)) = sid.split_at_checked(HALF) else { return false };
        // One spelling only: each is a viewer.
        if mac.len() != HALF || !mac.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return false;
        }
        let Ok(mac) = u64::from_str_radix(mac, 16) else { return false };
        self.over(broadcast, random).verify_truncated_left(&mac.to_be_bytes()).is_ok()
    }

    fn over(&self, broadcast: &str, random: &str) -> Hmac<Sha256> {
        // `random` has one length, so no two pairs are one text.
        self.mac.clone().chain_update(broadcast).chain_update(random)
    }
}

#[cfg(test)]
mod tests {
    use super::Sids;
    use proptest::prelude::*;

    #[test]
    fn a_sid_is_known_only_by_its_key_for_its_broadcast_and_in_its_spelling() {
        let (a, same, other) =
            (Sids::new(b"one").unwrap(), Sids::new(b"one").unwrap(), Sids::new(b"two").unwrap());
        for _ in 0..100 {
            let sid = a.issue("x");
            assert!(sid.len() == 32 && sid.bytes().all(|b| b.is_ascii_hexdigit()), "{sid}");
            assert!(a.is_ours("x", &sid) && same.is_ours("x", &sid));
            assert!(!other.is_ours("x", &sid) && !a.is_ours("y", &sid));
            let last = if sid.ends_with('0') { "1" } else { "0" };
            let mut wrong = vec![format!("{}{last}", &sid[..31]), format!("{sid}0"), sid[..31].to_owned()];
            wrong.extend((sid.to_uppercase() != sid).then(|| sid.to_uppercase()));
            wrong.push(format!("{}+{}", &sid[..16], &sid[17..]));
            for wrong in wrong {
                assert!(!a.is_ours("x", &wrong), "{wrong}");
            }
        }
        assert_ne!(a.issue("x"), a.issue("x"));
    }

    proptest! {
        #[test]
        fn no_invented_sid_is_known(sid in "\\PC{0,40}|[0-9a-f]{32}") {
            prop_assert!(!Sids::new(b"one").unwrap().is_ours("x", &sid));
        }
    }
}
