//! What a channel's owner sets about broadcasts: the grace of a lost encoder, and the ladder.

use crate::harness::{Events, TestApp, until};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use streamly_config::Duration as Setting;
use streamly_proto::stream::v1::State;

async fn state_of(app: &TestApp) -> String {
    app.get("ada", "").await.1["state"].as_str().unwrap().to_owned()
}
async fn is_state(app: &TestApp, state: &str) {
    until(state, || async { state_of(app).await == state }).await;
}
async fn set(app: &TestApp, token: &str, body: Value) -> (u16, Value) {
    app.send("PATCH", "me", token, Some(&body.to_string())).await
}

#[tokio::test]
async fn an_owner_sets_grace_and_ladder_sees_them_alone_and_permits_carry_them() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    let me = app.get("me", &ada.token).await.1;
    assert_eq!((&me["reconnect_grace_s"], &me["ladder"]), (&json!(60), &json!([])));
    let permit = app.permit(&ada.key, "n1").await;
    assert_eq!((permit.grace_ms, permit.ladder.len()), (60_000, 0));
    let wanted = json!({"reconnect_grace_s": 1800, "ladder": ["720p", "480p"]});
    let (status, answer) = set(&app, &ada.token, wanted).await;
    assert_eq!((status, &answer["reconnect_grace_s"]), (200, &json!(1800)));
    // Fields left out stay.
    assert_eq!(set(&app, &ada.token, json!({"title": "x"})).await.0, 200);
    let me = app.get("me", &ada.token).await.1;
    assert_eq!((&me["reconnect_grace_s"], &me["ladder"]), (&json!(1800), &json!(["720p", "480p"])));
    let public = app.get("ada", "").await.1;
    assert!(public["reconnect_grace_s"].is_null() && public["ladder"].is_null(), "{public}");
    let permit = app.permit(&ada.key, "n1").await;
    assert_eq!((permit.grace_ms, permit.ladder), (1_800_000, vec!["720p".to_owned(), "480p".to_owned()]));
    // An empty ladder is the server's again.
    assert_eq!(set(&app, &ada.token, json!({"ladder": []})).await.1["ladder"], json!([]));
    assert!(app.permit(&ada.key, "n1").await.ladder.is_empty());
    app.stop().await;
}

#[tokio::test]
async fn each_wrong_setting_is_told_by_its_field_and_changes_nothing() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    let (status, answer) =
        set(&app, &ada.token, json!({"title": "x", "reconnect_grace_s": 1801, "ladder": ["481p", "source"]}))
            .await;
    assert_eq!((status, answer["code"].as_str()), (422, Some("validation_failed")));
    let fields: Vec<_> = answer["errors"].as_array().unwrap().iter().map(|e| e["field"].clone()).collect();
    assert_eq!(fields, ["reconnect_grace_s", "ladder", "ladder"]);
    for wrong in
        [json!({"reconnect_grace_s": -1}), json!({"reconnect_grace_s": "60"}), json!({"ladder": "720p"})]
    {
        assert_eq!(set(&app, &ada.token, wrong.clone()).await.0, 422, "{wrong}");
    }
    let me = app.get("me", &ada.token).await.1;
    assert_eq!((&me["title"], &me["reconnect_grace_s"], &me["ladder"]), (&json!(""), &json!(60), &json!([])));
    app.stop().await;
}

#[tokio::test]
async fn without_grace_a_lost_publisher_ends_at_once() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    assert_eq!(set(&app, &ada.token, json!({"reconnect_grace_s": 0})).await.0, 200);
    let permit = app.permit(&ada.key, "n1").await;
    assert_eq!(permit.grace_ms, 0);
    let node = app.live("n1", &permit).await;
    let mut events = Events::open(&app, &format!("channel:{}", ada.channel), "", None).await;
    events.find("state", |d| d["state"] == "live").await;
    // The heartbeat that tells of the loss comes before the fact of it.
    node.beat(&permit, State::Reconnecting).await;
    let lost = Instant::now();
    node.ended(&permit, "lost", "", "").await;
    let next = events.find("state", |d| d["state"] != "live").await;
    assert_eq!(next.data["state"], "offline", "it never reconnects");
    assert!(lost.elapsed() < Duration::from_secs(1), "{:?}", lost.elapsed());
    assert_ne!(app.permit(&ada.key, "n1").await.broadcast_id, permit.broadcast_id);
    app.stop().await;
}

#[tokio::test]
async fn a_channel_without_grace_is_moved_from_a_draining_node_all_the_same() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    assert_eq!(set(&app, &ada.token, json!({"reconnect_grace_s": 0})).await.0, 200);
    let permit = app.permit(&ada.key, "n1").await;
    let mut node = app.live_at("n1", "http://127.0.0.1:9000", &permit).await;
    node.drain().await;
    node.elsewhere().await;
    node.ended(&permit, "lost", "", "").await;
    node.ended(&permit, "grace_over", "", "").await;
    node.settled().await;
    assert_eq!(state_of(&app).await, "reconnecting");
    let moved = app.permit(&ada.key, "n2").await;
    assert_eq!((&moved.broadcast_id, moved.epoch), (&permit.broadcast_id, 2));
    assert_eq!(moved.hand_over_epoch, 1);
    app.stop().await;
}

#[tokio::test]
async fn the_reaper_goes_by_the_channels_own_grace() {
    let app = TestApp::spawn_with(|c| c.lease_ttl = Setting::from_secs(1)).await;
    let (ada, bob) = (app.streamer("ada").await, app.streamer("bob").await);
    assert_eq!(set(&app, &ada.token, json!({"reconnect_grace_s": 0})).await.0, 200);
    assert_eq!(set(&app, &bob.token, json!({"reconnect_grace_s": 3})).await.0, 200);
    for who in [&ada, &bob] {
        let permit = app.permit(&who.key, "n1").await;
        drop(app.live("n1", &permit).await);
    }
    let killed = Instant::now();
    is_state(&app, "offline").await;
    until("waits", || async { app.get("bob", "").await.1["state"] == "reconnecting" }).await;
    until("ends", || async { app.get("bob", "").await.1["state"] == "offline" }).await;
    assert!(killed.elapsed() >= Duration::from_secs(3), "{:?}", killed.elapsed());
    app.stop().await;
}
