//! Follows `stream`'s facts: state and viewers of channels, for the rooms that are open here, and begin and end of broadcasts, for all; and
//! who or what is no more, of `user`'s and `stream`'s.
//!
//! How far the facts were read is kept in Redis beside them, by whichever node is furthest: a node that starts reads on from there, so
//! no begin or end of a broadcast is missed. What is done with such a fact is the same if it is done twice.

use crate::{
    departures::Departures, directory::Directory, hub::Hub, notices::Notices, record::Record, socket::unix_ms,
};
use prost::Message;
use serde_json::Value;
use std::time::Duration;
use streamly_domain::{BroadcastId, ChannelId};
use streamly_lifecycle::Shutdown;
use streamly_proto::event::v1::Event;
use streamly_redis::{Follower, Redis, Value as Reply};

/// Facts: the states of channels.
const FACTS: &str = "events:stream";
/// Facts about accounts.
const ACCOUNTS: &str = "events:user";
/// What passes: viewers, and health, which is not for chat.
const PASSING: &str = "events:stream:passing";
const PAUSE: Duration = Duration::from_millis(500);

/// The last fact that was read, an id of the stream; one for each reader.
const READ: &str = "chat:facts:read";
/// How far back facts are read if it is not known how far they were read, milliseconds.
const BACK_MS: u64 = 600_000;

/// Who hears of facts.
#[derive(Clone)]
pub struct Hearers {
    /// The rooms that are open here.
    pub hub: Hub,
    /// What is known of channels.
    pub directory: Directory,
    /// What is kept of broadcasts.
    pub record: Record,
    /// What is told in rooms.
    pub notices: Notices,
    /// What is removed of those that are gone.
    pub departures: Departures,
}

/// Follows until the stop, through outages of Redis.
pub async fn follow(redis: Redis, hearers: Hearers, shutdown: Shutdown) {
    tokio::select! {
        () = rooms(&redis, &hearers, FACTS) => {}
        () = rooms(&redis, &hearers, PASSING) => {}
        () = kept(&redis, Reader::Record(&hearers.record)) => {}
        () = kept(&redis, Reader::Notices(&hearers.notices)) => {}
        () = kept(&redis, Reader::Rooms(&hearers.departures)) => {}
        () = kept(&redis, Reader::People(&hearers.departures)) => {}
        () = shutdown.started() => {}
    }
}

/// What is said to open rooms: from now on.
async fn rooms(redis: &Redis, hearers: &Hearers, stream: &str) {
    let mut follower = follower(redis, stream, "$").await;
    loop {
        match follower.next().await {
            Ok(entries) => {
                for event in entries.iter().filter_map(event) {
                    apply(&hearers.hub, &event);
                    visibility(hearers, &event).await;
                }
            }
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

/// Who must not miss a fact.
#[derive(Clone, Copy)]
enum Reader<'a> {
    Record(&'a Record),
    Notices(&'a Notices),
    /// Channels that are gone.
    Rooms(&'a Departures),
    /// Accounts that are gone.
    People(&'a Departures),
}

impl Reader<'_> {
    fn name(self) -> &'static str {
        match self {
            Self::Record(_) => "record",
            Self::Notices(_) => "notices",
            Self::Rooms(_) => "rooms",
            Self::People(_) => "people",
        }
    }

    fn stream(self) -> &'static str {
        match self {
            Self::Record(_) | Self::Notices(_) | Self::Rooms(_) => FACTS,
            Self::People(_) => ACCOUNTS,
        }
    }

    /// From where facts are read if it is not known how far they were.
    fn back(self) -> String {
        match self {
            Self::Record(_) | Self::Notices(_) => format!("{}-0", unix_ms().saturating_sub(BACK_MS)),
            // All that are kept: what is done twice finds nothing.
            Self::Rooms(_) | Self::People(_) => "0".into(),
        }
    }

    async fn hear(self, event: &Event) -> Result<(), String> {
        match self {
            Self::Record(to) => record(to, event).await.map_err(|e| e.to_string()),
            Self::Notices(to) => to.tell(event).await.map_err(|e| e.details()),
            Self::Rooms(to) | Self::People(to) => to.hear(event).await,
        }
    }
}

/// What must not be missed: from where any node has read to. What cannot be done yet is done again, and what follows waits.
async fn kept(redis: &Redis, reader: Reader<'_>) {
    let position = format!("{READ}:{}", reader.name());
    let read = loop {
        match redis.call::<Option<String>>("GET", [position.as_str()]).await {
            Ok(read) => break read,
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    };
    let from = read.unwrap_or_else(|| reader.back());
    let mut follower = follower(redis, reader.stream(), &from).await;
    loop {
        let Ok(entries) = follower.next().await else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        for event in entries.iter().filter_map(event) {
            while let Err(error) = reader.hear(&event).await {
                tracing::debug!(error, reader = reader.name(), "a fact waits");
                tokio::time::sleep(PAUSE).await;
            }
        }
        if !entries.is_empty() {
            // Not noted: read again by the next node that starts.
            let _ = redis.call::<Reply>("SET", [position.as_str(), follower.last()]).await;
        }
    }
}

fn event(entry: &streamly_redis::Entry) -> Option<Event> {
    Event::decode(entry.field("e")?.as_ref()).ok()
}

async fn follower(redis: &Redis, stream: &str, from: &str) -> Follower {
    loop {
        match Follower::new(redis, stream, from).await {
            Ok(f) => return f,
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

/// Begin and end of broadcasts.
async fn record(record: &Record, event: &Event) -> Result<(), crate::record::Error> {
    if event.r#type != "stream.state_changed" {
        return Ok(());
    }
    let Ok(payload) = serde_json::from_slice::<Value>(&event.payload) else { return Ok(()) };
    let text = |name: &str| payload.get(name).and_then(Value::as_str).unwrap_or_default();
    let (Ok(room), Ok(broadcast)) =
        (event.subject.parse::<ChannelId>(), text("broadcast_id").parse::<BroadcastId>())
    else {
        return Ok(());
    };
    let at_ms = u64::try_from(event.occurred_at_ms).unwrap_or_default();
    match text("state") {
        "offline" => record.end(broadcast, at_ms).await,
        "live" | "starting" => record.begin(room, broadcast, at_ms).await,
        _ => Ok(()),
    }
}

/// For whom a channel is, if that is told: who may not see its room any more has to leave it.
async fn visibility(hearers: &Hearers, event: &Event) {
    if event.r#type != "stream.updated" {
        return;
    }
    let Ok(room) = event.subject.parse() else { return };
    let Ok(payload) = serde_json::from_slice::<Value>(&event.payload) else { return };
    let Some(visibility) = payload.get("visibility").and_then(Value::as_str) else { return };
    // First, so that who joins anew is not let in by what was known before.
    hearers.directory.channel_changed(room).await;
    let version = payload.get("watch_version").and_then(Value::as_u64).unwrap_or_default();
    hearers.hub.visibility_changed(room, visibility.to_owned(), version).await;
}

fn apply(hub: &Hub, event: &Event) {
    // Most of what passes is health: not read any further.
    if !matches!(event.r#type.as_str(), "stream.state_changed" | "stream.viewers") {
        return;
    }
    let Ok(room) = event.subject.parse() else { return };
    let Ok(payload) = serde_json::from_slice::<Value>(&event.payload) else { return };
    let state = payload.get("state").and_then(Value::as_str).map(str::to_owned);
    let viewers = payload.get("viewers").and_then(Value::as_u64);
    match event.r#type.as_str() {
        "stream.state_changed" if state.is_some() => hub.stream_changed(room, state, None),
        "stream.viewers" if viewers.is_some() => hub.stream_changed(room, None, viewers),
        _ => {}
    }
}
