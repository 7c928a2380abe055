//! What happens to people elsewhere: suspensions, voided tokens, and roles in a channel, as facts tell of them.

use crate::{
    app::{Platform, until},
    client::Client,
    peers::{room_id, user_id},
};
use prost::Message;
use serde_json::{Value, json};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use streamly_proto::event::v1::Event;
use streamly_redis::{Redis, Value as Reply};

/// Writes a fact.
pub async fn tell(redis: &Redis, stream: &str, kind: &str, subject: String, payload: Value) {
    let event = Event {
        id: uuid::Uuid::now_v7().to_string(),
        r#type: kind.into(),
        version: 1,
        occurred_at_ms: 0,
        subject,
        payload: payload.to_string().into_bytes(),
    };
    let args: [Reply; 4] =
        [stream.into(), "*".into(), "e".into(), Reply::Bytes(event.encode_to_vec().into())];
    redis.call::<Reply>("XADD", args).await.unwrap();
}

/// Facts about somebody's role in ada's room until the next frame is `you`.
pub async fn tell_of_role(p: &Platform, client: &mut Client) {
    let redis = p.redis_client().await;
    p.people.set_role("bob", "moderator");
    until("facts are followed", async || {
        let fact = json!({"user_id": user_id("bob"), "role": "moderator"});
        tell(&redis, "events:stream", "stream.member_changed", room_id("ada"), fact).await;
        let soon = Duration::from_millis(200);
        tokio::time::timeout(soon, client.wait_for("you")).await.is_ok()
    })
    .await;
    let fact = json!({"user_id": user_id("bob"), "role": "moderator"});
    tell(&redis, "events:stream", "stream.member_changed", room_id("ada"), fact).await;
}

/// Until the nodes follow: a fact about somebody in the room has an answer there.
pub async fn until_followed(p: &Platform, redis: &Redis) {
    for node in 0..p.nodes.len() {
        let mut vic = p.join(node, Some("vic")).await;
        until("facts are followed", async || {
            let fact = json!({"user_id": user_id("vic"), "role": "vip"});
            tell(redis, "events:stream", "stream.member_changed", room_id("ada"), fact).await;
            let soon = Duration::from_millis(200);
            tokio::time::timeout(soon, vic.wait_for("you")).await.is_ok()
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspension_closes_every_socket_with_4001_within_a_second_in_rooms_or_not() {
    let p = Platform::start(2).await;
    let redis = p.redis_client().await;
    until_followed(&p, &redis).await;
    let mut suspended =
        [p.join(0, Some("bob")).await, p.join(1, Some("bob")).await, p.hello(1, Some("bob")).await];
    let mut cleo = p.join(1, Some("cleo")).await;
    // A fact about somebody who is not suspended (any more) harms nobody.
    tell(&redis, "events:user", "user.suspended", user_id("cleo"), json!({"username": "cleo"})).await;
    p.people.suspend("bob");
    let told = Instant::now();
    tell(&redis, "events:user", "user.suspended", user_id("bob"), json!({"username": "bob"})).await;
    for client in &mut suspended {
        assert_eq!(client.close_code().await, Some(4001));
    }
    assert!(told.elapsed() < Duration::from_secs(1), "{:?}", told.elapsed());
    cleo.said("still here").await;
    let hello = tokio_tungstenite::tungstenite::Message::text(
        json!({"type": "hello", "v": 1, "token": p.token("bob", 900)}).to_string(),
    );
    assert_eq!(p.open(0, None).await.unwrap().close_after(hello, 1).await, Some(4001), "nor again");
    assert_eq!(p.call(0, "PUT", "rooms/bob/bans/cleo", Some("bob"), json!({})).await.0, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_came_by_a_voided_token_only_reads_within_a_second_until_a_newer_one_is_shown() {
    let p = Platform::start(2).await;
    let redis = p.redis_client().await;
    until_followed(&p, &redis).await;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let newer = || p.token_of("bob", now + 60, now + 900);
    let mut voided =
        [p.join(0, Some("bob")).await, p.join(1, Some("bob")).await, p.hello(1, Some("bob")).await];
    let mut good = p.open(1, None).await.unwrap();
    good.hello(Some(newer())).await;
    good.join("ada").await;
    let mut cleo = p.join(0, Some("cleo")).await;
    let told = Instant::now();
    tell(&redis, "events:user", "user.tokens_voided", user_id("bob"), json!({"before": now + 30})).await;
    for client in &mut voided {
        assert_eq!(client.wait_for("auth").await["state"], "read_only");
    }
    assert!(told.elapsed() < Duration::from_secs(1), "{:?}", told.elapsed());
    good.said("by a newer one").await;
    cleo.said("somebody else").await;
    let [first, ..] = &mut voided;
    first.send(json!({"type": "say", "room": "ada", "text": "x"})).await;
    assert_eq!(first.wait_for("error").await["code"], "read_only");
    first.send(json!({"type": "auth", "token": newer()})).await;
    assert_eq!(first.wait_for("auth").await["state"], "ok");
    first.said("back").await;
    // What is told again, and what is from before, changes nothing.
    for before in [now + 30, now - 60] {
        tell(&redis, "events:user", "user.tokens_voided", user_id("bob"), json!({"before": before})).await;
    }
    p.people.suspend("cleo");
    tell(&redis, "events:user", "user.suspended", user_id("cleo"), json!({"username": "cleo"})).await;
    assert_eq!(cleo.close_code().await, Some(4001), "the facts before it were heard");
    first.said("and still here").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_becomes_a_moderator_hears_what_moderators_hear_and_no_more_when_it_ends() {
    let p = Platform::start(2).await;
    let redis = p.redis_client().await;
    until_followed(&p, &redis).await;
    let (mut bob, mut cleo) = (p.join(1, Some("bob")).await, p.join(1, Some("cleo")).await);
    cleo.said("hello").await;
    let change = async |role: &str| {
        p.people.set_role("bob", role);
        let fact = json!({"user_id": user_id("bob"), "role": role});
        tell(&redis, "events:stream", "stream.member_changed", room_id("ada"), fact).await;
    };
    let slow = async |seconds: u64| {
        p.call(0, "PATCH", "rooms/ada/settings", Some("ada"), json!({"slow_s": seconds})).await;
    };
    change("moderator").await;
    let you = bob.wait_for("you").await;
    assert_eq!((&you["room"], &you["roles"]), (&json!(room_id("ada")), &json!(["moderator"])));
    slow(1).await;
    assert_eq!(bob.wait_for("moderation").await["act"]["action"], "settings");
    assert_eq!(bob.said("with the badge").await["user"]["badges"], json!(["moderator"]));
    change("").await;
    assert_eq!(bob.wait_for("you").await["roles"], json!([]));
    slow(2).await;
    slow(0).await;
    loop {
        let frame: Value =
            serde_json::from_str(&bob.wait_for_text(&["moderation", "settings"]).await).unwrap();
        assert_eq!(frame["type"], "settings", "{frame}");
        if frame["settings"]["slow_s"] == 0 {
            break;
        }
    }
    assert_eq!(bob.said("without").await["user"]["badges"], json!([]));
    let status = p.call(0, "PATCH", "rooms/ada/settings", Some("bob"), json!({"slow_s": 9})).await.0;
    assert_eq!(status, 403, "and may do nothing more");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_who_signs_in_as_a_moderator_hears_what_moderators_hear() {
    let p = Platform::start(1).await;
    let mut mia = p.join(0, None).await;
    mia.send(json!({"type": "auth", "token": p.token("mia", 900)})).await;
    mia.wait_for("auth").await;
    // Answered after the room has taken it in.
    mia.said("here").await;
    p.call(0, "PATCH", "rooms/ada/settings", Some("ada"), json!({"slow_s": 1})).await;
    assert_eq!(mia.wait_for("moderation").await["act"]["action"], "settings");
}
