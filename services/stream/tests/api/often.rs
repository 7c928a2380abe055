//! Publishes that come too often, and what the time of an answer tells.

use crate::harness::{Events, TestApp, until};
use std::time::{Duration, Instant};
use streamly_config::Duration as Setting;
use streamly_proto::stream::v1::authorize_response::Outcome;

async fn with_burst(burst: u32) -> TestApp {
    TestApp::spawn_with(|c| {
        c.publish_burst = burst;
        c.publish_interval = Setting::from_secs(3_600);
    })
    .await
}

#[tokio::test]
async fn a_channel_that_is_started_again_and_again_is_refused_with_one_fact() {
    let app = with_burst(3).await;
    let (ada, bob) = (app.streamer("ada").await, app.streamer("bob").await);
    let node = app.node("n1").await;
    let topics = format!("health:{}", ada.channel);
    let mut events = Events::open(&app, &topics, &ada.token, None).await;
    for _ in 0..3 {
        let permit = app.permit(&ada.key, "n1").await;
        node.ended(&permit, "clean", "", "").await;
        until("offline", || async { app.get("ada", "").await.1["state"] == "offline" }).await;
    }
    let attempt = app.attempt(&ada.key, "n1", "1.1.1.1:1");
    for _ in 0..2 {
        let Outcome::Refusal(no) = app.authorize(attempt.clone()).await.unwrap() else { panic!("let in") };
        assert_eq!(no.code, "publish_too_often");
        assert!(no.detail.contains("too often"), "{}", no.detail);
    }
    for _ in 0..4 {
        assert_eq!(app.refusal(&ada.key, "n1").await.code, "publish_too_often");
    }
    assert_eq!(app.get("ada", "").await.1["state"], "offline");
    app.sql("SELECT 1 / (count(*) = 3)::int FROM sessions");
    let told = app.get("me", &ada.token).await.1["refusals"].clone();
    assert_eq!((told.as_array().unwrap().len(), &told[0]["code"]), (1, &"publish_too_often".into()));
    // Nobody else is meant.
    app.permit(&bob.key, "n1").await;
    // What is not valid any more has its own count, and the owner still reads why.
    assert_eq!(app.send("DELETE", &format!("keys/{}", ada.key_id), &ada.token, None).await.0, 204);
    assert_eq!(app.refusal(&ada.key, "n1").await.code, "key_revoked");
    let mut facts = 0;
    while events.find("refused", |_| true).await.data["code"] == "publish_too_often" {
        facts += 1;
    }
    assert_eq!(facts, 1);
    app.stop().await;
}

#[tokio::test]
async fn the_holder_of_a_revoked_key_floods_nothing_and_takes_nothing_from_a_good_one() {
    let app = with_burst(2).await;
    let ada = app.streamer("ada").await;
    let topics = format!("health:{}", ada.channel);
    let mut events = Events::open(&app, &topics, &ada.token, None).await;
    let (status, new) =
        app.post(&format!("keys/{}/rotate", ada.key_id), &ada.token, r#"{"overlap_s":0}"#).await;
    assert_eq!(status, 200, "{new}");
    for _ in 0..6 {
        assert_eq!(app.refusal(&ada.key, "n1").await.code, "key_revoked");
    }
    let key = new["key"].as_str().unwrap();
    app.permit(key, "n1").await;
    app.permit(key, "n2").await;
    assert_eq!(app.refusal(key, "n1").await.code, "publish_too_often");
    let mut facts = 0;
    while events.find("refused", |_| true).await.data["code"] == "key_revoked" {
        facts += 1;
    }
    assert_eq!(facts, 2);
    app.stop().await;
}

#[tokio::test]
async fn an_attempt_that_is_asked_about_again_counts_once() {
    let app = with_burst(1).await;
    let ada = app.streamer("ada").await;
    let (pg, database) = (app.pg.clone(), app.database.clone());
    // Longer than a decision may take: the first answer is "unavailable".
    let lock = "BEGIN; SELECT id FROM channels FOR UPDATE; SELECT pg_sleep(2.3); COMMIT";
    let lock = tokio::task::spawn_blocking(move || pg.execute(&database, lock));
    until("locked", || async {
        app.pg.execute(&app.database, "SELECT id FROM channels FOR UPDATE NOWAIT").is_err()
    })
    .await;
    let attempt = app.attempt(&ada.key, "n1", "1.1.1.1:1");
    assert_eq!(app.authorize(attempt.clone()).await.unwrap_err().code(), tonic::Code::Unavailable);
    lock.await.unwrap().unwrap();
    let again = app.authorize(attempt).await.unwrap();
    assert!(matches!(again, Outcome::Permit(_)), "{again:?}");
    assert_eq!(app.refusal(&ada.key, "n1").await.code, "publish_too_often");
    app.stop().await;
}

#[tokio::test]
async fn time_does_not_tell_a_known_key_from_another() {
    let app = TestApp::spawn_with(|c| c.authorize_step = Setting::from_millis(400)).await;
    let (ada, bob) = (app.streamer("ada").await, app.streamer("bob").await);
    assert_eq!(app.send("DELETE", &format!("keys/{}", bob.key_id), &bob.token, None).await.0, 204);
    let long = "x".repeat(1_000);
    // A usual decision ends with the first step, one that waits for the user service with the second: for every key.
    for (slow, least) in [(0, 400), (500, 800)] {
        app.people.slow(Duration::from_millis(slow));
        for key in [&ada.key, &bob.key, "sk_wrong", "", "\u{0}", &long] {
            let asked = Instant::now();
            app.authorize(app.attempt(key, "n1", "1.1.1.1:1")).await.unwrap();
            assert!(asked.elapsed() >= Duration::from_millis(least), "{key:?}: {:?}", asked.elapsed());
        }
    }
    app.stop().await;
}
