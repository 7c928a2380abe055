//! Reads the frame that there are most of, a say with nothing wrong, at once and without a tree of values between.
//!
//! What is not one, or may be wrong, is `None`: the long way can tell what it is. What this reads, the long way reads the same.

use super::{Client, is_nonce};
use serde::Deserialize;
use uuid::Uuid;

/// The say that a text is; `None` for anything else about it.
pub(super) fn say(text: &str) -> Option<Client> {
    #[derive(Deserialize)]
    struct Say<'a> {
        r#type: &'a str,
        room: String,
        text: String,
        nonce: Option<String>,
        image: Option<Uuid>,
        reply_to: Option<String>,
    }
    let Say { r#type, room, text, nonce, image, reply_to } = serde_json::from_str(text).ok()?;
    let is_plain = r#type == "say" && nonce.as_deref().is_none_or(is_nonce) && reply_to.is_none();
    is_plain.then_some(Client::Say { room, text, nonce, reply_to: None, image })
}

#[cfg(test)]
mod tests {
    use super::super::read_any;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_say_reads_the_same_either_way(
            kind in "say|say|say|hello|s\\\\u0061y", text in "\"\\PC{0,9}\"|\"a\\\\n\"|null|1", nonce in ",\"nonce\":\"[!-~é]{0,3}\"|,\"nonce\":null|",
            more in ",\"reply_to\":\"0193000000aa000001\"|,\"image\":\"x\"|,\"text\":\"b\"|,\"x\":[1]|", room in ",\"room\":\"ada\"|",
        ) {
            let frame = format!("{{\"type\":\"{kind}\",\"text\":{text}{nonce}{more}{room}}}");
            if let Some(say) = say(&frame) {
                prop_assert_eq!(read_any(&frame), Ok(say), "{}", frame);
            }
        }
    }

    #[test]
    fn a_say_with_nothing_wrong_is_read_here() {
        let frame = r#"{"type":"say","room":"ada","text":"hi","nonce":"n"}"#;
        assert_eq!(say(frame), read_any(frame).ok());
    }
}
