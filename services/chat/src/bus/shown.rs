//! What an event shows of a message before it: an answer its parent's author and beginning, a pin the whole message.
//!
//! The log keeps the id alone. The text is taken from the kept message whenever the event is read, so that it is gone with it, everywhere at
//! once. On its way to the nodes an event has what it shows beside it, if the message is there at that moment; what a node remembers
//! loses it by [`Entry::hide`]. Redis away: nothing is read, so nothing is shown.

use super::{Entry, Kind, Log, scripts::key};
use crate::log_id::LogId;
use serde_json::{Map, Value, json};
use std::{borrow::Cow, collections::HashMap, time::Duration};
use streamly_domain::{ChannelId, UserId};
use streamly_redis::{Error, Value as Answer};
use unicode_segmentation::UnicodeSegmentation;

/// What an answer shows of its parent's text, graphemes.
const QUOTE: usize = 100;
/// Longest wait for a parent when something is said; without it the answer has no quote.
const ASIDE: Duration = Duration::from_millis(300);
/// What stands before the id in a body. In the text of a message its quotation marks have a backslash.
const REPLY: &str = "\"reply_to\":\"";
const PINNED: &str = "\"message_id\":\"";

/// The message that an event of that kind and body shows.
fn about(kind: Kind, body: &str) -> Option<LogId> {
    let name = match kind {
        Kind::Message => REPLY,
        Kind::Pinned => PINNED,
        Kind::Deleted | Kind::Cleared | Kind::Settings | Kind::Notice | Kind::Poll => return None,
    };
    let (_, rest) = body.split_once(name)?;
    rest.split_once('"')?.0.parse().ok()
}

/// The member `reply` of an answer to the message with this body; `None` if it is no message's.
pub fn reply(parent: &str) -> Option<Value> {
    let mut members: Map<String, Value> = serde_json::from_str(&format!("{{{parent}}}")).ok()?;
    let text = members.get("text")?.as_str()?;
    let text = match text.grapheme_indices(true).nth(QUOTE) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    };
    let mut user = members.remove("user")?;
    user.as_object_mut()?.retain(|name, _| matches!(name.as_str(), "id" | "username" | "display_name"));
    Some(json!({ "user": user, "text": text }))
}

/// What an event of that kind shows of that message: a member of its frame. The message in it shows no other one.
fn shown(kind: Kind, parent: &Entry, room: ChannelId) -> Option<String> {
    if parent.kind != Kind::Message {
        return None;
    }
    match kind {
        Kind::Message => Some(format!("\"reply\":{}", reply(&parent.body)?)),
        Kind::Pinned => {
            let message = Entry { shown: None, ..parent.clone() };
            Some(format!("\"message\":{}", message.encode(room, false)))
        }
        _ => None,
    }
}

impl Entry {
    /// The message that it shows, if it shows one.
    pub fn about(&self) -> Option<LogId> {
        about(self.kind, &self.body)
    }

    /// The members of its frame besides type, room, id and at, without braces.
    pub(super) fn frame_members(&self) -> Cow<'_, str> {
        let shown = self.shown.as_deref();
        match (self.kind, shown) {
            (Kind::Pinned, _) if self.about().is_some() => {
                // The id is the message's, or of no more use.
                let by = self.body.split_once("\",").map_or("", |(_, rest)| rest);
                format!("{},{by}", shown.unwrap_or("\"message\":null")).into()
            }
            (_, Some(shown)) => format!("{},{shown}", self.body).into(),
            (_, None) => self.body.as_str().into(),
        }
    }

    /// Something happened after it: what it shows may be gone. Says whether it was.
    pub fn is_hidden_by(&self, later: &Self) -> bool {
        self.shown.is_some()
            && match (later.kind, later.author) {
                (Kind::Deleted, _) => later.target() == self.about(),
                (Kind::Cleared, None) => true,
                (Kind::Cleared, Some(user)) => self.shown_author() == Some(user),
                _ => false,
            }
    }

    /// Whose message it shows.
    pub fn shown_author(&self) -> Option<UserId> {
        let shown: Value = serde_json::from_str(&format!("{{{}}}", self.shown.as_deref()?)).ok()?;
        let message = shown.get("reply").or_else(|| shown.get("message"))?;
        message.pointer("/user/id")?.as_str()?.parse().ok()
    }
}

impl Log {
    /// The message that an event to be shows, as a stream's id (empty: none), and what it shows of it.
    /// Errors: it is a pin, and Redis is away; an answer goes without.
    pub(super) async fn shown_by(
        &self,
        room: ChannelId,
        kind: Kind,
        body: &str,
    ) -> Result<[String; 2], Error> {
        let Some(id) = about(kind, body) else { return Ok(Default::default()) };
        let parent = match tokio::time::timeout(ASIDE, self.kept(room, [id])).await {
            Ok(Ok(mut kept)) => kept.pop(),
            _ if kind == Kind::Message => None,
            Ok(Err(e)) => return Err(e),
            Err(_) => return Err(Error::NotReady("the room's log could not be read in time")),
        };
        Ok([id.redis(), parent.and_then(|p| shown(kind, &p, room)).unwrap_or_default()])
    }

    /// Puts into events, which were just read, what they show of messages that are kept. Errors: Redis is away.
    pub async fn show(&self, room: ChannelId, entries: &mut [Entry]) -> Result<(), Error> {
        let about: Vec<(usize, LogId)> =
            entries.iter().enumerate().filter_map(|(n, e)| Some((n, e.about()?))).collect();
        if about.is_empty() {
            return Ok(());
        }
        let here: HashMap<LogId, usize> = entries.iter().enumerate().map(|(n, e)| (e.id, n)).collect();
        let mut missing: Vec<LogId> =
            about.iter().map(|(_, id)| *id).filter(|id| !here.contains_key(id)).collect();
        missing.sort_unstable();
        missing.dedup();
        let others = if missing.is_empty() { Vec::new() } else { self.kept(room, missing).await? };
        let others: HashMap<LogId, &Entry> = others.iter().map(|e| (e.id, e)).collect();
        for (n, id) in about {
            let parent = here.get(&id).map(|n| &entries[*n]).or_else(|| others.get(&id).copied());
            entries[n].shown = parent.and_then(|p| shown(entries[n].kind, p, room)).map(Into::into);
        }
        Ok(())
    }

    /// Those of these events that are kept.
    async fn kept(&self, room: ChannelId, ids: impl IntoIterator<Item = LogId>) -> Result<Vec<Entry>, Error> {
        let ids: Vec<String> = ids.into_iter().map(LogId::redis).collect();
        let answer: Answer = self.scripts.kept.run(self.redis(), [key(room, "log")], ids).await?;
        Ok(streamly_redis::Entry::list(answer).iter().filter_map(Entry::from_stream).collect())
    }

    /// Whether that person's message was deleted, as far back as the log goes; what is older is not known to be. Errors: Redis is away.
    pub async fn is_gone(
        &self,
        room: ChannelId,
        message: LogId,
        author: Option<UserId>,
    ) -> Result<bool, Error> {
        let author = author.map(|a| a.to_string()).unwrap_or_default();
        let args = [message.redis(), message.to_string(), author];
        let gone: i64 = self.scripts.gone.run(self.redis(), [key(room, "log")], args).await?;
        Ok(gone == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str, more: &str) -> Entry {
        let author = UserId::new();
        let user = json!({"id": author, "username": "ada", "display_name": "Ada", "badges": ["vip"], "color": "#aabbcc"});
        Entry {
            id: LogId::at(7),
            prev: LogId::default(),
            kind: Kind::Message,
            author: Some(author),
            nonce: Some("n".into()),
            body: format!("\"user\":{user},\"text\":{}{more}", Value::from(text)),
            shown: None,
        }
    }

    fn frame(e: &Entry) -> Value {
        serde_json::from_str(&e.encode(ChannelId::new(), false)).unwrap()
    }

    #[test]
    fn a_quote_is_short_and_tells_who() {
        let parent = message(&"👩‍🚀".repeat(150), "");
        let mut answer = message("yes", &format!(",\"reply_to\":\"{}\"", parent.id));
        assert!(frame(&answer).get("reply").is_none(), "{}", frame(&answer));
        answer.shown = shown(Kind::Message, &parent, ChannelId::new()).map(Into::into);
        let frame = frame(&answer);
        let reply = &frame["reply"];
        assert_eq!(reply["text"].as_str().unwrap().graphemes(true).count(), QUOTE + 1);
        assert_eq!(reply["user"], json!({"id": parent.author, "username": "ada", "display_name": "Ada"}));
        let gone = Entry { body: "\"message_id\":\"x\"".into(), kind: Kind::Deleted, ..parent };
        assert_eq!(shown(Kind::Message, &gone, ChannelId::new()), None);
    }

    #[test]
    fn a_pin_has_the_message_while_it_is_there_and_no_quote_in_it() {
        let answer = message("yes", ",\"reply_to\":\"000000000001000000\"");
        let answer = Entry { shown: Some("\"reply\":{\"text\":\"secret\"}".into()), ..answer };
        let body = format!("\"message_id\":\"{}\",\"by\":\"x\"", answer.id);
        let mut pin = Entry { kind: Kind::Pinned, body, ..message("", "") };
        let frame_of = frame;
        assert_eq!((&frame_of(&pin)["message"], &frame_of(&pin)["by"]), (&Value::Null, &json!("x")));
        pin.shown = shown(Kind::Pinned, &answer, ChannelId::new()).map(Into::into);
        let frame = frame_of(&pin);
        assert_eq!((&frame["message"]["text"], frame.get("message_id")), (&json!("yes"), None));
        assert!(frame["message"].get("nonce").is_none() && !frame.to_string().contains("secret"), "{frame}");
        let deleted = Entry {
            kind: Kind::Deleted,
            body: format!("\"message_id\":\"{}\"", answer.id),
            ..message("", "")
        };
        let cleared = |author| Entry { kind: Kind::Cleared, author, ..message("", "") };
        for (later, hides) in [
            (deleted, true),
            (cleared(answer.author), true),
            (cleared(None), true),
            (cleared(Some(UserId::new())), false),
            (message("x", ""), false),
        ] {
            assert_eq!(pin.is_hidden_by(&later), hides, "{later:?}");
        }
    }

    #[test]
    fn nobody_writes_an_id_that_is_taken_for_what_an_event_shows() {
        let id = "000000000001000000";
        let forged = message(&format!("\",\"reply_to\":\"{id}\",\""), "");
        assert_eq!(forged.about(), None, "{}", forged.body);
        assert_eq!(message("x", &format!(",\"reply_to\":\"{id}\"")).about(), id.parse().ok());
    }
}
