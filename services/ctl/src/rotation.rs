//! `rotate-signing-keys`: puts a new key into the text of keys that the user service reads ([`Ring`]), from stdin to stdout, for a secret
//! that is kept elsewhere than in a file.
//!
//! The service takes the new text up by itself within seconds; nothing is restarted. The new key is published at once and signs after the
//! lead, by when every service knows it. The former one is good until its last tokens have ended, and leaves the text with the next
//! rotation. Nothing is written if anything is wrong, and never to a terminal: the keys are secret.

use crate::error::Error;
use std::{
    io::{self, IsTerminal, Read, Write},
    time::{SystemTime, UNIX_EPOCH},
};
use streamly_auth::{KeyError, Ring};

/// Most bytes that are read; the longest text of keys has a few thousand.
const MAX_TEXT: u64 = 64 << 10;

/// The text of keys with a new one that signs `lead_s` after `now` (Unix seconds), and the new key's id. With `revoke` it signs at once and
/// all others are gone. Errors: the text is no text of keys, has as many as there may be, or no key can be made.
pub fn rotated(text: &str, now: u64, lead_s: u64, revoke: bool) -> Result<(String, String), Error> {
    let lead_s = if revoke { 0 } else { lead_s };
    let ring = Ring::parse(text).map_err(Error::DamagedKeys)?;
    let (ring, key) = ring.rotated(now, lead_s).map_err(|e| match e {
        KeyError::Malformed => Error::TooManyKeys,
        KeyError::Random => Error::NewKey(e),
    })?;
    let ring = if revoke { Ring::of(key.clone()) } else { ring };
    Ok((ring.to_text(), key.kid().to_owned()))
}

/// What is said of a rotation that was done.
pub fn told(kid: &str, lead_s: u64, revoke: bool) -> String {
    if revoke {
        format!("Key {kid} signs now; all others are gone.")
    } else {
        format!("Key {kid} signs from {lead_s} s on; the former one goes when its last tokens have ended.")
    }
}

/// From stdin to stdout; what was done is said on stderr.
pub(crate) fn run(lead_s: u64, revoke: bool) -> Result<(), Error> {
    let mut out = io::stdout().lock();
    if out.is_terminal() {
        return Err(Error::ToTerminal);
    }
    let mut text = String::new();
    io::stdin().lock().take(MAX_TEXT).read_to_string(&mut text).map_err(Error::Input)?;
    if text.trim().is_empty() {
        return Err(Error::NothingRead);
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    let (new, kid) = rotated(&text, now, lead_s, revoke)?;
    out.write_all(new.as_bytes()).and_then(|()| out.flush()).map_err(Error::KeysNotWritten)?;
    eprintln!("{}", told(&kid, lead_s, revoke));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use streamly_auth::SigningKey;

    const NOW: u64 = 1_800_000_000;

    fn kids(text: &str) -> Vec<String> {
        Ring::parse(text).unwrap().keys().map(|key| key.kid().to_owned()).collect()
    }

    #[test]
    fn a_new_key_signs_after_the_lead_and_the_former_one_stays() {
        let first = SigningKey::generate().unwrap();
        let (text, second) = rotated(&first.to_text(), NOW, 600, false).unwrap();
        assert_eq!(kids(&text), [first.kid(), &second]);
        let ring = Ring::parse(&text).unwrap();
        assert_eq!(ring.signing(NOW + 599).kid(), first.kid());
        assert_eq!(ring.signing(NOW + 600).kid(), second);
    }

    #[test]
    fn a_revocation_leaves_the_new_key_alone_and_needs_no_lead() {
        let first = SigningKey::generate().unwrap();
        let (text, second) = rotated(&first.to_text(), NOW, 600, true).unwrap();
        assert_eq!(kids(&text), [second.as_str()]);
        let (text, third) = rotated(&text, NOW + 1, 600, false).unwrap();
        assert_eq!(kids(&text), [second, third]);
    }

    #[test]
    fn what_is_no_text_of_keys_is_refused_and_so_is_one_too_many() {
        for bad in ["", "junk", "\n\n"] {
            assert!(matches!(rotated(bad, NOW, 600, false), Err(Error::DamagedKeys(_))), "{bad:?}");
        }
        let mut text = SigningKey::generate().unwrap().to_text();
        for n in 1..streamly_auth::ring::MAX {
            text = rotated(&text, NOW, n as u64, false).unwrap().0;
        }
        assert!(matches!(rotated(&text, NOW, 600, false), Err(Error::TooManyKeys)));
    }

    #[test]
    fn it_is_said_when_the_new_key_signs() {
        assert!(told("k", 600, false).contains("k signs from 600 s on"));
        assert!(told("k", 600, true).contains("k signs now"));
    }
}
