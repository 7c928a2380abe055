//! Cursors of pages that are ordered by a number and then by a channel's id. Versioned: `1:{number}:{channel id}` in base64url.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use uuid::Uuid;

/// The cursor after an item.
pub fn encode(number: i64, channel: Uuid) -> String {
    URL_SAFE_NO_PAD.encode(format!("1:{number}:{channel}"))
}

/// The item that a cursor names; `None`: it is none of ours.
pub fn parse(text: &str) -> Option<(i64, Uuid)> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
    let (number, channel) = text.strip_prefix("1:")?.split_once(':')?;
    Some((number.parse().ok()?, channel.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::{encode, parse};
    use proptest::prelude::*;

    #[test]
    fn a_cursor_reads_back() {
        let id = uuid::Uuid::now_v7();
        assert_eq!(parse(&encode(7, id)), Some((7, id)));
    }
    proptest! {
        #[test]
        fn other_texts_are_no_cursors(text in "\\PC{0,80}") {
            prop_assert_eq!(parse(&text), None);
        }
    }
}
