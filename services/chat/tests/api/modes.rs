//! The modes of a room, each on two nodes: who is refused, with which code, for how long, and who is exempt.

use crate::{app::Platform, client::Client};
use serde_json::{Value, json};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

async fn platform(nodes: usize, change: Value) -> Platform {
    let p = Platform::with(nodes, |c| c.limits.frames_burst = 10_000).await;
    let (status, answer) = p.call(0, "PATCH", "rooms/ada/settings", Some("ada"), change).await;
    assert_eq!(status, 200, "{answer}");
    p
}

/// The code a text is refused with, and the wait; a message gives `None`.
async fn refused(client: &mut Client, text: &str) -> Option<(String, Option<u64>)> {
    client.send(json!({"type": "say", "room": "ada", "text": text})).await;
    loop {
        let answer: Value = serde_json::from_str(&client.wait_for_text(&["error", "message"]).await).unwrap();
        if answer["type"] == "error" {
            return Some((answer["code"].as_str().unwrap().into(), answer["retry_after_ms"].as_u64()));
        }
        if answer["text"] == text {
            return None;
        }
    }
}

async fn code(client: &mut Client, text: &str) -> Option<String> {
    refused(client, text).await.map(|(code, _)| code)
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_mode_counts_per_person_over_all_nodes_and_spares_moderators_and_vips() {
    let p = platform(2, json!({"slow_s": 600})).await;
    let (mut here, mut there) = (p.join(0, Some("bob")).await, p.join(1, Some("bob")).await);
    here.said("one").await;
    let (code, wait) = refused(&mut there, "two").await.unwrap();
    assert_eq!(code, "slow_mode");
    assert!((590_000..=600_000).contains(&wait.unwrap()), "{wait:?}");
    here.say("one").await;
    assert_eq!(
        here.wait_for("message").await["text"],
        "one",
        "a repeat under the same nonce is the same message"
    );
    assert_eq!(refused(&mut p.join(1, Some("cleo")).await, "others have their own").await, None);
    for name in ["mia", "vic", "ada", "stan"] {
        let mut client = p.join(0, Some(name)).await;
        assert_eq!(
            (refused(&mut client, "a").await, refused(&mut client, "b").await),
            (None, None),
            "{name}"
        );
    }
    // Off again, at once and everywhere.
    p.call(0, "PATCH", "rooms/ada/settings", Some("ada"), json!({"slow_s": 0})).await;
    while there.wait_for("settings").await["settings"]["slow_s"] != 0 {}
    assert_eq!(refused(&mut there, "three").await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_mode_lets_the_next_one_through_after_the_time_it_told() {
    let p = platform(1, json!({"slow_s": 1})).await;
    let mut bob = p.join(0, Some("bob")).await;
    assert_eq!(refused(&mut bob, "one").await, None);
    let (_, wait) = refused(&mut bob, "two").await.unwrap();
    tokio::time::sleep(Duration::from_millis(wait.unwrap())).await;
    assert_eq!(refused(&mut bob, "two").await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_followers_of_the_age_may_write_and_a_follow_of_just_now_is_seen() {
    let p = platform(2, json!({"followers_only_min": 10})).await;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64;
    let mut bob = p.join(0, Some("bob")).await;
    assert_eq!(refused(&mut bob, "1").await, Some(("followers_only".into(), None)));
    p.people.follow("bob", now - 9 * 60_000);
    p.people.follow("cleo", now - 11 * 60_000);
    let mut cleo = p.join(1, Some("cleo")).await;
    assert_eq!(refused(&mut cleo, "2").await, None);
    // What was heard of bob is older by now than what a refusal stands on.
    crate::app::until("the follow is seen", async || {
        refused(&mut bob, "3").await.is_some_and(|(_, wait)| wait.is_some_and(|ms| ms <= 60_000))
    })
    .await;
    for name in ["mia", "vic", "ada", "stan"] {
        assert_eq!(refused(&mut p.join(0, Some(name)).await, name).await, None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_people_with_a_verified_address_may_write() {
    let p = platform(1, json!({"verified_only": true})).await;
    p.people.verify("cleo");
    assert_eq!(code(&mut p.join(0, Some("bob")).await, "1").await.as_deref(), Some("verified_only"));
    assert_eq!(code(&mut p.join(0, Some("cleo")).await, "2").await, None);
    assert_eq!(code(&mut p.join(0, Some("vic")).await, "3").await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn emotes_only_and_links_off_look_at_the_text() {
    let p = platform(1, json!({"emote_only": true})).await;
    let mut bob = p.join(0, Some("bob")).await;
    assert_eq!(code(&mut bob, "hello").await.as_deref(), Some("emote_only"));
    assert_eq!(code(&mut bob, "😀 👩‍🚀").await, None);
    assert_eq!(code(&mut p.join(0, Some("mia")).await, "moderators may").await, None);
    p.call(0, "PATCH", "rooms/ada/settings", Some("ada"), json!({"emote_only": false, "links": "refuse"}))
        .await;
    while bob.wait_for("settings").await["settings"]["links"] != "refuse" {}
    assert_eq!(code(&mut bob, "see https://example.com/x").await.as_deref(), Some("links_off"));
    assert_eq!(code(&mut bob, "see for yourself").await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn unique_mode_knows_what_was_said_on_any_node_however_it_is_written() {
    let p = platform(2, json!({"unique": true})).await;
    let (mut here, mut there) = (p.join(0, Some("bob")).await, p.join(1, Some("bob")).await);
    assert_eq!(code(&mut here, "Buy now!").await, None);
    let (again, wait) = refused(&mut there, "ＢＵＹ  now").await.unwrap();
    assert_eq!(again, "duplicate");
    assert!((590_000..=600_000).contains(&wait.unwrap()), "{wait:?}");
    assert_eq!(code(&mut there, "buy nоооw").await.as_deref(), Some("duplicate"), "look-alikes, stretched");
    assert_eq!(code(&mut there, "Buy later!").await, None);
    assert_eq!(code(&mut p.join(1, Some("cleo")).await, "Buy now!").await, None, "another person may");
    let mut mia = p.join(0, Some("mia")).await;
    assert_eq!((code(&mut mia, "order!").await, code(&mut mia, "order").await), (None, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn emote_only_and_shield_let_no_image_through() {
    use crate::pictures::{code as problem, png};
    let p =
        platform(1, json!({"images": true, "emote_only": true, "rules": {"new_user_links": "allow"}})).await;
    let images = "/api/chat/rooms/ada/images";
    let mut bob = p.join(0, Some("bob")).await;
    assert_eq!(code(&mut bob, "👋").await, None);
    let (status, image) = p.sent("POST", images, Some("bob"), png(1)).await;
    assert_eq!(status, 201, "{image}");
    let frame = json!({"type":"say","room":"ada","text":"👋","image":image["id"],"nonce":"i"});
    bob.send(frame.clone()).await;
    assert_eq!(bob.wait_for("error").await["code"], "emote_only");
    let set = async |change: Value| {
        let (status, now) = p.call(0, "PATCH", "rooms/ada/settings", Some("ada"), change).await;
        assert_eq!(status, 200, "{now}");
        now
    };
    set(json!({"emote_only": false})).await;
    let on = set(json!({"shield": true})).await;
    assert_eq!((&on["images"], &on["unique"]), (&json!(false), &json!(true)));
    assert_eq!(problem(&p.sent("POST", images, Some("bob"), png(2)).await), (403, "images_off"));
    let off = set(json!({"shield": false})).await;
    assert_eq!((&off["images"], &off["unique"]), (&json!(true), &json!(false)));
    while bob.wait_for("settings").await["settings"]["version"] != off["version"] {}
    bob.send(frame).await;
    assert_eq!(bob.wait_for("message").await["image"], image);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_address_can_be_confirmed_nobody_is_silenced_for_it() {
    let p = Platform::with(1, |c| {
        c.email_verification = false;
        c.limits.frames_burst = 10_000;
    })
    .await;
    let change = async |change: Value| p.call(0, "PATCH", "rooms/ada/settings", Some("ada"), change).await;
    let (status, problem) = change(json!({"verified_only": true, "slow_s": 5})).await;
    assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!("verified_only")), "{problem}");
    let mut ada = p.join(0, Some("ada")).await;
    ada.say("/verified on").await;
    let error = ada.wait_for("error").await;
    assert_eq!(error["code"], "invalid_command");
    assert!(error["detail"].as_str().unwrap().contains("confirm"), "{error}");
    let (status, settings) = change(json!({"shield": true, "slow_s": 0, "followers_only_min": null})).await;
    assert_eq!((status, &settings["verified_only"], &settings["unique"]), (200, &json!(false), &json!(true)));
    assert_eq!(code(&mut p.join(0, Some("bob")).await, "under the shield").await, None);
    // A room that asked for it when addresses could be confirmed.
    p.set("cleo", &json!({"verified_only": true}));
    let mut bob = p.hello(0, Some("bob")).await;
    bob.join("cleo").await;
    bob.send(json!({"type":"say","room":"cleo","text":"free again"})).await;
    let answer = bob.wait_for_text(&["message", "error"]).await;
    assert!(answer.contains("free again"), "{answer}");
}
