//! Server-sent events: topics, present state first, resuming, bounds, the end.

use crate::harness::{Events, LONG, TestApp, now, until};
use serde_json::Value;
use std::time::Duration;
use streamly_auth::access;
use streamly_domain::Username;
use streamly_proto::stream::v1::State;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[tokio::test]
async fn each_topic_tells_the_present_state_first_and_then_what_changes() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    let topics = format!("channel:{},directory,health:{}", ada.channel, ada.channel);
    let mut events = Events::open(&app, &topics, &ada.token, None).await;
    let state = events.find("state", |_| true).await;
    assert_eq!(state.data["state"], "offline");
    assert_eq!(state.data["channel_id"], ada.channel.as_str());
    let permit = app.permit(&ada.key, "n1").await;
    let node = app.live("n1", &permit).await;

    let mut seen = std::collections::BTreeMap::new();
    while seen.len() < 4 {
        let frame = events.next().await.unwrap();
        let live = match frame.event.as_str() {
            "state" => frame.data["state"] == "live" && frame.data["username"] == "ada",
            "stream" => frame.data["live"]["broadcast_id"] == permit.broadcast_id.as_str(),
            "directory" => frame.data["id"] == ada.channel.as_str() && frame.data["state"] == "live",
            "health" => {
                frame.data["health"]["fps"] == 30.0
                    && frame.data["health"]["video_bitrate_bps"] == 2_500_000
                    && frame.data["renditions"][0]["name"] == "source"
                    && frame.data["channel_id"] == ada.channel.as_str()
            }
            _ => false,
        };
        if live {
            assert_eq!(frame.id.is_empty(), frame.event == "health", "{frame:?}");
            seen.insert(frame.event.clone(), frame.data);
        }
    }
    // An edge saw seven; whom it saw last a minute ago is gone.
    saw(&app, &permit.broadcast_id, crate::harness::now() - 60, 0..9).await;
    saw(&app, &permit.broadcast_id, crate::harness::now(), 100..107).await;
    let viewers = events.find("viewers", |d| d["viewers"] == 7);
    let viewers = tokio::time::timeout(Duration::from_secs(3), viewers).await.expect("a change is told soon");
    assert_eq!((viewers.data["channel_id"].as_str(), viewers.id.as_str()), (Some(ada.channel.as_str()), ""));
    assert_eq!(app.get("ada", "").await.1["live"]["viewers"], 7);
    // A new reader gets all of it at once.
    let mut late = Events::open(&app, &topics, &ada.token, None).await;
    let mut first = std::collections::BTreeSet::new();
    while first.len() < 5 {
        let frame = late.next().await.unwrap();
        if frame.event == "viewers" {
            assert_eq!(frame.data["viewers"], 7);
        }
        first.insert(frame.event);
    }
    node.ended(&permit, "clean", "", "").await;
    events
        .find("directory", |d| *d == serde_json::json!({"channel_id": ada.channel, "state": "offline"}))
        .await;
    app.stop().await;
}

#[tokio::test]
async fn a_reader_that_comes_back_misses_nothing_and_gets_nothing_twice() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    let topics = format!("channel:{}", ada.channel);
    let title = |n: u32| format!(r#"{{"title":"t{n}"}}"#);
    let patch = async |n| {
        assert_eq!(app.send("PATCH", "me", &ada.token, Some(&title(n))).await.0, 200);
    };
    let mut events = Events::open(&app, &topics, "", None).await;
    patch(1).await;
    let first = events.find("stream", |d| d["title"] == "t1").await;
    drop(events);
    patch(2).await;
    patch(3).await;
    let mut again = Events::open(&app, &topics, "", Some(&first.id)).await;
    let mut titles = Vec::new();
    patch(4).await;
    while titles.last() != Some(&Value::from("t4")) {
        // How many watch is told at the return, too.
        let frame = again.next().await.unwrap();
        if frame.event != "viewers" {
            titles.push(frame.data["title"].clone());
        }
    }
    assert_eq!(titles, ["t2", "t3", "t4"]);
    // Ids that were never given out start from the present state.
    for id in ["99999999999999-0", "1-1"] {
        let mut strange = Events::open(&app, &topics, "", Some(id)).await;
        strange.find("stream", |d| d["title"] == "t4").await;
        patch(5).await;
        strange.find("stream", |d| d["title"] == "t5").await;
        patch(4).await;
    }
    app.stop().await;
}

#[tokio::test]
async fn health_and_viewers_push_no_fact_out_of_what_a_reader_can_resume() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    let permit = app.permit(&ada.key, "n1").await;
    let node = app.live("n1", &permit).await;
    let topics = format!("channel:{0},health:{0}", ada.channel);
    let mut events = Events::open(&app, &topics, &ada.token, None).await;
    events.find("health", |_| true).await;
    let length = async |stream: &str| app.bus.call::<u64>("XLEN", [stream]).await.unwrap();
    // Facts of the way to live may still wait for their relay.
    let relayed = "SELECT 1 / (CASE WHEN EXISTS (SELECT FROM outbox) THEN 0 ELSE 1 END)";
    until("relayed", || async { app.pg.execute(&app.database, relayed).is_ok() }).await;
    let facts = length("events:stream").await;
    for count in 1..4 {
        node.beat(&permit, State::Live).await;
        assert_eq!(events.find("health", |_| true).await.id, "");
        watch(&app, &permit.broadcast_id, count).await;
        assert_eq!(events.find("viewers", |d| d["viewers"] == count).await.id, "");
    }
    assert_eq!(length("events:stream").await, facts);
    assert!(length("events:stream:passing").await >= 6);
    app.stop().await;
}

/// Makes an edge say that so many watch, more than before.
async fn watch(app: &TestApp, broadcast: &str, count: u32) {
    saw(app, broadcast, crate::harness::now(), 0..count).await;
}

/// Makes an edge say that it saw these sessions at that time, Unix seconds.
async fn saw(app: &TestApp, broadcast: &str, at: u64, sessions: std::ops::Range<u32>) {
    let key = format!("viewers:{{{broadcast}}}:{}", at / 5);
    let numbers = sessions.map(|n| n.to_string());
    app.bus.call::<streamly_redis::Value>("PFADD", std::iter::once(key).chain(numbers)).await.unwrap();
}

#[tokio::test]
async fn a_reader_that_comes_back_is_told_how_many_watch_by_now() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    let permit = app.permit(&ada.key, "n1").await;
    let _node = app.live("n1", &permit).await;
    let topics = format!("channel:{}", ada.channel);
    let mut events = Events::open(&app, &topics, "", None).await;
    let place = events.find("state", |d| d["state"] == "live").await.id;
    drop(events);
    watch(&app, &permit.broadcast_id, 7).await;
    until("counted", || async { app.get("ada", "").await.1["live"]["viewers"] == 7 }).await;
    // Told already: nothing of it comes any more but what a reader is told at its return.
    let mut again = Events::open(&app, &topics, "", Some(&place)).await;
    assert_eq!(again.find("viewers", |_| true).await.data["viewers"], 7);
    app.stop().await;
}

#[tokio::test]
async fn health_is_for_the_owner_and_topics_are_checked() {
    let app = TestApp::spawn_with(|c| c.max_topics = 3).await;
    let (ada, bob) = (app.streamer("ada").await, app.streamer("bob").await);
    let ask = async |topics: &str, token: &str| {
        let (status, body) = app.get(&format!("/api/events?topics={topics}"), token).await;
        (status, body["code"].as_str().unwrap_or_default().to_owned())
    };
    let health = format!("health:{}", ada.channel);
    let forbidden = (403, "forbidden".to_owned());
    assert_eq!(ask(&health, "").await, forbidden);
    assert_eq!(ask(&health, &bob.token).await, forbidden);
    let nobodys = format!("health:{}", uuid::Uuid::now_v7());
    assert_eq!(ask(&nobodys, &ada.token).await, forbidden);
    assert_eq!(ask(&health, "x.y.z").await, (401, "unauthenticated".into()));
    let malformed = (400, "malformed_request".to_owned());
    for topics in ["", "nothing", "channel:1", "directory,x:1", "health:"] {
        assert_eq!(ask(topics, &ada.token).await, malformed, "{topics}");
    }
    let many: Vec<_> = (0..4).map(|_| format!("channel:{}", uuid::Uuid::now_v7())).collect();
    assert_eq!(ask(&many.join(","), "").await, malformed);
    assert_eq!(app.get("/api/events", "").await.0, 400);
    app.stop().await;
}

#[tokio::test]
async fn an_owners_event_stream_ends_with_the_token_that_opened_it() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    let mut claims = access::Claims::new(ada.id, Username::parse("ada").unwrap(), now(), now());
    claims.exp = now() + 3;
    let token = access::sign(&app.signing, &claims).unwrap();
    let topics = format!("channel:{}", ada.channel);
    let mut public = Events::open(&app, &topics, &token, None).await;
    let mut own = Events::open(&app, &format!("{topics},health:{}", ada.channel), &token, None).await;
    while own.next().await.is_some() {}
    assert!((claims.exp..claims.exp + 5).contains(&now()), "{} {}", claims.exp, now());
    app.send("PATCH", "me", &ada.token, Some(r#"{"title":"on"}"#)).await;
    public.find("stream", |d| d["title"] == "on").await;
    app.stop().await;
}

#[tokio::test]
async fn event_streams_are_bounded_kept_alive_and_end_with_the_service() {
    let app = TestApp::spawn_with(|c| {
        c.max_event_streams = 2;
        c.event_keep_alive = streamly_config::Duration::from_millis(100);
    })
    .await;
    let mut one = Events::open(&app, "directory", "", None).await;
    let two = Events::open(&app, "directory", "", None).await;
    assert_eq!(app.get("/api/events?topics=directory", "").await.0, 503);
    while !one.next().await.unwrap().comment {}
    drop(two);
    // The place of a reader that left is free again.
    crate::harness::until("a free place", || async {
        let answer = app.http.get(app.url("/api/events?topics=directory")).send().await.unwrap();
        answer.status() == 200
    })
    .await;
    let stopping = tokio::spawn(app.stop());
    while one.next().await.is_some() {}
    stopping.await.unwrap();
}

#[tokio::test]
async fn a_reader_that_takes_nothing_is_cut_off() {
    let app = TestApp::spawn_with(|c| {
        c.event_patience = streamly_config::Duration::from_millis(300);
        c.rate_limits = false;
    })
    .await;
    let ada = app.streamer("ada").await;
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stuck = socket.connect(app.at.http).await.unwrap();
    let request = format!("GET /api/events?topics=channel:{} HTTP/1.1\r\nhost: x\r\n\r\n", ada.channel);
    stuck.write_all(request.as_bytes()).await.unwrap();
    let mut head = [0u8; 12];
    stuck.read_exact(&mut head).await.unwrap();
    assert_eq!(&head, b"HTTP/1.1 200");
    // More than all buffers on the way hold.
    let payload = serde_json::json!({"title": "x".repeat(60_000)}).to_string();
    for _ in 0..400 {
        let event = streamly_proto::event::v1::Event {
            id: uuid::Uuid::now_v7().to_string(),
            r#type: "stream.updated".into(),
            version: 1,
            occurred_at_ms: 0,
            subject: ada.channel.clone(),
            payload: payload.clone().into_bytes(),
        };
        let bytes = prost::Message::encode_to_vec(&event);
        let head = ["events:stream", "*", "e"].map(streamly_redis::Value::from);
        let args = head.into_iter().chain([streamly_redis::Value::Bytes(bytes.into())]);
        app.bus.call::<streamly_redis::Value>("XADD", args).await.unwrap();
    }
    // Taking nothing for longer than the patience is what this is about.
    tokio::time::sleep(Duration::from_secs(1)).await;
    // What was on its way comes, and then the end, long before all events.
    let (mut got, mut buffer) = (0, vec![0u8; 1 << 16]);
    let reading = async {
        while let Ok(n @ 1..) = stuck.read(&mut buffer).await {
            got += n;
            if buffer[..n].ends_with(b"0\r\n\r\n") {
                break;
            }
        }
    };
    tokio::time::timeout(LONG, reading).await.expect("is cut off");
    assert!(got < 400 * 60_000, "{got}");
    app.stop().await;
}
