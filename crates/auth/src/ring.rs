//! The keys of access tokens as they follow one another: a text with a line for each, the key and since when it signs.
//!
//! Not the key itself ([`SigningKey`]) and not what verifies ([`crate::access::Verifier`]). A key is published from the moment it is in the text, so that
//! verifiers have it before the first token names it; it signs from its time until the next one's, and stays published until the last
//! token that it signed has ended. The clock is an argument, Unix seconds. A text that does not parse is refused whole.

use crate::{Jwks, KeyError, LEEWAY_S, SigningKey, access::LIFETIME_S};

/// A key that signs no more is published for so long: as long as the last of its tokens could be good, and a minute for clocks that differ.
pub const KEEP_S: u64 = LIFETIME_S + LEEWAY_S + 60;
/// Most keys of one text; more is no rotation.
pub const MAX: usize = 16;

/// What a key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Published, does not sign yet.
    Next,
    /// Signs.
    Signing,
    /// Its tokens are good until they end.
    Former,
}

/// Keys in the order in which they sign.
#[derive(Debug, Clone)]
pub struct Ring(Vec<(SigningKey, u64)>);

impl Ring {
    /// One key that signs and always did.
    pub fn of(key: SigningKey) -> Self {
        Self(vec![(key, 0)])
    }

    /// Reads lines of `KEY` or `KEY UNIX_SECONDS`; empty ones are passed over. Errors: no key, more than [`MAX`], one that is none, a time that is
    /// none.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let mut keys = Vec::new();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (key, from) = line.split_once(char::is_whitespace).unwrap_or((line, "0"));
            let from = from.trim().parse().map_err(|_| KeyError::Malformed)?;
            keys.push((SigningKey::from_text(key)?, from));
        }
        if keys.is_empty() || keys.len() > MAX {
            return Err(KeyError::Malformed);
        }
        // Stable: of two with one time the later line counts.
        keys.sort_by_key(|(_, from)| *from);
        Ok(Self(keys))
    }

    /// What [`Ring::parse`] reads: a secret.
    pub fn to_text(&self) -> String {
        self.0.iter().map(|(key, from)| format!("{} {from}\n", key.to_text())).collect()
    }

    /// With a new key that signs `lead_s` after `now`, and without those that nobody needs any more. Errors: no random bytes; too many keys.
    pub fn rotated(&self, now: u64, lead_s: u64) -> Result<(Self, SigningKey), KeyError> {
        let key = SigningKey::generate()?;
        let mut keys: Vec<_> = self.at(now).map(|(key, from, _, _)| (key.clone(), from)).collect();
        keys.push((key.clone(), now.saturating_add(lead_s)));
        if keys.len() > MAX {
            return Err(KeyError::Malformed);
        }
        keys.sort_by_key(|(_, from)| *from);
        Ok((Self(keys), key))
    }

    /// The key that signs at `now`; before the time of the first one, that one.
    pub fn signing(&self, now: u64) -> &SigningKey {
        &self.0[self.index(now)].0
    }

    /// What is published at `now`.
    pub fn jwks(&self, now: u64) -> Jwks {
        Jwks { keys: self.at(now).map(|(key, ..)| key.jwk()).collect() }
    }

    /// The published keys at `now`: since when each signs, until when it is published (none: as long as it signs), and what it does.
    pub fn at(&self, now: u64) -> impl Iterator<Item = (&SigningKey, u64, Option<u64>, Phase)> {
        let signing = self.index(now);
        self.0.iter().enumerate().filter_map(move |(i, (key, from))| {
            let until = self.0.get(i + 1).map(|(_, next)| next.saturating_add(KEEP_S));
            let phase = match i.cmp(&signing) {
                std::cmp::Ordering::Less => Phase::Former,
                std::cmp::Ordering::Equal => Phase::Signing,
                std::cmp::Ordering::Greater => Phase::Next,
            };
            (phase != Phase::Former || until.is_none_or(|until| now < until))
                .then_some((key, *from, until, phase))
        })
    }

    /// All keys, also those that are not published any more.
    pub fn keys(&self) -> impl Iterator<Item = &SigningKey> {
        self.0.iter().map(|(key, _)| key)
    }

    fn index(&self, now: u64) -> usize {
        self.0.iter().rposition(|(_, from)| *from <= now).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000;

    fn kids(ring: &Ring, now: u64) -> Vec<String> {
        ring.jwks(now).keys.into_iter().map(|key| key.kid).collect()
    }

    #[test]
    fn a_new_key_is_published_at_once_signs_later_and_the_old_one_goes_when_its_tokens_have_ended() {
        let old = Ring::of(SigningKey::generate().unwrap());
        let first = old.signing(NOW).kid().to_owned();
        let (ring, second) = old.rotated(NOW, 600).unwrap();
        let ring = Ring::parse(&ring.to_text()).unwrap();
        let second = second.kid().to_owned();
        assert_eq!(kids(&ring, NOW), [first.clone(), second.clone()]);
        assert_eq!(ring.signing(NOW + 599).kid(), first);
        assert_eq!(ring.signing(NOW + 600).kid(), second);
        assert_eq!(kids(&ring, NOW + 600 + KEEP_S - 1), [first.clone(), second.clone()]);
        assert_eq!(kids(&ring, NOW + 600 + KEEP_S), std::slice::from_ref(&second));
        // The next rotation leaves out what is over.
        let (third, _) = ring.rotated(NOW + 600 + KEEP_S, 0).unwrap();
        assert!(third.keys().all(|key| key.kid() != first) && third.keys().count() == 2);
    }

    #[test]
    fn a_text_of_one_key_is_as_it_ever_was_and_a_damaged_one_is_refused() {
        let key = SigningKey::generate().unwrap();
        let text = key.to_text();
        let ring = Ring::parse(&format!("\n{text}\n\n")).unwrap();
        assert_eq!(ring.signing(0).kid(), key.kid());
        let many = format!("{text} 1\n").repeat(MAX + 1);
        for bad in ["", " \n", "AAAA", &format!("{text} soon"), &format!("{text}\nAAAA 7"), &many] {
            assert_eq!(Ring::parse(bad).unwrap_err(), KeyError::Malformed, "{bad}");
        }
        assert!(!format!("{ring:?}").contains(&text));
    }

    #[test]
    fn a_key_whose_time_has_not_come_signs_only_where_there_is_no_other() {
        let (a, b) = (SigningKey::generate().unwrap(), SigningKey::generate().unwrap());
        let alone = Ring::parse(&format!("{} {}", b.to_text(), NOW + 9)).unwrap();
        assert_eq!(alone.signing(NOW).kid(), b.kid());
        let both = Ring::parse(&format!("{} {}\n{}", b.to_text(), NOW + 9, a.to_text())).unwrap();
        assert_eq!(both.signing(NOW).kid(), a.kid());
        let phases: Vec<_> = both.at(NOW).map(|(_, _, _, phase)| phase).collect();
        assert_eq!(phases, [Phase::Signing, Phase::Next]);
    }
}
