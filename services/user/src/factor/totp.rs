//! Codes of an authenticator app: TOTP (RFC 6238) with HMAC-SHA-1, six digits, steps of 30 s, which is what every such app knows.
//!
//! A code is good in its own step and the two beside it, since clocks differ. That none is good twice is the caller's part: it keeps
//! the step of the last one ([`Secret::step_of`] gives it) and takes later ones only.

use super::base32;
use crate::error::Error;
use aws_lc_rs::{constant_time::verify_slices_are_equal, hmac};

/// Bytes of a secret: RFC 4226, §4, R6.
const BYTES: usize = 20;
/// Seconds of a step.
const STEP_S: u64 = 30;
/// Steps by which a clock may be wrong.
const DRIFT: u64 = 1;
const DIGITS: usize = 6;

/// The secret that server and app share. Prints as `***`.
#[derive(Clone)]
pub(crate) struct Secret([u8; BYTES]);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl Secret {
    pub(crate) fn random() -> Result<Self, Error> {
        let mut bytes = [0; BYTES];
        aws_lc_rs::rand::fill(&mut bytes).map_err(|_| Error::Random)?;
        Ok(Self(bytes))
    }

    /// Of what the vault kept.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// For typing in: base32.
    pub(crate) fn to_text(&self) -> String {
        base32(&self.0)
    }

    /// What an app reads from a QR code (github.com/google/google-authenticator/wiki/Key-Uri-Format). `account` is a user name, which
    /// has no character to be escaped.
    pub(crate) fn uri(&self, account: &str) -> String {
        let secret = self.to_text();
        format!(
            "otpauth://totp/Streamly:{account}?secret={secret}&issuer=Streamly&algorithm=SHA1&digits={DIGITS}&period={STEP_S}"
        )
    }

    /// The step whose code this is, if it is one of those around `now` (Unix seconds).
    pub(crate) fn step_of(&self, code: &str, now: u64) -> Option<i64> {
        let code: Vec<u8> = code.bytes().filter(|byte| *byte != b' ').take(DIGITS + 1).collect();
        let step = now / STEP_S;
        let near = step.saturating_sub(DRIFT)..=step + DRIFT;
        near.rev()
            .find(|step| verify_slices_are_equal(self.code(*step).as_bytes(), &code).is_ok())
            .map(u64::cast_signed)
    }

    /// RFC 4226, §5.3.
    fn code(&self, step: u64) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0);
        let mac = hmac::sign(&key, &step.to_be_bytes());
        let mac = mac.as_ref();
        let offset = usize::from(mac.last().copied().unwrap_or(0) & 0xf);
        let binary = mac.iter().skip(offset).take(4).fold(0u32, |value, byte| value << 8 | u32::from(*byte))
            & 0x7fff_ffff;
        format!("{:0DIGITS$}", binary % 1_000_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rfc() -> Secret {
        Secret::from_bytes(b"12345678901234567890").unwrap()
    }

    #[test]
    fn codes_are_those_of_rfc_6238() {
        // Its appendix B, the last six of eight digits.
        let known = [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ];
        for (now, code) in known {
            assert_eq!(rfc().step_of(code, now), Some((now / 30).cast_signed()), "{now}");
        }
    }

    #[test]
    fn a_code_is_good_in_its_step_and_the_two_beside_it() {
        let at = |now| rfc().step_of("005 924", now);
        let begins = 1_234_567_890 / 30 * 30;
        for now in [begins - 30, begins, begins + 29, begins + 59] {
            assert_eq!(at(now), Some(begins.cast_signed() / 30), "{now}");
        }
        for now in [begins - 31, begins + 60, 0] {
            assert_eq!(at(now), None, "{now}");
        }
    }

    #[test]
    fn whatever_is_no_code_is_none_and_the_secret_never_prints() {
        for text in ["", "5924", "0059240", "00592", "００５９２４", "-05924", "005924\0"] {
            assert_eq!(rfc().step_of(text, 1_234_567_890), None, "{text}");
        }
        assert_eq!(format!("{:?}", rfc()), "***");
        assert!(rfc().uri("ada").contains("secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&"));
    }
}
