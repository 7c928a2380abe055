//! `stream.went_live` and `stream.ended`: once a broadcast, whatever happens to its sessions.

use crate::harness::{Node, Streamer, TestApp, until};
use serde_json::Value;
use streamly_proto::stream::v1::{Permit, State, node_command::Command};

async fn both(app: &TestApp, who: &Streamer) -> (Vec<Value>, Vec<Value>) {
    app.relayed().await;
    (app.facts("stream.went_live", &who.channel).await, app.facts("stream.ended", &who.channel).await)
}

async fn ended(app: &TestApp, who: &Streamer, times: usize) {
    until("it has ended", || async { app.facts("stream.ended", &who.channel).await.len() == times }).await;
}

/// The next session of a broadcast is live at that node.
async fn again(app: &TestApp, who: &Streamer, id: &str, before: &Permit) -> (Permit, Node) {
    let permit = app.permit(&who.key, id).await;
    assert_eq!((&permit.broadcast_id, permit.resumed), (&before.broadcast_id, true));
    let node = app.live(id, &permit).await;
    (permit, node)
}

#[tokio::test]
async fn a_broadcast_goes_live_once_and_ends_once_through_reconnects_take_overs_and_moves() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    let settings = r#"{"title":"Night flight","category":"Chess","visibility":"unlisted"}"#;
    assert_eq!(app.send("PATCH", "me", &ada.token, Some(settings)).await.0, 200);
    let first = app.permit(&ada.key, "n1").await;
    assert!(both(&app, &ada).await.0.is_empty(), "nobody sees anything yet");
    let mut node = app.live("n1", &first).await;
    // The encoder is lost and comes back to the same node.
    node.beat(&first, State::Reconnecting).await;
    assert!(matches!(node.command().await, Command::Renewed(_)));
    assert_eq!(app.get("ada", "").await.1["state"], "reconnecting");
    let second = app.permit(&ada.key, "n1").await;
    node.beat(&second, State::Starting).await;
    node.beat(&second, State::Live).await;
    assert!(matches!(node.command().await, Command::Renewed(_)));
    // It takes over from elsewhere, and that node drains.
    let (third, other) = again(&app, &ada, "n2", &second).await;
    other.drain().await;
    app.known("n2", |node| node["draining"] == true).await;
    let (fourth, last) = again(&app, &ada, "n3", &third).await;
    last.ended(&fourth, "clean", "", "").await;
    ended(&app, &ada, 1).await;
    let (live, over) = both(&app, &ada).await;
    assert_eq!((live.len(), over.len()), (1, 1));
    let (live, over) = (&live[0], &over[0]);
    for (field, is) in [
        ("broadcast_id", first.broadcast_id.as_str()),
        ("username", "ada"),
        ("display_name", "ADA"),
        ("title", "Night flight"),
        ("category", "Chess"),
        ("visibility", "unlisted"),
    ] {
        assert_eq!(live[field], is, "{field}");
    }
    assert_eq!((&over["broadcast_id"], &over["username"]), (&live["broadcast_id"], &live["username"]));
    assert_eq!((&over["started_at"], &over["how"]), (&live["started_at"], &"clean".into()));
    assert!(over["ended_at"].as_str() > over["started_at"].as_str());

    // A word that comes twice, and a session of before: nothing more. The next broadcast has its own.
    last.ended(&fourth, "clean", "", "").await;
    other.ended(&third, "clean", "", "").await;
    let next = app.permit(&ada.key, "n1").await;
    assert_ne!(next.broadcast_id, first.broadcast_id);
    let _node = app.live("n1", &next).await;
    assert_eq!(app.post("me/end", &ada.token, "").await.0, 204);
    let (live, over) = both(&app, &ada).await;
    let of = |all: &[Value]| all.iter().map(|f| f["broadcast_id"].clone()).collect::<Vec<_>>();
    assert_eq!(of(&live), [first.broadcast_id.as_str(), &next.broadcast_id]);
    assert_eq!(of(&over), of(&live));
    assert_eq!(over[1]["how"], "owner_ended");
    app.stop().await;
}

#[tokio::test]
async fn a_broadcast_that_nobody_could_see_neither_goes_live_nor_ends() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    let permit = app.permit(&ada.key, "n1").await;
    let mut node = app.node("n1").await;
    node.beat(&permit, State::Starting).await;
    assert!(matches!(node.command().await, Command::Renewed(_)));
    node.ended(&permit, "clean", "", "").await;
    until("offline", || async { app.get("ada", "").await.1["state"] == "offline" }).await;
    let (live, over) = both(&app, &ada).await;
    assert_eq!((live.len(), over.len()), (0, 0));
    assert!(!app.facts("stream.state_changed", &ada.channel).await.is_empty());
    app.stop().await;
}

#[tokio::test]
async fn a_broadcast_that_waits_for_nobody_ends_once_with_its_publisher() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    assert_eq!(app.send("PATCH", "me", &ada.token, Some(r#"{"reconnect_grace_s":0}"#)).await.0, 200);
    let permit = app.permit(&ada.key, "n1").await;
    let mut node = app.live("n1", &permit).await;
    node.ended(&permit, "lost", "", "").await;
    node.ended(&permit, "lost", "", "").await;
    node.settled().await;
    let (live, over) = both(&app, &ada).await;
    assert_eq!((live.len(), over.len()), (1, 1));
    assert_eq!((&over[0]["broadcast_id"], &over[0]["how"]), (&live[0]["broadcast_id"], &"lost".into()));
    app.stop().await;
}
