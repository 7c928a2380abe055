//! Event streams by topic: nothing of others comes near a reader, what bars a reader always does, and one that missed something asks anew.

use crate::harness::{Events, Frame, TestApp};
use serde_json::{Value, json};
use std::time::Duration;
use streamly_proto::event::v1::Event;

/// So many facts about a channel, one right after the other.
async fn facts(app: &TestApp, kind: &str, channel: &str, payload: &Value, times: u32) {
    const MANY: &str = "for _ = 1, tonumber(ARGV[1]) do redis.call('XADD', KEYS[1], '*', 'e', ARGV[2]) end";
    let event = Event {
        id: uuid::Uuid::now_v7().to_string(),
        r#type: kind.into(),
        version: 1,
        occurred_at_ms: 0,
        subject: channel.into(),
        payload: payload.to_string().into_bytes(),
    };
    let bytes = prost::Message::encode_to_vec(&event);
    let times = times.to_string();
    let head = [MANY, "1", "events:stream", &times].map(streamly_redis::Value::from);
    let args = head.into_iter().chain([streamly_redis::Value::Bytes(bytes.into())]);
    app.bus.call::<streamly_redis::Value>("EVAL", args).await.unwrap();
}

/// A channel's object as a fact has it, as far as this test goes by it.
fn object(channel: &str, title: &str, visibility: &str) -> Value {
    json!({"id": channel, "title": title, "visibility": visibility, "state": "offline", "live": null})
}

/// All frames up to the stream object with that title, without comments.
async fn up_to(events: &mut Events, title: &str) -> Vec<Frame> {
    let mut frames = Vec::new();
    loop {
        let frame = events.next().await.expect("goes on");
        let is_last = frame.event == "stream" && frame.data["title"] == title;
        if !frame.comment {
            frames.push(frame);
        }
        if is_last {
            return frames;
        }
    }
}

async fn opened(app: &TestApp, topics: &str, token: &str) -> Events {
    let mut events = Events::open(app, topics, token, None).await;
    events.find("viewers", |_| true).await;
    events
}

#[tokio::test]
async fn a_reader_of_one_channel_is_given_nothing_of_another_and_nothing_of_health() {
    let app = TestApp::spawn_with(|c| c.event_backlog = 4).await;
    let (ada, bob) = (app.streamer("ada").await, app.streamer("bob").await);
    app.relayed().await;
    let mut events = opened(&app, &format!("channel:{}", ada.channel), "").await;
    let mut witness = opened(&app, &format!("channel:{}", bob.channel), "").await;
    let db = app.pool(1).get().await.unwrap();
    db.batch_execute("BEGIN; LOCK TABLE channels").await.unwrap();
    // What the reader has to ask for: it takes nothing until it is answered.
    facts(&app, "stream.updated", &ada.channel, &object(&ada.channel, "asks", "private"), 1).await;
    for kind in ["stream.updated", "stream.state_changed", "stream.viewers", "stream.member_changed"] {
        let nobody = uuid::Uuid::now_v7().to_string();
        facts(&app, kind, &nobody, &object(&nobody, "another's", "public"), 20).await;
    }
    for kind in ["stream.health", "stream.refused", "stream.went_live"] {
        facts(&app, kind, &ada.channel, &json!({}), 20).await;
    }
    let marker = object(&bob.channel, "all of it was read", "public");
    facts(&app, "stream.updated", &bob.channel, &marker, 1).await;
    witness.find("stream", |d| d["title"] == "all of it was read").await;
    db.batch_execute("COMMIT").await.unwrap();
    facts(&app, "stream.updated", &ada.channel, &object(&ada.channel, "next", "public"), 1).await;
    // Any of those would have filled its queue, and it would begin with the present state again.
    let told = up_to(&mut events, "next").await;
    let names: Vec<_> = told.iter().map(|frame| frame.event.as_str()).collect();
    assert_eq!(names, ["stream", "stream"], "the one that was asked about, and this one");
    app.stop().await;
}

#[tokio::test]
async fn who_lost_a_role_while_it_was_behind_hears_nothing_of_tests_any_more() {
    let app = TestApp::spawn_with(|c| {
        c.event_backlog = 4;
        c.rate_limits = false;
    })
    .await;
    let (ada, bob) = (app.streamer("ada").await, app.streamer("bob").await);
    let (mia, token) = app.person("mia");
    app.set_member(&ada.channel, mia, "moderator", ada.id).await.unwrap();
    let body = json!({"test_mode": true}).to_string();
    assert_eq!(app.send("PATCH", "me", &ada.token, Some(&body)).await.0, 200);
    let permit = app.permit(&ada.key, "n1").await;
    let _node = app.live("n1", &permit).await;
    app.relayed().await;
    let mut events = Events::open(&app, &format!("channel:{}", ada.channel), &token, None).await;
    events.find("state", |d| d["state"] == "live").await;
    let mut witness = opened(&app, &format!("channel:{}", bob.channel), "").await;

    let db = app.pool(1).get().await.unwrap();
    db.batch_execute("BEGIN; LOCK TABLE channels").await.unwrap();
    facts(&app, "stream.updated", &ada.channel, &object(&ada.channel, "asks", "private"), 1).await;
    facts(&app, "stream.test_viewers", &ada.channel, &json!({"viewers": 777}), 20).await;
    // What bars her is among what does not fit.
    let gone = format!("DELETE FROM channel_members WHERE user_id = '{mia}'");
    db.batch_execute(&gone).await.unwrap();
    let fact = json!({"user_id": mia, "role": null});
    facts(&app, "stream.member_changed", &ada.channel, &fact, 1).await;
    let marker = object(&bob.channel, "all of it was read", "public");
    facts(&app, "stream.updated", &bob.channel, &marker, 1).await;
    witness.find("stream", |d| d["title"] == "all of it was read").await;
    db.batch_execute("COMMIT").await.unwrap();

    // The present state, as it is for her by now.
    loop {
        let frame = events.next().await.expect("goes on");
        assert_ne!(frame.data["viewers"], 777, "what waited is not told after a gap");
        if frame.event == "state" && frame.data["state"] == "offline" {
            break;
        }
    }
    facts(&app, "stream.test_updated", &ada.channel, &json!({"title": "of the test"}), 1).await;
    let mut others = object(&ada.channel, "for all", "public");
    others["during_test"] = true.into();
    facts(&app, "stream.updated", &ada.channel, &others, 1).await;
    for frame in up_to(&mut events, "for all").await {
        assert_ne!(frame.data["title"], "of the test", "{frame:?}");
        assert!(!frame.data.to_string().contains(&permit.broadcast_id), "{frame:?}");
    }
    app.stop().await;
}

#[tokio::test]
async fn what_becomes_of_an_account_changes_what_its_open_page_is_told_and_ends_it() {
    let app = TestApp::spawn_with(|c| c.rate_limits = false).await;
    let ada = app.streamer("ada").await;
    let (mia, token) = app.person("mia");
    let patch = async |body: Value| {
        assert_eq!(app.send("PATCH", "me", &ada.token, Some(&body.to_string())).await.0, 200);
    };
    let is = async |role: &str, suspended: bool| {
        app.people.change(mia, |u| {
            u.platform_role = role.into();
            u.suspended = suspended;
        });
        let fact = json!({"username": "mia", "suspended": suspended, "platform_role": role});
        app.user_fact("user.updated", mia, &fact.to_string()).await;
    };
    patch(json!({"title": "one", "visibility": "private"})).await;
    let mut events = Events::open(&app, &format!("channel:{}", ada.channel), &token, None).await;
    assert_eq!(events.find("stream", |_| true).await.data["title"], "");
    is("moderator", false).await;
    events.find("stream", |d| d["title"] == "one").await;
    is("user", false).await;
    events.find("stream", |d| d["title"] == "").await;
    patch(json!({"title": "two"})).await;
    patch(json!({"title": "three", "visibility": "public"})).await;
    for frame in up_to(&mut events, "three").await {
        assert_ne!(frame.data["title"], "two", "{frame:?}");
    }
    is("moderator", false).await;
    patch(json!({"title": "four", "visibility": "private"})).await;
    events.find("stream", |d| d["title"] == "four").await;
    is("moderator", true).await;
    let end = async { while events.next().await.is_some() {} };
    tokio::time::timeout(Duration::from_secs(20), end).await.expect("it ends");
    app.stop().await;
}

#[tokio::test]
async fn stills_of_the_list_are_for_who_asks_for_them() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    let permit = app.permit(&ada.key, "n1").await;
    let node = app.live("n1", &permit).await;
    let mut rail = Events::open(&app, "directory", "", None).await;
    rail.find("directory", |d| d["state"] == "live").await;
    let mut cards = Events::open(&app, "directory,stills", "", None).await;
    cards.find("directory", |d| d["state"] == "live").await;
    let number = (1 << 20) + 1;
    node.beat_with(&permit, streamly_proto::stream::v1::State::Live, |report| report.still = number).await;
    let still = cards.find("still", |_| true).await.data;
    assert_eq!(still["channel_id"], ada.channel.as_str());
    assert_eq!(still["broadcast_id"], permit.broadcast_id.as_str());
    assert_eq!(app.send("PATCH", "me", &ada.token, Some(r#"{"title":"after it"}"#)).await.0, 200);
    loop {
        let frame = rail.next().await.expect("goes on");
        assert_ne!(frame.event, "still");
        if frame.data["title"] == "after it" {
            break;
        }
    }
    assert_eq!(app.get("/api/events?topics=stills:1", "").await.0, 400);
    app.stop().await;
}

#[tokio::test]
async fn a_bit_rate_that_hardly_moves_is_no_news_to_anybody() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    let permit = app.permit(&ada.key, "n1").await;
    let node = app.live("n1", &permit).await;
    let mut events = opened(&app, &format!("channel:{}", ada.channel), "").await;
    let live = streamly_proto::stream::v1::State::Live;
    for bits in [1_000_000, 1_200_000, 900_000, 2_000_000] {
        node.beat_with(&permit, live, |report| report.renditions[0].bitrate_bps = bits).await;
    }
    let mut seen = Vec::new();
    while seen.last() != Some(&2_000_000) {
        let stream = events.find("stream", |d| d["live"].is_object()).await.data;
        seen.extend(stream["live"]["renditions"][0]["bitrate_bps"].as_u64().filter(|bits| *bits > 0));
    }
    assert_eq!(seen, [1_000_000, 2_000_000]);
    app.stop().await;
}
