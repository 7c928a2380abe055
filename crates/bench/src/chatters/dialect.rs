//! What the measured servers speak: how a socket comes into a room, says something, and tells a message from the rest.
//!
//! Only what a delivery needs is read: where a body of ours begins. It carries the time at which it was said, so that nothing else has to be
//! parsed. Bodies have 120 bytes everywhere; what a server puts around them is its own.

use clap::ValueEnum;
use serde_json::{Value, json};

/// Begins every body.
const MARK: &[u8] = b"bench:";
/// Length of every body, bytes.
pub const BODY: usize = 120;
/// Fills bodies up.
const FILL: &str =
    "so the river went on past the mill and the old stone bridge towards the sea where gulls were calling";
/// Digits of a body's time, microseconds, hexadecimal.
const TIME_DIGITS: usize = 12;
/// Digits of a body's number, hexadecimal.
const NUMBER_DIGITS: usize = 8;

/// A measured server's protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Dialect {
    /// `docs/CHAT-PROTOCOL.md`.
    Streamly,
    /// Centrifugo's client protocol, JSON.
    Centrifugo,
    /// The hub in `peers/hub`: a room in the path, bodies as they are.
    Hub,
}

/// Something that a frame says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard<'a> {
    /// In the room. The frame, if it can have events.
    Joined(&'a [u8]),
    /// A message; the frame it is in.
    Message(Body, &'a [u8]),
    /// A message of this socket was taken: the number that it was sent with.
    Taken(u32),
    /// So many messages were left out for everybody.
    Skipped(u64),
    /// Something was refused, with its number if that is told.
    Refused(Option<u32>, &'a [u8]),
    /// A ping of the protocol's own, to be answered by this text.
    Ping(&'static str),
}

/// A body of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Body {
    /// When it was said, microseconds of the generator's clock.
    pub at: u64,
    /// Its number.
    pub number: u32,
}

impl Body {
    /// As it goes out.
    pub fn text(self) -> String {
        let mut text = format!("bench:{:012x}:{:08x} {FILL}", self.at, self.number);
        text.truncate(BODY);
        text
    }

    /// Of bytes that begin with the mark.
    fn read(bytes: &[u8]) -> Option<Self> {
        let at = hex(bytes.get(MARK.len()..MARK.len() + TIME_DIGITS)?)?;
        let number = MARK.len() + TIME_DIGITS + 1;
        Some(Self { at, number: hex(bytes.get(number..number + NUMBER_DIGITS)?)? as u32 })
    }

    /// Of a text.
    pub fn of(text: &str) -> Option<Self> {
        let at = text.find("bench:")?;
        Self::read(&text.as_bytes()[at..])
    }
}

fn hex(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0, |number, digit| Some(number << 4 | u64::from((*digit as char).to_digit(16)?)))
}

/// How a socket comes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Coming<'a> {
    /// Who speaks has one, where the server wants it.
    pub token: Option<&'a str>,
    /// The last id that was seen.
    pub since: Option<&'a str>,
    /// Events of history that are asked for.
    pub history: u32,
}

impl Dialect {
    /// Where the WebSocket is.
    pub fn path(self, room: &str) -> String {
        match self {
            Self::Streamly => "/ws".into(),
            Self::Centrifugo => "/connection/websocket".into(),
            Self::Hub => format!("/ws?room={room}"),
        }
    }

    /// What is said first, after the upgrade.
    pub fn greeting(self, room: &str, coming: Coming<'_>) -> Vec<String> {
        match self {
            Self::Streamly => {
                let mut hello = json!({"type": "hello", "v": 1});
                let mut join = json!({"type": "join", "room": room, "history": coming.history});
                if let Some(token) = coming.token {
                    hello["token"] = token.into();
                }
                if let Some(since) = coming.since {
                    join["since"] = since.into();
                }
                vec![hello.to_string(), join.to_string()]
            }
            Self::Centrifugo => vec![
                json!({"id": 1, "connect": {}}).to_string(),
                json!({"id": 2, "subscribe": {"channel": room}}).to_string(),
            ],
            Self::Hub => Vec::new(),
        }
    }

    /// A message.
    pub fn say(self, room: &str, body: Body) -> String {
        let (text, number) = (body.text(), body.number);
        match self {
            Self::Streamly => {
                // Unlike those of an earlier crowd, which are remembered for two minutes.
                let (crowd, at) = (std::process::id(), body.at);
                format!(
                    r#"{{"type":"say","room":"{room}","text":"{text}","nonce":"{crowd}.{at:x}.{number}"}}"#
                )
            }
            Self::Centrifugo => {
                let id = u64::from(number) + FIRST_SAY;
                format!(r#"{{"id":{id},"publish":{{"channel":"{room}","data":{{"text":"{text}"}}}}}}"#)
            }
            Self::Hub => text,
        }
    }

    /// What a text frame says, in its order. `hint` is where the last body began: most begin there again.
    pub fn hear<'f>(self, frame: &'f [u8], hint: &mut usize, mut each: impl FnMut(Heard<'f>)) {
        match self {
            Self::Streamly if frame.starts_with(br#"{"type":"message""#) => {
                if let Some(body) = find(frame, 0, hint).and_then(|at| Body::read(&frame[at..])) {
                    each(Heard::Message(body, frame));
                }
            }
            Self::Streamly => {
                let says = |kind: &str| frame.starts_with(format!(r#"{{"type":"{kind}""#).as_bytes());
                if says("joined") {
                    each(Heard::Joined(frame));
                } else if says("error") {
                    let value: Value = serde_json::from_slice(frame).unwrap_or_default();
                    let number =
                        value["nonce"].as_str().and_then(|nonce| nonce.rsplit('.').next()?.parse().ok());
                    each(Heard::Refused(number, frame));
                } else if says("skipped") {
                    let value: Value = serde_json::from_slice(frame).unwrap_or_default();
                    each(Heard::Skipped(value["count"].as_u64().unwrap_or(0)));
                }
            }
            Self::Centrifugo => {
                for line in frame.split(|byte| *byte == b'\n') {
                    reply(line, hint, &mut each);
                }
            }
            Self::Hub => bodies(frame, hint, each),
        }
    }
}

/// Numbers of Centrifugo's commands from which they are messages.
const FIRST_SAY: u64 = 16;

/// A line of Centrifugo's, of any kind.
fn reply<'f>(line: &'f [u8], hint: &mut usize, each: &mut impl FnMut(Heard<'f>)) {
    if line == b"{}" {
        return each(Heard::Ping("{}"));
    }
    if !line.starts_with(br#"{"id""#) {
        return bodies(line, hint, each);
    }
    let value: Value = serde_json::from_slice(line).unwrap_or_default();
    let id = value["id"].as_u64().unwrap_or_default();
    let number = id.checked_sub(FIRST_SAY).map(|number| number as u32);
    match (value.get("error"), number) {
        (Some(_), _) => each(Heard::Refused(number, line)),
        (None, Some(number)) => each(Heard::Taken(number)),
        (None, None) if id == 2 => each(Heard::Joined(&[])),
        (None, None) => {}
    }
}

/// All bodies of a frame: both peers put several into one.
fn bodies<'f>(frame: &'f [u8], hint: &mut usize, mut each: impl FnMut(Heard<'f>)) {
    let mut from = 0;
    while let Some(at) = find(frame, from, hint) {
        if let Some(body) = Body::read(&frame[at..]) {
            each(Heard::Message(body, frame));
        }
        from = at + BODY;
    }
}

/// Where the next body begins.
fn find(frame: &[u8], from: usize, hint: &mut usize) -> Option<usize> {
    let rest = frame.get(from..).filter(|rest| rest.len() >= BODY)?;
    if !rest.get(*hint..).is_some_and(|rest| rest.starts_with(MARK)) {
        *hint = rest.windows(MARK.len()).position(|window| window == MARK)?;
    }
    Some(from + *hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY_7: Body = Body { at: 0x1234, number: 7 };

    fn heard(dialect: Dialect, frame: &str) -> Vec<String> {
        let (mut all, mut hint) = (Vec::new(), 0);
        dialect.hear(frame.as_bytes(), &mut hint, |heard| {
            all.push(match heard {
                Heard::Message(body, _) => format!("{} at {:x}", body.number, body.at),
                Heard::Joined(_) => "joined".into(),
                Heard::Taken(number) => format!("{number} taken"),
                Heard::Skipped(count) => format!("{count} skipped"),
                Heard::Refused(number, _) => format!("{number:?} refused"),
                Heard::Ping(_) => "ping".into(),
            });
        });
        all
    }

    #[test]
    fn a_body_has_120_bytes_and_is_read_again() {
        let text = BODY_7.text();
        assert_eq!(text.len(), BODY);
        assert_eq!(Body::of(&format!("xx{text}")), Some(BODY_7));
        assert_eq!(Body::of("bench:12"), None);
    }

    #[test]
    fn our_frames_are_told_apart() {
        let message = format!(r#"{{"type":"message","room":"r","id":"1","text":"{}"}}"#, BODY_7.text());
        assert_eq!(heard(Dialect::Streamly, &message), ["7 at 1234"]);
        let joined = format!(r#"{{"type":"joined","events":[{message}]}}"#);
        assert_eq!(heard(Dialect::Streamly, &joined), ["joined"], "history is no delivery");
        let error = r#"{"type":"error","code":"unavailable","nonce":"7.ff.12"}"#;
        assert_eq!(heard(Dialect::Streamly, error), ["Some(12) refused"]);
        assert_eq!(heard(Dialect::Streamly, r#"{"type":"skipped","room":"r","count":3}"#), ["3 skipped"]);
        assert!(heard(Dialect::Streamly, r#"{"type":"presence","count":3}"#).is_empty());
    }

    #[test]
    fn the_peers_put_several_messages_into_a_frame() {
        let (one, two) = (BODY_7.text(), Body { number: 8, ..BODY_7 }.text());
        assert_eq!(heard(Dialect::Hub, &format!("{one}\n{two}")), ["7 at 1234", "8 at 1234"]);
        let push =
            |text: &str| format!(r#"{{"push":{{"channel":"r","pub":{{"data":{{"text":"{text}"}}}}}}}}"#);
        let both = format!("{}\n{}", push(&one), push(&two));
        assert_eq!(heard(Dialect::Centrifugo, &both), ["7 at 1234", "8 at 1234"]);
        let taken = format!("{}\n{{\"id\":23,\"publish\":{{}}}}", push(&one));
        assert_eq!(heard(Dialect::Centrifugo, &taken), ["7 at 1234", "7 taken"]);
        assert_eq!(heard(Dialect::Centrifugo, r#"{"id":2,"subscribe":{}}"#), ["joined"]);
        assert_eq!(heard(Dialect::Centrifugo, r#"{"id":20,"error":{"code":100}}"#), ["Some(4) refused"]);
        assert_eq!(heard(Dialect::Centrifugo, "{}"), ["ping"]);
        assert_eq!(heard(Dialect::Centrifugo, &format!("{}\n{{}}", push(&two))), ["8 at 1234", "ping"]);
    }
}
