//! Events as they come, read from Redis once per process and handed to every event stream.
//!
//! A reader that cannot keep up skips ahead and is told so; it then starts from the present state again.

use crate::{app::App, bus, suspension, view, visibility::Visibility};
use prost::Message;
use serde_json::{Value, json};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use std::time::Duration;
use streamly_proto::event::v1::Event;
use streamly_redis::{Entry, Follower};
use tokio::sync::broadcast;

/// A state and an object of a channel that has a test on air, and how many watch it: as the facts of the same kind without a test, for the
/// channel's team alone. Whoever knows only those hears nothing of a test.
pub const TEST_STATE: &str = "stream.test_state_changed";
/// See [`TEST_STATE`].
pub const TEST_UPDATED: &str = "stream.test_updated";
/// See [`TEST_STATE`].
pub const TEST_VIEWERS: &str = "stream.test_viewers";
/// In `stream.updated`: a test is on air, of which the object says nothing. No reader is told.
pub const DURING_TEST: &str = "during_test";

/// Events a reader may be behind.
const BEHIND: usize = 1024;

/// One event, read once.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Item {
    /// Its id on the stream of facts; none: it only passes, and nobody resumes after it.
    pub id: Option<String>,
    pub kind: String,
    /// The channel's id; of a fact about a user, theirs.
    pub channel: String,
    pub payload: Value,
}

impl Item {
    /// From an entry of the stream; others' entries are left out.
    pub fn from_entry(entry: &Entry, resumable: bool) -> Option<Self> {
        let event = Event::decode(&entry.field("e")?[..]).ok()?;
        let payload = serde_json::from_slice(&event.payload).ok()?;
        let id = resumable.then(|| entry.id.clone());
        Some(Self { id, kind: event.r#type, channel: event.subject, payload })
    }
}

/// The events of this process.
pub struct Feed {
    sender: broadcast::Sender<Arc<Item>>,
    open: Arc<AtomicUsize>,
    max: usize,
}

/// A place among the open event streams; freed on drop.
pub struct Seat(Arc<AtomicUsize>);

impl Drop for Seat {
    fn drop(&mut self) {
        let taken = self.0.fetch_sub(1, Ordering::Relaxed);
        metrics::gauge!("streamly_stream_event_streams_open").set(taken.saturating_sub(1) as f64);
    }
}

impl Feed {
    /// With at most `max` readers.
    pub fn new(max: usize) -> Self {
        Self { sender: broadcast::channel(BEHIND).0, open: Arc::default(), max }
    }
    /// Joins the readers; `None`: too many.
    pub fn join(&self) -> Option<(Seat, broadcast::Receiver<Arc<Item>>)> {
        let taken = self.open.fetch_add(1, Ordering::Relaxed);
        let seat = Seat(self.open.clone());
        metrics::gauge!("streamly_stream_event_streams_open").set(taken as f64 + 1.0);
        (taken < self.max).then(|| (seat, self.sender.subscribe()))
    }
}

/// Reads Redis until the stop.
pub async fn follow(app: Arc<App>) {
    tokio::select! {
        () = follow_one(&app, bus::EVENTS.key, true) => {}
        () = follow_one(&app, bus::PASSING.key, false) => {}
        () = follow_one(&app, suspension::USER_EVENTS, false) => {}
        () = app.shutdown.started() => {}
    }
}

async fn follow_one(app: &App, stream: &str, resumable: bool) {
    loop {
        if let Ok(mut follower) = Follower::new(&app.redis, stream, "$").await {
            loop {
                match follower.next().await {
                    Ok(entries) => {
                        for item in entries.iter().filter_map(|entry| Item::from_entry(entry, resumable)) {
                            if stream == suspension::USER_EVENTS {
                                app.standings.changed(&item.channel).await;
                            }
                            let _ = app.feed.sender.send(Arc::new(item));
                        }
                    }
                    Err(_) => tokio::time::sleep(Duration::from_millis(200)).await,
                }
            }
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// What a reader asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Topic {
    /// State, stream object and viewers of a channel.
    Channel(String),
    /// Who is live.
    Directory,
    /// Health and refusals, for the owner.
    Health(String),
    /// What changes about an account, for its owner: an open page is to see it at once.
    Account(String),
    /// Which of the channels that a user follows go live, for that user; the reader of the topic knows which they are.
    Notices(String),
}

/// The frames of an event under one topic: (name, data).
pub fn frames(topic: &Topic, item: &Item) -> Option<(&'static str, Value)> {
    let with_channel = || {
        let mut payload = item.payload.clone();
        if let Some(map) = payload.as_object_mut() {
            map.insert("channel_id".into(), item.channel.clone().into());
        }
        payload
    };
    match topic {
        Topic::Channel(id) if *id == item.channel => match item.kind.as_str() {
            "stream.state_changed" | TEST_STATE => {
                let p = &item.payload;
                let state = json!({"channel_id": item.channel, "state": p["state"], "broadcast_id": p["broadcast_id"], "username": p["username"]});
                Some(("state", state))
            }
            "stream.updated" => Some(("stream", without_mark(item))),
            TEST_UPDATED => Some(("stream", item.payload.clone())),
            "stream.viewers" | TEST_VIEWERS => Some(("viewers", with_channel())),
            "stream.still" => Some(("still", still(item))),
            _ => None,
        },
        Topic::Health(id) if *id == item.channel => match item.kind.as_str() {
            "stream.health" => Some(("health", with_channel())),
            "stream.refused" => Some(("refused", with_channel())),
            _ => None,
        },
        Topic::Account(id) if *id == item.channel => account(item).map(|data| ("account", data)),
        Topic::Directory if item.kind == "stream.still" && item.payload["listed"] == true => {
            Some(("still", still(item)))
        }
        Topic::Directory if item.kind == "stream.updated" => Some(("directory", listed(&without_mark(item)))),
        _ => None,
    }
}

/// The object as readers get it.
fn without_mark(item: &Item) -> Value {
    let mut stream = item.payload.clone();
    if let Some(fields) = stream.as_object_mut() {
        fields.remove(DURING_TEST);
    }
    stream
}

/// Whether the channel's team alone hears of it: a test.
pub fn is_of_test(item: &Item) -> bool {
    matches!(item.kind.as_str(), TEST_STATE | TEST_UPDATED | TEST_VIEWERS)
}

/// Whether the team of the channel goes by another event instead.
pub fn is_for_others(item: &Item) -> bool {
    item.kind == "stream.updated" && item.payload[DURING_TEST] == true
}

fn still(item: &Item) -> Value {
    let p = &item.payload;
    json!({"channel_id": item.channel, "broadcast_id": p["broadcast_id"], "still_url": p["still_url"]})
}

/// The frames under a topic for a reader who may not know what goes on in that private channel: its object, as offline, and no more.
pub fn frames_hidden(topic: &Topic, item: &Item) -> Option<(&'static str, Value)> {
    let (name, data) = frames(topic, item)?;
    (name == "stream").then(|| (name, view::hidden(&data)))
}

/// The visibility that a channel had when a fact was written, if it tells.
pub fn visibility_in(item: &Item) -> Option<Visibility> {
    matches!(item.kind.as_str(), "stream.updated" | "stream.state_changed")
        .then(|| item.payload["visibility"].as_str()?.parse().ok())?
}

/// An account's owner's page is told what to do: whether the account may do nothing any more, or that the session is to be renewed.
fn account(item: &Item) -> Option<Value> {
    let barred = match item.kind.as_str() {
        "user.suspended" => true,
        "user.updated" => item.payload["suspended"].as_bool()?,
        "user.tokens_voided" => false,
        _ => return None,
    };
    Some(json!({"user_id": item.channel, "suspended": barred, "closed": item.payload["closed"] == true}))
}

/// The directory's word about a stream object: itself while it can be watched and is listed, else that it left.
pub fn listed(stream: &Value) -> Value {
    let is_listed = stream["visibility"].as_str().is_none_or(|v| v == Visibility::Public.as_str());
    if stream["live"].is_null() || !is_listed {
        json!({"channel_id": stream["id"], "state": "offline"})
    } else {
        stream.clone()
    }
}
