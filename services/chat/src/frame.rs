//! The frames of the WebSocket: reading what clients send, writing what they are told. `docs/CHAT-PROTOCOL.md` has an example of each.
//!
//! Pure. Unknown fields are ignored, unknown types are an error of their own. Frames of the log are written by [`crate::bus::Entry`].

mod plain;

use crate::{bans::Sanction, error::Code};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::borrow::Cow;
use streamly_domain::{ChannelId, UserId};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tokio_tungstenite::tungstenite::Utf8Bytes;
use uuid::Uuid;

/// Longest nonce, bytes: visible ASCII.
const MAX_NONCE: usize = 64;

/// What a client can send.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Client {
    Hello { v: u64, token: Option<String> },
    Auth { token: String },
    Join { room: String, since: Option<String>, history: Option<u64> },
    Say { room: String, text: String, nonce: Option<String>, reply_to: Option<String>, image: Option<Uuid> },
    Vote { room: String, poll: String, option: i16, nonce: Option<String> },
    Roster { room: String, cursor: Option<String> },
    Leave { room: String },
    Ping {},
}

/// Why a text is no frame, with the nonce if it had one.
#[derive(Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// Which of the three.
    pub code: Code,
    /// Which field, for the developer.
    pub detail: String,
    /// The frame's nonce, so that its sender can tell which frame failed.
    pub nonce: Option<String>,
}

/// The types of what a client can send.
const TYPES: [&str; 8] = ["hello", "auth", "join", "say", "vote", "roster", "leave", "ping"];

/// The type of a frame that was not read yet; none of what is no frame, or of no type that there is.
pub fn kind(text: &str) -> Option<&'static str> {
    #[derive(Deserialize)]
    struct Typed<'a> {
        #[serde(borrow)]
        r#type: Cow<'a, str>,
    }
    let typed: Typed<'_> = serde_json::from_str(text).ok()?;
    TYPES.into_iter().find(|known| *known == typed.r#type)
}

/// Reads one frame.
pub fn read(text: &str) -> Result<Client, Unreadable> {
    plain::say(text).map_or_else(|| read_any(text), Ok)
}

fn read_any(text: &str) -> Result<Client, Unreadable> {
    let fail = |code: Code, detail: &str, nonce| Unreadable { code, detail: detail.to_owned(), nonce };
    let malformed = || fail(Code::Malformed, Code::Malformed.detail(), None);
    let value: Value = serde_json::from_str(text).map_err(|_| malformed())?;
    let kind = value
        .as_object()
        .and_then(|o| o.get("type"))
        .and_then(Value::as_str)
        .ok_or_else(malformed)?
        .to_owned();
    let nonce = value.get("nonce").and_then(Value::as_str).filter(|n| is_nonce(n)).map(str::to_owned);
    if !TYPES.contains(&kind.as_str()) {
        return Err(fail(Code::UnknownType, Code::UnknownType.detail(), nonce));
    }
    let frame = serde_json::from_value(value).map_err(|e| {
        let detail: String = e.to_string().chars().take(200).collect();
        fail(Code::InvalidFrame, &detail, nonce.clone())
    })?;
    match &frame {
        Client::Say { nonce: Some(n), .. } if !is_nonce(n) => {
            Err(fail(Code::InvalidFrame, "a nonce is 1 to 64 visible ASCII characters", None))
        }
        Client::Say { reply_to: Some(id), .. } if id.parse::<crate::log_id::LogId>().is_err() => {
            Err(fail(Code::InvalidFrame, "reply_to is not an id of the log", nonce))
        }
        Client::Roster { cursor: Some(c), .. } if !crate::roster::is_cursor(c) => {
            Err(fail(Code::InvalidFrame, "the cursor is not one of this room", nonce))
        }
        _ => Ok(frame),
    }
}

/// Whether it can be a nonce.
pub fn is_nonce(n: &str) -> bool {
    !n.is_empty() && n.len() <= MAX_NONCE && n.bytes().all(|b| b.is_ascii_graphic())
}

/// A person in a frame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Person {
    /// Their id.
    pub id: UserId,
    /// Lower case.
    pub username: String,
    /// As they write it.
    pub display_name: String,
}

/// What the server sends besides the log. Fields are those of CONTRACT.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Server<'a> {
    Welcome {
        v: u8,
        user: Option<&'a Person>,
        heartbeat_ms: u64,
    },
    AuthExpiring {
        in_ms: u64,
    },
    Auth {
        state: &'static str,
    },
    Stream {
        room: ChannelId,
        state: &'a str,
        viewers: u64,
    },
    Presence {
        room: ChannelId,
        count: u64,
        people: u64,
    },
    Roster {
        room: ChannelId,
        people: &'a [Value],
        next: Option<&'a str>,
        total: u64,
    },
    Emotes {
        room: ChannelId,
    },
    Skipped {
        room: ChannelId,
        count: u64,
    },
    Left {
        room: ChannelId,
    },
    /// The roles of the socket's person have changed.
    You {
        room: ChannelId,
        roles: &'a [String],
    },
    /// A command was done.
    Done {
        room: ChannelId,
        #[serde(skip_serializing_if = "Option::is_none")]
        nonce: Option<&'a str>,
        text: &'a str,
    },
    Reconnect {
        after_ms: u64,
    },
    Pong,
    Error {
        code: Code,
        detail: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        room: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        nonce: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        retry_after_ms: Option<u64>,
    },
}

impl Server<'_> {
    /// The text on the wire.
    pub fn encode(&self) -> Utf8Bytes {
        serde_json::to_string(self).expect("frames have string keys only").into()
    }
}

/// A ban or time-out as its person is told of it: `{"kind":"timeout","until":…,"reason":…}`, or that there is none any more.
pub fn sanction(sanction: Option<&Sanction>) -> Value {
    let Some(s) = sanction else { return serde_json::json!({ "kind": "none" }) };
    let mut told = serde_json::json!({ "kind": s.kind });
    if let Some(until) = s.until_ms.and_then(rfc3339) {
        told["until"] = until.into();
    }
    if !s.reason.is_empty() {
        told["reason"] = s.reason.as_str().into();
    }
    told
}

/// Unix milliseconds as RFC 3339 UTC; `None` beyond its years.
fn rfc3339(ms: u64) -> Option<String> {
    let time = OffsetDateTime::from_unix_timestamp_nanos(i128::from(ms) * 1_000_000).ok()?;
    time.format(&Rfc3339).ok()
}

/// An error frame with the code's own sentence.
pub fn error(code: Code, room: Option<&str>, nonce: Option<&str>) -> Utf8Bytes {
    Server::Error { code, detail: code.detail(), room, nonce, retry_after_ms: None }.encode()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn frames_are_read_and_unknown_fields_ignored() {
        assert_eq!(read(r#"{"type":"ping","x":[1]}"#), Ok(Client::Ping {}));
        assert_eq!(read(r#"{"type":"hello","v":1}"#), Ok(Client::Hello { v: 1, token: None }));
    }

    #[test]
    fn each_way_of_being_wrong_has_its_code() {
        for (text, code) in [
            ("", Code::Malformed),
            ("{", Code::Malformed),
            ("[]", Code::Malformed),
            ("null", Code::Malformed),
            (r#"{"type":1}"#, Code::Malformed),
            (r#"{"type":"dance"}"#, Code::UnknownType),
            (r#"{"type":"say","room":"a"}"#, Code::InvalidFrame),
            (r#"{"type":"join","room":1}"#, Code::InvalidFrame),
            (r#"{"type":"say","room":"a","text":"b","nonce":""}"#, Code::InvalidFrame),
            (r#"{"type":"say","room":"a","text":"b","nonce":"a\nb"}"#, Code::InvalidFrame),
            (r#"{"type":"say","room":"a","text":"b","reply_to":"x"}"#, Code::InvalidFrame),
            (r#"{"type":"roster","room":"a","cursor":"[x"}"#, Code::InvalidFrame),
        ] {
            assert_eq!(read(text).map_err(|e| e.code), Err(code), "{text}");
        }
        let deep = "[".repeat(10_000);
        assert_eq!(read(&deep).map_err(|e| e.code), Err(Code::Malformed));
    }

    #[test]
    fn the_type_of_a_frame_is_known_before_it_is_read() {
        for (text, known) in [
            (r#"{"text":"{\"type\":\"join\"}","type":"say","room":1}"#, Some("say")),
            (r#"{"type":"r\u006fster"}"#, Some("roster")),
            (r#"{"type":"dance"}"#, None),
            (r#"{"type":1}"#, None),
            ("{", None),
        ] {
            assert_eq!(kind(text), known, "{text}");
        }
    }

    #[test]
    fn codes_have_unique_names_and_all_are_in_the_document() {
        let names: std::collections::HashSet<_> = Code::ALL.iter().map(|c| c.name()).collect();
        assert_eq!(names.len(), Code::ALL.len());
        let document = include_str!("../../../docs/CHAT-PROTOCOL.md");
        let list = document.split("Error codes: `").nth(1).and_then(|t| t.split('`').next()).unwrap();
        let documented: std::collections::HashSet<_> = list.split_whitespace().collect();
        assert_eq!(documented, names);
    }

    proptest! {
        #[test]
        fn arbitrary_text_never_panics(s in ".*") {
            let _ = read(&s);
        }
    }
}
