//! One event as every reader of this process shares it: read once, each of its frames written once.
//!
//! What a frame says is `frames`'; who gets the event is `router`'s; whether a reader may see it is the reader's.

use crate::visibility::Visibility;
use bytes::Bytes;
use prost::Message;
use serde_json::Value;
use std::sync::OnceLock;
use streamly_proto::event::v1::Event;
use streamly_redis::Entry;

/// A state and an object of a channel that has a test on air, and how many watch it: as the facts of the same kind without a test, for the
/// channel's team alone. Whoever knows only those hears nothing of a test.
pub const TEST_STATE: &str = "stream.test_state_changed";
/// See [`TEST_STATE`].
pub const TEST_UPDATED: &str = "stream.test_updated";
/// See [`TEST_STATE`].
pub const TEST_VIEWERS: &str = "stream.test_viewers";
/// In `stream.updated`: a test is on air, of which the object says nothing. No reader is told.
pub const DURING_TEST: &str = "during_test";

/// In which words an event is told: with the event itself all that its frame depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Words {
    /// To who hears the channel.
    Channel,
    /// To who hears the channel and may not know what goes on there.
    Hidden,
    /// To the channel's owner.
    Health,
    /// To the account's owner.
    Account,
    /// To who looks at the list of who is live.
    Directory,
    /// To who looks at pictures of that list.
    Stills,
    /// To a follower.
    Notice,
}

impl Words {
    /// How many there are.
    const COUNT: usize = Self::Notice as usize + 1;
}

/// One event, read once.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs)]
pub struct Item {
    /// Its id on the stream of facts; none: it only passes, and nobody resumes after it.
    pub id: Option<String>,
    pub kind: String,
    /// The channel's id; of a fact about a user, theirs.
    pub channel: String,
    pub payload: Value,
    /// Its frames by [`Words`], as far as somebody asked for them; `None`: in those words there is nothing to tell.
    frames: [OnceLock<Option<Bytes>>; Words::COUNT],
}

impl Item {
    /// From an entry of the stream; others' entries are left out.
    pub fn from_entry(entry: &Entry, resumable: bool) -> Option<Self> {
        let event = Event::decode(&entry.field("e")?[..]).ok()?;
        let payload = serde_json::from_slice(&event.payload).ok()?;
        let id = resumable.then(|| entry.id.clone());
        Some(Self { id, kind: event.r#type, channel: event.subject, payload, ..Self::default() })
    }

    /// Its frame in those words, as it goes to a page (WHATWG HTML §9.2): `tell`, a name and data, is asked by the first reader alone, so it
    /// may go by nothing but the event.
    pub fn written(
        &self,
        words: Words,
        tell: impl FnOnce() -> Option<(&'static str, Value)>,
    ) -> Option<Bytes> {
        let write = || {
            let (name, data) = tell()?;
            // Without an id the page keeps the one it had: it resumes after the last fact.
            let place = self.id.as_ref().map(|id| format!("id: {id}\n")).unwrap_or_default();
            Some(Bytes::from(format!("{place}event: {name}\ndata: {data}\n\n")))
        };
        self.frames[words as usize].get_or_init(write).clone()
    }
}

/// Whether the channel's team alone hears of it: a test.
pub fn is_of_test(item: &Item) -> bool {
    matches!(item.kind.as_str(), TEST_STATE | TEST_UPDATED | TEST_VIEWERS)
}

/// Whether the team of the channel goes by another event instead.
pub fn is_for_others(item: &Item) -> bool {
    item.kind == "stream.updated" && item.payload[DURING_TEST] == true
}

/// Whether it is the still of a channel that is in the list of who is live.
pub fn is_listed_still(item: &Item) -> bool {
    item.kind == "stream.still" && item.payload["listed"] == true
}

/// The visibility that a channel had when a fact was written, if it tells.
pub fn visibility_in(item: &Item) -> Option<Visibility> {
    matches!(item.kind.as_str(), "stream.updated" | "stream.state_changed")
        .then(|| item.payload["visibility"].as_str()?.parse().ok())?
}
