//! Second factors that need no browser's help: codes of an app (`totp`), codes on paper (`recovery`), and the vault that keeps both from
//! whoever reads the database (`vault`). Pure. Passkeys are in `webauthn`.

pub(crate) mod recovery;
pub(crate) mod totp;
pub(crate) mod vault;

/// RFC 4648, §6.
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Base32 without padding (RFC 4648, §6), in capitals.
fn base32(bytes: &[u8]) -> String {
    let bit = |at: usize| bytes.get(at / 8).is_some_and(|byte| byte >> (7 - at % 8) & 1 == 1);
    (0..(bytes.len() * 8).div_ceil(5))
        .map(|group| (0..5).fold(0, |value, i| value << 1 | usize::from(bit(group * 5 + i))))
        .map(|value| char::from(ALPHABET[value]))
        .collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn base32_is_that_of_rfc_4648() {
        let known = [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("foobar", "MZXW6YTBOI"),
        ];
        for (plain, text) in known {
            assert_eq!(super::base32(plain.as_bytes()), text);
        }
    }
}
