//! Cursors of the directory, as clients carry them: versioned, base64url, and nothing in them that is believed.

use crate::store::directory::Match;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use uuid::Uuid;

/// Hex digits of a list's name.
pub(super) const NAME: usize = 32;

/// Where a page begins.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Cursor {
    /// In a list, from a place on.
    Listed {
        /// The list's name.
        list: String,
        /// Items before it.
        from: usize,
    },
    /// After a channel of those that are not in the list.
    Other {
        /// The list's name; its channels were shown.
        list: String,
        /// The last one; none: before the first.
        after: Option<Uuid>,
    },
    /// After a match.
    Found {
        /// How was searched.
        how: Match,
        /// How well the last one matched.
        score: i32,
        /// Which it was.
        after: Uuid,
    },
}

impl Cursor {
    /// As clients carry it.
    pub fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(match self {
            Self::Listed { list, from } => format!("2:l:{list}:{from}"),
            Self::Other { list, after: Some(after) } => format!("2:o:{list}:{after}"),
            Self::Other { list, after: None } => format!("2:o:{list}:"),
            Self::Found { how: Match::Exact, score, after } => format!("2:e:{score}:{after}"),
            Self::Found { how: Match::Alike, score, after } => format!("2:a:{score}:{after}"),
        })
    }
    /// What a client carried; `None`: it is none of ours.
    pub fn parse(text: &str) -> Option<Self> {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        let (kind, rest) = text.strip_prefix("2:")?.split_once(':')?;
        let (first, second) = rest.split_once(':')?;
        let list = || {
            let is_name =
                first.len() == NAME && first.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
            is_name.then(|| first.to_owned())
        };
        let found = |how| Some(Self::Found { how, score: first.parse().ok()?, after: second.parse().ok()? });
        match kind {
            "l" => Some(Self::Listed { list: list()?, from: second.parse().ok()? }),
            "o" if second.is_empty() => Some(Self::Other { list: list()?, after: None }),
            "o" => Some(Self::Other { list: list()?, after: Some(second.parse().ok()?) }),
            "e" => found(Match::Exact),
            "a" => found(Match::Alike),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIST: &str = "00112233445566778899aabbccddeeff";

    #[test]
    fn cursors_read_back() {
        let (list, after) = (LIST.to_owned(), Uuid::now_v7());
        for cursor in [
            Cursor::Listed { list: list.clone(), from: 30 },
            Cursor::Other { list: list.clone(), after: Some(after) },
            Cursor::Other { list, after: None },
            Cursor::Found { how: Match::Exact, score: -1, after },
            Cursor::Found { how: Match::Alike, score: 700, after },
        ] {
            assert_eq!(Cursor::parse(&cursor.encode()), Some(cursor));
        }
    }

    proptest! {
        #[test]
        fn other_texts_are_no_cursors(text in "\\PC{0,80}") {
            prop_assert_eq!(Cursor::parse(&text), None);
            prop_assert_eq!(Cursor::parse(&URL_SAFE_NO_PAD.encode(format!("2:l:{text}"))), None);
        }
    }
}
