//! Event streams of private channels: the past that was not for the reader, rights that end while the stream is open, tokens that end.

use crate::harness::{Events, Frame, Streamer, TestApp, now};
use serde_json::json;
use std::time::Duration;
use streamly_auth::access;
use streamly_domain::{UserId, Username};

async fn patch(app: &TestApp, who: &Streamer, body: serde_json::Value) {
    assert_eq!(app.send("PATCH", "me", &who.token, Some(&body.to_string())).await.0, 200);
}

/// All frames up to the stream object with that title.
async fn up_to(events: &mut Events, title: &str) -> Vec<Frame> {
    let mut frames = Vec::new();
    loop {
        let frame = tokio::time::timeout(Duration::from_secs(20), events.next()).await.unwrap().unwrap();
        let is_last = frame.event == "stream" && frame.data["title"] == title;
        frames.push(frame);
        if is_last {
            return frames;
        }
    }
}

async fn topic(app: &TestApp) -> (Streamer, String) {
    let ada = app.streamer("ada").await;
    let topic = format!("channel:{}", ada.channel);
    (ada, topic)
}

#[tokio::test]
async fn who_comes_back_is_not_told_what_went_on_while_the_channel_was_private() {
    let app = TestApp::spawn_with(|c| c.rate_limits = false).await;
    let (ada, topic) = topic(&app).await;
    let (_, eve) = app.person("eve");
    let (mia, mia_token) = app.person("mia");
    app.set_member(&ada.channel, mia, "moderator", ada.id).await.unwrap();
    patch(&app, &ada, json!({"title": "before"})).await;
    let mut events = Events::open(&app, &topic, "", None).await;
    let before = events.find("stream", |d| d["title"] == "before").await.id;
    patch(&app, &ada, json!({"visibility": "private"})).await;
    // What came while it was private has ids, too: a reader may come back from there.
    let hidden = events.find("stream", |d| d["visibility"] == "private").await.id;
    drop(events);
    patch(&app, &ada, json!({"title": "a secret plan"})).await;
    let permit = app.permit(&ada.key, "n1").await;
    let node = app.live("n1", &permit).await;
    node.ended(&permit, "clean", "", "").await;
    crate::harness::until("ended", || async { app.get("me", &ada.token).await.1["state"] == "offline" })
        .await;
    patch(&app, &ada, json!({"visibility": "public"})).await;
    patch(&app, &ada, json!({"title": "after"})).await;
    for place in [&before, &hidden] {
        for token in ["", &eve] {
            let mut again = Events::open(&app, &topic, token, Some(place)).await;
            for frame in up_to(&mut again, "after").await {
                // The title that the first public word of it has is told by that.
                let was_private = frame.data["visibility"] == "private" || frame.event == "state";
                let tells = frame.data["title"] == "a secret plan" || frame.data["state"] == "live";
                assert!(!(was_private && tells), "{frame:?}");
            }
        }
        for token in [&ada.token, &mia_token] {
            let mut own = Events::open(&app, &topic, token, Some(place)).await;
            let all = up_to(&mut own, "after").await;
            assert!(all.iter().any(|f| f.event == "state" && f.data["state"] == "live"), "{all:?}");
            assert!(
                all.iter().any(|f| f.data["visibility"] == "private" && f.data["title"] == "a secret plan")
            );
        }
    }
    app.stop().await;
}

#[tokio::test]
async fn who_belongs_to_a_private_channel_no_more_hears_no_more_and_who_begins_to_hears_at_once() {
    let app = TestApp::spawn_with(|c| c.rate_limits = false).await;
    let (ada, topic) = topic(&app).await;
    let (mia, token) = app.person("mia");
    patch(&app, &ada, json!({"title": "one", "visibility": "private"})).await;
    let mut events = Events::open(&app, &topic, &token, None).await;
    assert_eq!(events.find("stream", |_| true).await.data["title"], "");
    app.set_member(&ada.channel, mia, "vip", ada.id).await.unwrap();
    events.find("stream", |d| d["title"] == "one").await;
    patch(&app, &ada, json!({"title": "two"})).await;
    events.find("stream", |d| d["title"] == "two").await;
    app.set_member(&ada.channel, mia, "", ada.id).await.unwrap();
    events.find("stream", |d| d["title"] == "").await;
    patch(&app, &ada, json!({"title": "three"})).await;
    patch(&app, &ada, json!({"title": "four", "visibility": "public"})).await;
    for frame in up_to(&mut events, "four").await {
        assert_ne!(frame.data["title"], "three", "{frame:?}");
    }
    app.stop().await;
}

/// A token of somebody that ends in so many seconds.
fn short(app: &TestApp, id: UserId, name: &str, seconds: u64) -> String {
    let mut claims = access::Claims::new(id, Username::parse(name).unwrap(), now(), now());
    claims.exp = now() + seconds;
    access::sign(&app.signing, &claims).unwrap()
}

async fn ends(events: &mut Events) {
    let end = async { while events.next().await.is_some() {} };
    tokio::time::timeout(Duration::from_secs(20), end).await.expect("it ends");
}

#[tokio::test]
async fn what_a_token_shows_of_a_private_channel_ends_with_the_token() {
    let app = TestApp::spawn_with(|c| c.rate_limits = false).await;
    let (ada, topic) = topic(&app).await;
    let (mia, mia_token) = app.person("mia");
    app.set_member(&ada.channel, mia, "vip", ada.id).await.unwrap();
    // Opened while it was for everybody.
    let mut opened = Events::open(&app, &topic, &short(&app, mia, "mia", 3), None).await;
    let mut own = Events::open(&app, &topic, &mia_token, None).await;
    patch(&app, &ada, json!({"title": "one", "visibility": "private"})).await;
    opened.find("stream", |d| d["title"] == "one").await;
    ends(&mut opened).await;
    own.find("stream", |d| d["title"] == "one").await;
    // One that ended while the channel was for everybody shows nothing later.
    patch(&app, &ada, json!({"visibility": "public"})).await;
    let late = short(&app, mia, "mia", 2);
    let mut late = Events::open(&app, &topic, &late, None).await;
    let ended_at = now() + 3;
    crate::harness::until("its token has ended", || async { now() >= ended_at }).await;
    patch(&app, &ada, json!({"title": "two"})).await;
    late.find("stream", |d| d["title"] == "two").await;
    patch(&app, &ada, json!({"title": "three", "visibility": "private"})).await;
    while let Some(frame) = tokio::time::timeout(Duration::from_secs(20), late.next()).await.expect("it ends")
    {
        assert_ne!(frame.data["title"], "three", "{frame:?}");
    }
    own.find("stream", |d| d["title"] == "three").await;
    app.stop().await;
}

#[tokio::test]
async fn voided_tokens_and_suspensions_end_what_they_showed_and_nothing_public() {
    let app = TestApp::spawn_with(|c| c.rate_limits = false).await;
    let (ada, topic) = topic(&app).await;
    patch(&app, &ada, json!({"title": "one", "visibility": "private"})).await;
    let eve = app.streamer("eve").await;
    let open = async |topics: &str, token: &str| Events::open(&app, topics, token, None).await;
    let account = format!("account:{}", ada.id);
    let public = format!("channel:{}", eve.channel);
    let (mut private, mut own, mut others) =
        (open(&topic, &ada.token).await, open(&account, &ada.token).await, open(&public, &ada.token).await);
    private.find("stream", |d| d["title"] == "one").await;
    others.find("stream", |_| true).await;
    // Tokens of before: not this one.
    app.user_fact("user.tokens_voided", ada.id, &json!({"before": now() - 60}).to_string()).await;
    own.find("account", |d| d["suspended"] == false).await;
    patch(&app, &ada, json!({"title": "two"})).await;
    private.find("stream", |d| d["title"] == "two").await;
    app.user_fact("user.tokens_voided", ada.id, &json!({"before": now() + 1}).to_string()).await;
    own.find("account", |d| d["suspended"] == false).await;
    ends(&mut own).await;
    ends(&mut private).await;
    patch(&app, &eve, json!({"title": "goes on"})).await;
    others.find("stream", |d| d["title"] == "goes on").await;
    let mut private = open(&topic, &ada.token).await;
    private.find("stream", |d| d["title"] == "two").await;
    app.people.change(ada.id, |u| u.suspended = true);
    app.user_fact("user.suspended", ada.id, r#"{"username":"ada"}"#).await;
    ends(&mut private).await;
    app.stop().await;
}

/// The playback token of who shows the channel's link.
async fn by_link(app: &TestApp, link: &str) -> String {
    let (status, body) = app.post("ada/playback-token", "", &json!({"link": link}).to_string()).await;
    assert_eq!(status, 200, "{body}");
    body["token"].as_str().unwrap().to_owned()
}

async fn new_link(app: &TestApp, who: &Streamer) -> String {
    let (status, body) = app.post("me/watch-link", &who.token, "").await;
    assert_eq!(status, 201, "{body}");
    body["url"].as_str().unwrap().split_once('#').unwrap().1.to_owned()
}

#[tokio::test]
async fn who_came_by_the_link_hears_what_viewers_hear_until_it_is_another_one() {
    let app = TestApp::spawn_with(|c| c.rate_limits = false).await;
    let (ada, topic) = topic(&app).await;
    patch(&app, &ada, json!({"visibility": "private", "title": "a secret plan"})).await;
    let pass = by_link(&app, &new_link(&app, &ada).await).await;
    let mut events = Events::open_by(&app, &topic, &pass).await;
    assert_eq!(events.find("stream", |_| true).await.data["title"], "a secret plan");
    let mut stranger = Events::open_by(&app, &topic, &format!("{pass}x")).await;
    assert_eq!(stranger.find("stream", |_| true).await.data["title"], "");
    let permit = app.permit(&ada.key, "n1").await;
    let node = app.live("n1", &permit).await;
    let live = events.find("state", |d| d["state"] == "live").await;
    assert_eq!(live.data["broadcast_id"], permit.broadcast_id.as_str());
    // The pass is of this channel alone.
    let bob = app.streamer("bob").await;
    patch(&app, &bob, json!({"visibility": "private", "title": "another plan"})).await;
    let mut elsewhere = Events::open_by(&app, &format!("channel:{}", bob.channel), &pass).await;
    assert_eq!(elsewhere.find("stream", |_| true).await.data["title"], "");

    new_link(&app, &ada).await;
    events.find("stream", |d| d["title"] == "" && d["state"] == "offline").await;
    patch(&app, &ada, json!({"title": "not for you any more"})).await;
    node.ended(&permit, "clean", "", "").await;
    crate::harness::until("ended", || async { app.get("me", &ada.token).await.1["state"] == "offline" })
        .await;
    patch(&app, &ada, json!({"visibility": "public", "title": "for all"})).await;
    for frame in up_to(&mut events, "for all").await {
        assert!(frame.data["title"] != "not for you any more", "{frame:?}");
    }
    let mut again = Events::open_by(&app, &topic, &pass).await;
    assert_eq!(again.find("stream", |_| true).await.data["title"], "for all");
    app.stop().await;
}
