//! One event of a room's log, as it is in Redis and as it is on the wire.
//!
//! In the Redis Stream an entry has the fields `p` (the id before it), `k` (kind), `a` (author), `n` (nonce) and `b` (the members of the
//! frame besides type, room, id and at, as JSON text). Published it is the same on eight lines: its id first, the server it comes
//! from third (behind that and a blank the trace that it is a part of, where it is), what it shows of another message last. A nonce that
//! begins with a blank is ours, for retries: no client sees it.

use super::{floor::Server, log::OWN_NONCE};
use crate::{
    bans::{Sanction, SanctionKind},
    log_id::LogId,
};
use bytes::Bytes;
use streamly_domain::{ChannelId, UserId};
use streamly_telemetry::trace::Parent;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tokio_tungstenite::tungstenite::Utf8Bytes;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Somebody said something.
    Message,
    /// One message is gone.
    Deleted,
    /// A person's messages, or all, are gone.
    Cleared,
    /// The room's settings changed.
    Settings,
    /// Something happened to the channel.
    Notice,
    /// A message was pinned, or none is any more.
    Pinned,
    /// A poll began or ended.
    Poll,
}

impl Kind {
    const ALL: [Self; 7] =
        [Self::Message, Self::Deleted, Self::Cleared, Self::Settings, Self::Notice, Self::Pinned, Self::Poll];

    /// The frame's `type`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Deleted => "deleted",
            Self::Cleared => "cleared",
            Self::Settings => "settings",
            Self::Notice => "notice",
            Self::Pinned => "pinned",
            Self::Poll => "poll",
        }
    }
    fn parse(s: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.as_str() == s)
    }
}

/// An event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its place in the log.
    pub id: LogId,
    /// The event before it when it was written.
    pub prev: LogId,
    /// What happened.
    pub kind: Kind,
    /// Who said it; for `cleared` whose messages went; for `deleted` whose message it was.
    pub author: Option<UserId>,
    /// The author's nonce.
    pub nonce: Option<String>,
    /// JSON members, `"text":"hi","user":{…}`, without braces.
    pub body: String,
    /// One member more of its frame, with the text of another message. Not kept: see [`super::shown`].
    pub shown: Option<Box<str>>,
}

/// The payload of [`Published::EmotesChanged`].
pub(super) const EMOTES_CHANGED: &str = "emotes";

/// What comes over pub/sub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Published {
    /// An event of the log, the server that it was written at, and what caused it where that is recorded.
    Entry(Entry, Server, Option<Box<Parent>>),
    /// The log is being put together again, is whole again, or got what it lacked: to be read.
    Settle,
    /// A node has opened the room.
    Opened(String),
    /// A ban or time-out was set, or (`None`) lifted. Not part of the log.
    Sanctioned { user: UserId, sanction: Option<Sanction> },
    /// A bot of the room was revoked. Not part of the log.
    Revoked(UserId),
    /// The room's list of blocked terms was changed.
    TermsChanged,
    /// The room's set of emotes is another now. Not part of the log.
    EmotesChanged,
    /// A frame for some of the room's sockets. Not part of the log: who is away misses it.
    Note { to: To, frame: String },
}

/// What stands between the server of an event and the header of the trace that it is a part of. A version that does not know it reads the
/// server's digits, which are always as many, and no further.
const TRACE: char = ' ';

/// The payload that tells of changed terms.
const TERMS: &str = "terms";

/// Whose sockets in the room get a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum To {
    /// Those of everybody who moderates the room.
    Moderators,
    /// One person's.
    User(UserId),
    /// All.
    All,
}

impl std::fmt::Display for To {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Moderators => f.write_str("moderators"),
            Self::All => f.write_str("all"),
            Self::User(user) => user.fmt(f),
        }
    }
}

impl To {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "moderators" => Some(Self::Moderators),
            "all" => Some(Self::All),
            user => user.parse().ok().map(Self::User),
        }
    }
}

impl Published {
    /// Reads a payload; `None` if it is not one of ours.
    pub fn parse(payload: &Bytes) -> Option<Self> {
        let text = std::str::from_utf8(payload).ok()?;
        // A ban is announced as nodes of the first version did it, and understood by them.
        if let Some(user) = text.strip_prefix("ban\n") {
            let ban = Sanction { kind: SanctionKind::Ban, until_ms: None, reason: String::new() };
            return user.parse().ok().map(|user| Self::Sanctioned { user, sanction: Some(ban) });
        }
        if let Some(sanctioned) = text.strip_prefix("sanction\n") {
            let (user, sanction) = sanctioned.split_once('\n')?;
            let sanction = serde_json::from_str(sanction).ok()?;
            return user.parse().ok().map(|user| Self::Sanctioned { user, sanction });
        }
        if let Some(bot) = text.strip_prefix("revoked\n") {
            return bot.parse().ok().map(Self::Revoked);
        }
        if text == TERMS {
            return Some(Self::TermsChanged);
        }
        if text == EMOTES_CHANGED {
            return Some(Self::EmotesChanged);
        }
        if let Some(note) = text.strip_prefix("note\n") {
            let (to, frame) = note.split_once('\n')?;
            return To::parse(to).map(|to| Self::Note { to, frame: frame.to_owned() });
        }
        if text.starts_with("settle\n") || text.starts_with("settled\n") {
            return Some(Self::Settle);
        }
        if let Some(node) = text.strip_prefix("opened\n") {
            return Some(Self::Opened(node.to_owned()));
        }
        let mut lines = text.splitn(8, '\n');
        let mut next = || lines.next();
        let (id, prev, server) = (next()?.parse().ok()?, next()?.parse().ok()?, next()?);
        let mut entry = Entry::assemble(id, prev, next()?, next()?, next()?, next()?)?;
        entry.shown = next().filter(|shown| !shown.is_empty()).map(Into::into);
        let cause = server.split_once(TRACE).and_then(|(_, header)| Parent::parse(header)).map(Box::new);
        Some(Self::Entry(entry, Server::of(server), cause))
    }

    /// The payload of a sanction, or of one that was lifted.
    pub fn sanction(user: UserId, sanction: Option<&Sanction>) -> String {
        match sanction {
            Some(Sanction { kind: SanctionKind::Ban, .. }) => format!("ban\n{user}"),
            other => format!("sanction\n{user}\n{}", serde_json::to_string(&other).unwrap_or_default()),
        }
    }

    /// The payload of a revoked bot.
    pub fn revoked(bot: UserId) -> String {
        format!("revoked\n{bot}")
    }

    /// The payload of a changed list of terms.
    pub fn terms() -> String {
        TERMS.to_owned()
    }

    /// The payload of a note; the frame is one line, as JSON is.
    pub fn note(to: To, frame: &str) -> String {
        format!("note\n{to}\n{frame}")
    }
}

impl Entry {
    fn assemble(id: LogId, prev: LogId, kind: &str, author: &str, nonce: &str, body: &str) -> Option<Self> {
        Some(Self {
            id,
            prev,
            kind: Kind::parse(kind)?,
            author: author.parse().ok(),
            nonce: (!nonce.is_empty()).then(|| nonce.to_owned()),
            body: body.to_owned(),
            shown: None,
        })
    }

    /// Reads a stream entry; `None` if it is not one of ours.
    pub fn from_stream(entry: &streamly_redis::Entry) -> Option<Self> {
        let field = |name| entry.field(name).and_then(|b| std::str::from_utf8(b).ok());
        let id = LogId::from_redis(&entry.id)?;
        Self::assemble(id, field("p")?.parse().ok()?, field("k")?, field("a")?, field("n")?, field("b")?)
    }

    /// When it happened, RFC 3339 UTC.
    pub fn at(&self) -> String {
        rfc3339(self.id)
    }

    /// The frame; with the nonce only for the author's own sockets.
    pub fn encode(&self, room: ChannelId, with_nonce: bool) -> Utf8Bytes {
        let (kind, id, at, body) = (self.kind.as_str(), self.id, self.at(), self.frame_members());
        let comma = if body.is_empty() { "" } else { "," };
        let frame: Utf8Bytes = format!(
            "{{\"type\":\"{kind}\",\"room\":\"{room}\",\"id\":\"{id}\",\"at\":\"{at}\"{comma}{body}}}"
        )
        .into();
        if with_nonce { self.own(&frame) } else { frame }
    }

    /// The frame for the author's own sockets, of the one for all.
    pub fn own(&self, frame: &Utf8Bytes) -> Utf8Bytes {
        let shown = |n: &&str| self.kind == Kind::Message && !n.starts_with(OWN_NONCE);
        match (self.nonce.as_deref().filter(shown), frame.strip_suffix('}')) {
            (Some(n), Some(open)) => format!("{open},\"nonce\":{}}}", serde_json::Value::from(n)).into(),
            _ => frame.clone(),
        }
    }

    /// For `deleted`: the message that is gone.
    pub fn target(&self) -> Option<LogId> {
        self.members().get("message_id")?.as_str()?.parse().ok()
    }

    /// The members of the body.
    pub fn members(&self) -> serde_json::Map<String, serde_json::Value> {
        serde_json::from_str(&format!("{{{}}}", self.body)).unwrap_or_default()
    }
}

/// When the event of an id happened, RFC 3339 UTC.
pub fn rfc3339(id: LogId) -> String {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(id.ms()) * 1_000_000)
        .ok()
        .and_then(|t| t.format(&Rfc3339).ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_nonce_is_in_the_authors_frame_only() {
        let author = UserId::new();
        let payload =
            format!("0193000000aa000001\n{:018}\nab12\nmessage\n{author}\nn\"1\n\"text\":\"hi\"", 0);
        let Some(Published::Entry(e, ..)) = Published::parse(&payload.into()) else { panic!("not read") };
        let room = ChannelId::new();
        let public: serde_json::Value = serde_json::from_str(&e.encode(room, false)).unwrap();
        let own: serde_json::Value = serde_json::from_str(&e.encode(room, true)).unwrap();
        assert!(public.get("nonce").is_none());
        assert_eq!(own["nonce"], "n\"1");
        assert_eq!((public["type"].as_str(), public["text"].as_str()), (Some("message"), Some("hi")));
        assert!(public["at"].as_str().unwrap().ends_with('Z'));
    }

    #[test]
    fn a_nonce_of_our_own_is_shown_to_nobody() {
        let payload = format!(
            "0193000000aa000001\n{:018}\nab12\nmessage\n{}\n 0192\n\"text\":\"hi\"",
            0,
            UserId::new()
        );
        let Some(Published::Entry(e, ..)) = Published::parse(&payload.into()) else { panic!("not read") };
        assert_eq!(e.nonce.as_deref(), Some(" 0192"), "kept for the log");
        assert!(!e.encode(ChannelId::new(), true).contains("nonce"));
    }

    /// As the version before reads an event: eight lines, of the third so many digits. Id, server, kind and what it shows.
    fn as_before(payload: &str) -> (&str, Server, &str, Option<&str>) {
        let lines: Vec<&str> = payload.splitn(8, '\n').collect();
        (lines[0], Server::of(&lines[2][..12]), lines[3], lines.get(7).copied())
    }

    #[test]
    fn an_event_is_read_with_its_trace_and_without_one_by_this_version_and_the_one_before() {
        const HEADER: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let (id, author) = ("0193000000aa000001", UserId::new());
        let payload = |server: &str| {
            let prev = LogId::default();
            format!("{id}\n{prev}\n{server}\nmessage\n{author}\nn\n\"text\":\"a b\"\n\"reply\":{{}}")
        };
        let read = |text: &str| match Published::parse(&text.to_owned().into()) {
            Some(Published::Entry(entry, server, cause)) => (entry, server, cause),
            other => panic!("{other:?}"),
        };
        let old = payload("0123456789ab");
        let (plain, server, cause) = read(&old);
        assert_eq!((cause, server), (None, Server::of("0123456789ab")));
        let new = payload(&format!("0123456789ab {HEADER}"));
        let (traced, server, cause) = read(&new);
        assert_eq!((&traced, server), (&plain, Server::of("0123456789ab")));
        assert_eq!(cause.map(|cause| *cause), Parent::parse(HEADER));
        assert_eq!(as_before(&new), as_before(&old), "the version before finds what it knows where it was");
        // What is no header is as if there were none.
        for wrong in ["0123456789ab ", "0123456789ab x", "0123456789ab 00-x 1"] {
            let (entry, server, cause) = read(&payload(wrong));
            assert_eq!((entry, server, cause), (plain.clone(), Server::of("0123456789ab"), None), "{wrong}");
        }
    }

    #[test]
    fn what_nodes_tell_one_another_is_read() {
        let parse = |text: &'static str| Published::parse(&text.into());
        assert_eq!(parse("settle\n1-a"), Some(Published::Settle));
        assert_eq!(parse("settled\n1-a"), Some(Published::Settle));
        assert_eq!(parse("opened\nn"), Some(Published::Opened("n".into())));
    }

    #[test]
    fn sanctions_and_notes_read_back() {
        let user = UserId::new();
        let timeout = Sanction { kind: SanctionKind::Timeout, until_ms: Some(7), reason: "a\n\"b\"".into() };
        for sanction in [None, Some(timeout)] {
            let payload = Published::sanction(user, sanction.as_ref());
            assert_eq!(Published::parse(&payload.into()), Some(Published::Sanctioned { user, sanction }));
        }
        assert_eq!(Published::parse(&Published::terms().into()), Some(Published::TermsChanged));
        assert_eq!(Published::parse(&Published::revoked(user).into()), Some(Published::Revoked(user)));
        for to in [To::Moderators, To::All, To::User(user)] {
            let frame = r#"{"type":"x","text":"a\nb"}"#;
            let payload = Published::note(to, frame);
            assert_eq!(Published::parse(&payload.into()), Some(Published::Note { to, frame: frame.into() }));
        }
        assert_eq!(Published::parse(&EMOTES_CHANGED.into()), Some(Published::EmotesChanged));
    }

    proptest! {
        #[test]
        fn arbitrary_payloads_never_panic(b in prop::collection::vec(any::<u8>(), 0..200), s in "[0-9a-f\n]{0,80}") {
            let _ = Published::parse(&b.into());
            let _ = Published::parse(&s.clone().into());
            let _ = Published::parse(&format!("sanction\n{s}").into());
            let _ = Published::parse(&format!("note\n{s}").into());
            let _ = Published::parse(&format!("revoked\n{s}").into());
        }
    }
}
