//! Session ids that this edge gives out and knows again, so that nobody can invent viewers: only theirs are counted.
//!
//! A `sid` is 64 random bits and the first 64 bits of HMAC-SHA-256 over the broadcast's id and them, both in hex: 32 characters, within
//! what a media playlist's query may have (`crates/hls`). One client can still ask for many, one multivariant playlist each; each is counted by
//! the next 64 bits of its HMAC, which stand in no sid.
//!
//! A broadcaster's preview (`?preview=1`) gets a sid of another kind, whose MAC also covers a word. Anybody may ask for one: what it is
//! worth is bounded where sessions are counted (`sessions`), not here.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Hex characters of each half.
const HALF: usize = 16;
/// Bytes of the MAC in a sid.
const MAC_BYTES: usize = 8;

/// What the MAC of a preview's sid covers besides.
const PREVIEW: &str = "preview";

/// Whose session a sid is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Counts.
    Viewer,
    /// The broadcaster's own picture on the dashboard, or who says so.
    Preview,
}

/// A sid that was given out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sid {
    /// What it is counted by, at every edge: bits of its MAC that stand in no sid. Who has sids cannot tell by which numbers they count, and
    /// so cannot pick those that make a HyperLogLog count many times as many.
    pub(crate) number: u64,
    /// Whose it is.
    pub(crate) kind: Kind,
}

/// Gives out sids and knows its own.
pub(crate) struct Sids {
    mac: Hmac<Sha256>,
}

impl Sids {
    /// Edges with one key know each other's sids; any length of key will do.
    pub(crate) fn new(key: &[u8]) -> Result<Self, hmac::digest::InvalidLength> {
        Ok(Self { mac: Hmac::new_from_slice(key)? })
    }

    /// A new session's sid for a broadcast.
    pub(crate) fn issue(&self, broadcast: &str, kind: Kind) -> String {
        let random = format!("{:016x}", rand::random::<u64>());
        let mac = self.over(broadcast, &random, kind).finalize().into_bytes();
        mac.iter().take(MAC_BYTES).fold(random, |sid, byte| sid + &format!("{byte:02x}"))
    }

    /// The sid, if it was given out for this broadcast. Any text may come.
    pub(crate) fn read(&self, broadcast: &str, sid: &str) -> Option<Sid> {
        let (random, mac) = sid.split_at_checked(HALF)?;
        // One spelling only: each is a viewer.
        if mac.len() != HALF || !mac.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return None;
        }
        let mac = u64::from_str_radix(mac, 16).ok()?.to_be_bytes();
        [Kind::Viewer, Kind::Preview].into_iter().find_map(|kind| {
            let whole = self.over(broadcast, random, kind).finalize().into_bytes();
            let (own, rest) = whole.split_at_checked(MAC_BYTES)?;
            verify_slices_are_equal(own, &mac).ok()?;
            let number = u64::from_be_bytes(*rest.first_chunk()?);
            Some(Sid { number, kind })
        })
    }

    fn over(&self, broadcast: &str, random: &str, kind: Kind) -> Hmac<Sha256> {
        // Ids of broadcasts and `random` have one length each, so no two of these are one text.
        let mac = self.mac.clone().chain_update(broadcast).chain_update(random);
        match kind {
            Kind::Viewer => mac,
            Kind::Preview => mac.chain_update(PREVIEW),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, Sids};
    use proptest::prelude::*;

    #[test]
    fn a_sid_is_known_only_by_its_key_for_its_broadcast_and_in_its_spelling() {
        let (a, same, other) =
            (Sids::new(b"one").unwrap(), Sids::new(b"one").unwrap(), Sids::new(b"two").unwrap());
        for kind in [Kind::Viewer, Kind::Preview].repeat(50) {
            let sid = a.issue("x", kind);
            assert!(sid.len() == 32 && sid.bytes().all(|b| b.is_ascii_hexdigit()), "{sid}");
            let read = a.read("x", &sid).unwrap();
            assert_eq!((read.kind, same.read("x", &sid)), (kind, Some(read)));
            // Who has it does not know what it is counted by: else thousands could be picked that fill the count's registers.
            assert!(!sid.contains(&format!("{:016x}", read.number)), "{sid} {read:?}");
            assert_eq!((other.read("x", &sid), a.read("y", &sid)), (None, None));
            let last = if sid.ends_with('0') { "1" } else { "0" };
            let mut wrong = vec![format!("{}{last}", &sid[..31]), format!("{sid}0"), sid[..31].to_owned()];
            wrong.extend((sid.to_uppercase() != sid).then(|| sid.to_uppercase()));
            wrong.push(format!("{}+{}", &sid[..16], &sid[17..]));
            for wrong in wrong {
                assert_eq!(a.read("x", &wrong), None, "{wrong}");
            }
        }
        assert_ne!(a.issue("x", Kind::Viewer), a.issue("x", Kind::Viewer));
    }

    proptest! {
        #[test]
        fn no_invented_sid_is_known(sid in "\\PC{0,40}|[0-9a-f]{32}") {
            prop_assert_eq!(Sids::new(b"one").unwrap().read("x", &sid), None);
        }
    }
}
