//! Recovery codes: a dozen characters each on a sheet of paper, for who has lost every other factor. 60 random bits, each good once.
//!
//! Only what the vault makes of a code is kept (`factor::vault`). Who types one may use any case, spaces and hyphens.

use super::base32;
use crate::error::Error;

/// How many are made at once.
pub(crate) const COUNT: usize = 10;
/// Characters of one, hyphens not counted.
const LENGTH: usize = 12;

/// A code without hyphens, in capitals. Prints as `***`.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Code(String);

impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl Code {
    /// A sheet of new ones.
    pub(crate) fn sheet() -> Result<Vec<Self>, Error> {
        (0..COUNT).map(|_| Self::random()).collect()
    }

    fn random() -> Result<Self, Error> {
        let mut bytes = [0; 8];
        aws_lc_rs::rand::fill(&mut bytes).map_err(|_| Error::Random)?;
        Ok(Self(base32(&bytes).chars().take(LENGTH).collect()))
    }

    /// As typed. None: it cannot be one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bare: String = text
            .chars()
            .filter(|c| !matches!(c, ' ' | '-'))
            .take(LENGTH + 1)
            .map(|c| c.to_ascii_uppercase())
            .collect();
        (bare.len() == LENGTH && bare.bytes().all(|b| super::ALPHABET.contains(&b))).then_some(Self(bare))
    }

    /// What the vault makes a hash of.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// For its owner: `abcd-efgh-ijkl`.
    pub(crate) fn to_text(&self) -> String {
        let lower = self.0.to_lowercase();
        [lower.get(..4), lower.get(4..8), lower.get(8..)].into_iter().flatten().collect::<Vec<_>>().join("-")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_reads_back_however_it_is_typed() {
        let sheet = Code::sheet().unwrap();
        assert_eq!(sheet.len(), COUNT);
        for code in &sheet {
            let text = code.to_text();
            assert_eq!((text.len(), text.matches('-').count()), (14, 2));
            for typed in [text.clone(), text.to_uppercase(), text.replace('-', " "), text.replace('-', "")] {
                assert_eq!(Code::parse(&typed).as_ref(), Some(code));
            }
            assert_eq!(sheet.iter().filter(|other| *other == code).count(), 1);
            assert_eq!(format!("{code:?}"), "***");
        }
        for bad in ["", "abcd-efgh", "abcd-efgh-ijklm", "abcd-efgh-ijk1", "ﬀﬀﬀﬀﬀﬀ", "abcdéfghijkl"]
        {
            assert_eq!(Code::parse(bad), None, "{bad}");
        }
    }
}
