//! The room of a channel that is not for everybody: who may not see the channel reads nothing there, and leaves when that changes.

use crate::{
    app::{Platform, until},
    facts::tell,
    peers::room_id,
};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_room_is_read_by_who_may_see_the_channel_and_by_nobody_else() {
    let p = Platform::start(1).await;
    p.people.show("followers");
    p.people.follow("bob", 1);
    let read = async |name: Option<&str>, what: &str| {
        p.call(0, "GET", &format!("rooms/ada/{what}"), name, Value::Null).await.0
    };
    for (name, may) in
        [(Some("ada"), true), (Some("mia"), true), (Some("bob"), true), (Some("cleo"), false), (None, false)]
    {
        let mut client = p.hello(0, name).await;
        client.send(json!({"type": "join", "room": "ada"})).await;
        match may {
            true => assert_eq!(client.wait_for("joined").await["room"], room_id("ada")),
            false => assert_eq!(client.wait_for("error").await["code"], "not_visible", "{name:?}"),
        }
        for what in ["messages", "people", "polls", "settings", "emotes"] {
            assert_eq!(read(name, what).await, if may { 200 } else { 403 }, "{name:?} {what}");
        }
    }
    let say = async |name: &str| {
        p.call(0, "POST", "rooms/ada/messages", Some(name), json!({"text": format!("from {name}")})).await.0
    };
    assert_eq!((say("bob").await, say("cleo").await), (201, 403));
}

#[tokio::test(flavor = "multi_thread")]
async fn all_leave_when_the_channel_is_for_others_and_who_may_comes_back() {
    let p = Platform::start(2).await;
    let redis = p.redis_client().await;
    let (mut bob, mut cleo, mut guest) =
        (p.join(0, Some("bob")).await, p.join(1, Some("cleo")).await, p.join(1, None).await);
    p.people.show("followers");
    p.people.follow("bob", 1);
    // Told again until heard: following begins at some moment after the start.
    for client in [&mut bob, &mut cleo, &mut guest] {
        until("everybody leaves", async || {
            tell(&redis, "stream.updated", json!({"visibility": "followers"})).await;
            let soon = std::time::Duration::from_millis(200);
            tokio::time::timeout(soon, client.wait_for("left")).await.is_ok()
        })
        .await;
    }
    for (client, may) in [(&mut bob, true), (&mut cleo, false), (&mut guest, false)] {
        client.send(json!({"type": "join", "room": room_id("ada")})).await;
        match may {
            true => assert_eq!(client.wait_for("joined").await["room"], room_id("ada")),
            false => assert_eq!(client.wait_for("error").await["code"], "not_visible"),
        }
    }
    // Said again it is no news: nobody leaves, and what is said arrives.
    tell(&redis, "stream.updated", json!({"visibility": "followers"})).await;
    tell(&redis, "stream.updated", json!({"visibility": null})).await;
    bob.say("still here").await;
    let next: Value = bob.wait_for("message").await;
    assert_eq!(next["text"], "still here");
    p.people.show("public");
    tell(&redis, "stream.updated", json!({"visibility": "public"})).await;
    until("everybody may come", async || {
        guest.send(json!({"type": "join", "room": room_id("ada")})).await;
        let soon = std::time::Duration::from_millis(500);
        tokio::time::timeout(soon, guest.wait_for("joined")).await.is_ok()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_password_or_link_puts_out_who_was_let_in_by_the_former_one_and_an_older_word_changes_nothing()
 {
    let p = Platform::start(1).await;
    let redis = p.redis_client().await;
    p.people.show("followers");
    p.people.follow("bob", 1);
    let mut bob = p.join(0, Some("bob")).await;
    until("it is heard", async || {
        tell(&redis, "stream.updated", json!({"visibility": "followers", "watch_version": 7})).await;
        let soon = std::time::Duration::from_millis(200);
        tokio::time::timeout(soon, bob.wait_for("left")).await.is_ok()
    })
    .await;
    p.people.show_as("followers", 7);
    bob.send(json!({"type": "join", "room": room_id("ada")})).await;
    bob.wait_for("joined").await;
    tell(&redis, "stream.updated", json!({"visibility": "followers", "watch_version": 6})).await;
    tell(&redis, "stream.updated", json!({"visibility": "followers", "watch_version": 7})).await;
    bob.say("still here").await;
    assert_eq!(bob.wait_for("message").await["text"], "still here");
    tell(&redis, "stream.updated", json!({"visibility": "followers", "watch_version": 8})).await;
    bob.wait_for("left").await;
    p.people.show_as("followers", 8);
    bob.send(json!({"type": "join", "room": room_id("ada")})).await;
    bob.wait_for("joined").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_loses_the_role_that_let_them_in_leaves() {
    let p = Platform::start(1).await;
    let redis = p.redis_client().await;
    p.people.show("followers");
    p.people.follow("bob", 1);
    let mut bob = p.join(0, Some("bob")).await;
    p.people.follow("bob", 0);
    until("bob leaves", async || {
        let fact = json!({"user_id": crate::peers::user_id("bob"), "role": null});
        tell(&redis, "stream.member_changed", fact).await;
        let soon = std::time::Duration::from_millis(200);
        tokio::time::timeout(soon, bob.wait_for("left")).await.is_ok()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_a_channel_for_followers_leaves_its_room() {
    let p = Platform::start(1).await;
    let redis = p.redis_client().await;
    p.people.show("followers");
    p.people.follow("bob", 1);
    p.people.follow("cleo", 1);
    let (mut bob, mut cleo) = (p.join(0, Some("bob")).await, p.join(0, Some("cleo")).await);
    p.people.follow("bob", 0);
    until("bob leaves", async || {
        tell(&redis, "stream.unfollowed", json!({"user_id": crate::peers::user_id("bob")})).await;
        let soon = std::time::Duration::from_millis(200);
        tokio::time::timeout(soon, bob.wait_for("left")).await.is_ok()
    })
    .await;
    // Whoever follows stays.
    assert_eq!(cleo.said("still here").await["text"], "still here");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_see_a_room_neither_votes_nor_reports_nor_acts_nor_learns_anything_there() {
    let p = Platform::start(1).await;
    let text = p.join(0, Some("bob")).await.said("hello").await["id"].clone();
    p.people.show("followers");
    p.people.follow("bob", 1);
    let redis = p.redis_client().await;
    until("it is known", async || {
        tell(&redis, "stream.updated", json!({"visibility": "followers"})).await;
        p.call(0, "GET", "rooms/ada/messages", Some("cleo"), Value::Null).await.0 == 403
    })
    .await;
    let poll = json!({"question": "Tea?", "options": ["yes", "no"], "duration_s": 600});
    // A machine that is busy may need a second try.
    let mut open = Value::Null;
    until("a poll is open", async || {
        p.call(0, "POST", "rooms/ada/polls", Some("ada"), poll.clone()).await;
        open = p.call(0, "GET", "rooms/ada/polls", Some("ada"), Value::Null).await.1["items"][0].clone();
        open["id"].is_string()
    })
    .await;
    let vote = format!("rooms/ada/polls/{}/vote", open["id"].as_str().unwrap());
    let mine = json!({"room": "ada", "user": "mia", "category": "spam"});
    let (status, report) = p.call(0, "POST", "reports", Some("bob"), mine).await;
    assert_eq!(status, 201, "{report}");
    let report = report["id"].as_str().unwrap();
    let asked = [
        ("PUT", vote.clone(), json!({"option": 1})),
        ("POST", "reports".into(), json!({"room": "ada", "channel": true, "category": "spam"})),
        ("POST", "reports".into(), json!({"room": "ada", "message_id": text, "category": "spam"})),
        ("POST", "reports".into(), json!({"room": "ada", "user": "bob", "category": "spam"})),
        ("POST", "reports".into(), json!({"room": "ada", "user": "nobody", "category": "spam"})),
        ("GET", "rooms/ada/me".into(), Value::Null),
        ("GET", "rooms/ada/users/bob".into(), Value::Null),
        ("POST", "rooms/ada/unban-requests".into(), json!({"text": "please"})),
        ("GET", "rooms/ada/unban-requests?mine=1".into(), Value::Null),
        ("GET", "rooms/ada/record?broadcast=01932f00-0000-7000-8000-000000000999".into(), Value::Null),
    ];
    for (method, path, body) in &asked {
        let (status, answer) = p.call(0, method, path, Some("cleo"), body.clone()).await;
        assert_eq!((status, &answer["code"]), (403, &json!("forbidden")), "{method} {path} {body} {answer}");
    }
    // That there is such a report is nobody's business either.
    for id in [report, "01932f00-0000-7000-8000-000000000999"] {
        let verdict = json!({"outcome": "dismissed"});
        let (status, answer) =
            p.call(0, "POST", &format!("reports/{id}/resolve"), Some("cleo"), verdict).await;
        assert_eq!((status, &answer["code"]), (404, &json!("report_not_found")), "{id}");
    }
    assert_eq!(p.call(0, "PUT", &vote, Some("bob"), json!({"option": 1})).await.0, 204);
    let (_, polls) = p.call(0, "GET", "rooms/ada/polls", Some("ada"), Value::Null).await;
    assert_eq!(polls["items"][0]["votes"], json!([1, 0]), "only who may see the room was counted");
}
