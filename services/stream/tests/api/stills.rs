//! Stills of the live picture: what a node tells of them, who is told where they are, and that a number never goes back.

use crate::harness::{Events, TestApp, until};
use streamly_proto::stream::v1::State;

#[tokio::test]
async fn a_still_is_on_the_channels_object_and_pushed_and_a_newer_one_takes_its_place() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    let permit = app.permit(&ada.key, "n1").await;
    let node = app.live("n1", &permit).await;
    assert!(app.get("ada", "").await.1["live"]["still_url"].is_null());
    let topics = format!("channel:{},directory,stills", ada.channel);
    let mut events = Events::open(&app, &topics, "", None).await;
    events.find("stream", |_| true).await;
    let first = (1 << 20) + 1;
    for number in [first, first + 1] {
        node.beat_with(&permit, State::Live, |report| report.still = number).await;
        let url = format!("/live/b/{}/stills/{number}.jpg", permit.broadcast_id);
        let is_it =
            |data: &serde_json::Value| data["still_url"].as_str().is_some_and(|told| told.ends_with(&url));
        // Once for the channel and once for the list, and nobody resumes after it.
        for _ in 0..2 {
            let told = events.find("still", is_it).await;
            assert_eq!(told.data["channel_id"], ada.channel.as_str());
            assert_eq!(told.data["broadcast_id"], permit.broadcast_id.as_str());
            assert_eq!(told.id, "");
        }
        let listed = app.get("?live=true", "").await.1;
        for stream in [&app.get("ada", "").await.1, &listed["items"][0]] {
            // A page of the directory may be a second old; it has the one before then.
            assert!(stream["live"]["still_url"].as_str().unwrap().contains("/stills/"), "{stream}");
        }
        assert!(is_it(&app.get("ada", "").await.1["live"]));
    }
    // A late word, a number that there cannot be, and a node that lost count change nothing.
    for number in [first, u64::MAX, 0] {
        node.beat_with(&permit, State::Live, |report| report.still = number).await;
    }
    node.beat_with(&permit, State::Live, |report| report.still = first + 2).await;
    let next = events.find("still", |_| true).await.data;
    assert!(next["still_url"].as_str().unwrap().ends_with(&format!("/{}.jpg", first + 2)), "{next}");
    app.stop().await;
}

#[tokio::test]
async fn of_a_restricted_channel_only_who_may_watch_is_told() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    let (status, _) = app.send("PATCH", "me", &ada.token, Some(r#"{"visibility":"followers"}"#)).await;
    assert_eq!(status, 200);
    let permit = app.permit(&ada.key, "n1").await;
    let node = app.live("n1", &permit).await;
    let mut events = Events::open(&app, &format!("channel:{},directory,stills", ada.channel), "", None).await;
    events.find("stream", |_| true).await;
    node.beat_with(&permit, State::Live, |report| report.still = 1 << 20).await;
    until("stored", || async {
        let (_, own) = app.get("ada", &ada.token).await;
        own["live"]["still_url"].as_str().is_some_and(|url| url.contains("/stills/1048576.jpg?token="))
    })
    .await;
    assert!(app.get("ada", "").await.1["live"]["still_url"].is_null());
    // The next thing that is pushed is the end, and never was there a word of the still.
    node.ended(&permit, "clean", "", "").await;
    loop {
        let frame = events.next().await.unwrap();
        assert_ne!(frame.event, "still");
        if frame.event == "state" && frame.data["state"] == "offline" {
            break;
        }
    }
    app.stop().await;
}
