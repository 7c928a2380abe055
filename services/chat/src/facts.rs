//! Follows `stream`'s facts: state and viewers of channels, for the rooms that are open here.

use crate::hub::Hub;
use prost::Message;
use serde_json::Value;
use std::time::Duration;
use streamly_lifecycle::Shutdown;
use streamly_proto::event::v1::Event;
use streamly_redis::{Follower, Redis};

/// Facts: the states of channels.
const FACTS: &str = "events:stream";
/// What passes: viewers, and health, which is not for chat.
const PASSING: &str = "events:stream:passing";
const PAUSE: Duration = Duration::from_millis(500);

/// Follows until the stop, through outages of Redis.
pub async fn follow(redis: Redis, hub: Hub, shutdown: Shutdown) {
    tokio::select! {
        () = run(&redis, &hub, FACTS) => {}
        () = run(&redis, &hub, PASSING) => {}
        () = shutdown.started() => {}
    }
}

async fn run(redis: &Redis, hub: &Hub, stream: &str) {
    let mut follower = loop {
        match Follower::new(redis, stream, "$").await {
            Ok(f) => break f,
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    };
    loop {
        match follower.next().await {
            Ok(entries) => entries.iter().filter_map(|e| e.field("e")).for_each(|e| apply(hub, e)),
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

fn apply(hub: &Hub, bytes: &[u8]) {
    let Ok(event) = Event::decode(bytes) else { return };
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
