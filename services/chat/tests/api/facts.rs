//! What `stream` says of a channel reaches its room: state, viewers; and how many are in it, over all nodes.

use crate::{app::Platform, app::until, peers::room_id};
use prost::Message;
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};
use streamly_config::Duration;
use streamly_proto::event::v1::Event;
use streamly_redis::{Redis, Value as Reply};

/// Now, Unix milliseconds.
pub fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64
}

/// As `stream` does: viewers pass, the rest is kept.
pub async fn tell(redis: &Redis, kind: &str, payload: Value) {
    tell_at(redis, kind, payload, 0).await;
}

/// The same, of something that happened at that time.
pub async fn tell_at(redis: &Redis, kind: &str, payload: Value, occurred_at_ms: i64) {
    let stream = if kind == "stream.viewers" { "events:stream:passing" } else { "events:stream" };
    let event = Event {
        id: uuid::Uuid::now_v7().to_string(),
        r#type: kind.into(),
        version: 1,
        occurred_at_ms,
        subject: room_id("ada"),
        payload: payload.to_string().into_bytes(),
    };
    let args: [Reply; 4] =
        [stream.into(), "*".into(), "e".into(), Reply::Bytes(event.encode_to_vec().into())];
    redis.call::<Reply>("XADD", args).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn state_and_viewers_come_as_stream_frames_on_every_node() {
    let p = Platform::start(2).await;
    let redis = p.redis_client().await;
    let (mut a, mut b) = (p.join(0, None).await, p.join(1, None).await);
    for client in [&mut a, &mut b] {
        let frame = client.wait_for("stream").await;
        assert_eq!((frame["state"].as_str(), frame["viewers"].as_u64()), (Some("offline"), Some(0)));
        // Told again until heard: following begins at some moment after the start.
        until("live", async || {
            tell(&redis, "stream.state_changed", json!({"state": "live"})).await;
            let soon = std::time::Duration::from_millis(200);
            tokio::time::timeout(soon, client.wait_for("stream")).await.is_ok_and(|f| f["state"] == "live")
        })
        .await;
    }
    tell(&redis, "stream.viewers", json!({"viewers": 7})).await;
    tell(&redis, "stream.nonsense", json!({"viewers": 9})).await;
    tell(&redis, "stream.viewers", json!("not an object")).await;
    for client in [&mut a, &mut b] {
        while client.wait_for("stream").await["viewers"] != 7 {}
    }
    tell(&redis, "stream.state_changed", json!({"state": "offline"})).await;
    for client in [&mut a, &mut b] {
        let frame = client.wait_for("stream").await;
        assert_eq!((frame["state"].as_str(), frame["viewers"].as_u64()), (Some("offline"), Some(0)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_that_opens_knows_from_the_live_index_that_its_channel_is_live() {
    let p = Platform::start(1).await;
    let redis = p.redis_client().await;
    let live = [format!("live:{}", room_id("ada")), json!({"state": "live"}).to_string()];
    redis.call::<Reply>("SET", live).await.unwrap();
    assert_eq!(p.join(0, None).await.wait_for("stream").await["state"], "live");
}

/// After a restart of everything a broadcast goes on under the state it had: no fact tells of it. Viewers then said "offline" over and over.
#[tokio::test(flavor = "multi_thread")]
async fn a_room_that_missed_the_start_learns_of_it_with_the_viewers() {
    let p = Platform::start(1).await;
    let redis = p.redis_client().await;
    let mut client = p.join(0, None).await;
    assert_eq!(client.wait_for("stream").await["state"], "offline");
    let live = [format!("live:{}", room_id("ada")), json!({"state": "live"}).to_string()];
    redis.call::<Reply>("SET", live).await.unwrap();
    // Told again until heard: following begins at some moment after the start.
    until("live", async || {
        tell(&redis, "stream.viewers", json!({"viewers": 3})).await;
        let soon = std::time::Duration::from_millis(200);
        let heard = tokio::time::timeout(soon, client.wait_for("stream")).await;
        heard.is_ok_and(|f| f["state"] == "live" && f["viewers"] == 3)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn presence_counts_the_sockets_of_all_nodes_and_forgets_those_that_went() {
    let p = Platform::with(2, |c| c.limits.presence_interval = Duration::from_millis(100)).await;
    let mut a = p.join(0, None).await;
    let b = p.join(1, None).await;
    let mut c = p.join(1, None).await;
    for client in [&mut a, &mut c] {
        while client.wait_for("presence").await["count"] != 3 {}
    }
    drop(b);
    for client in [&mut a, &mut c] {
        while client.wait_for("presence").await["count"] != 2 {}
    }
    drop(c);
    while a.wait_for("presence").await["count"] != 1 {}
}
