//! `docs/CHAT-PROTOCOL.md` against a running node: every client example is sent, and what comes has the members of the example.

use crate::{
    app::Platform,
    client::Client,
    facts::{now_ms, tell_at},
    peers::{room_id, user_id},
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use streamly_config::Duration;
use streamly_proto::chat::v1::{BanUserRequest, chat_service_client::ChatServiceClient};

const TEXT: &str = include_str!("../../../../docs/CHAT-PROTOCOL.md");

pub fn examples(section: &str) -> Vec<String> {
    let part = TEXT.split("\n## ").find(|s| s.starts_with(section)).expect("the document has the section");
    part.split("```json\n").skip(1).map(|b| b.split("\n```").next().unwrap().to_owned()).collect()
}

pub fn members(frame: &Value) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for (name, value) in frame.as_object().unwrap() {
        all.insert(name.clone());
        for inner in value.as_object().into_iter().flat_map(|o| o.keys()) {
            all.insert(format!("{name}.{inner}"));
        }
    }
    all
}

/// The server's examples by type, each struck off when it was seen.
struct Expected(BTreeMap<String, BTreeSet<String>>);

impl Expected {
    async fn see(&mut self, client: &mut Client, kind: &str) -> Value {
        let text = client.wait_for_text(&[kind]).await;
        assert!(text.starts_with(&format!("{{\"type\":\"{kind}\"")), "type comes first: {text}");
        let frame: Value = serde_json::from_str(&text).unwrap();
        if let Some(example) = self.0.remove(kind) {
            assert_eq!(members(&frame), example, "{text}");
        }
        frame
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_examples_of_the_protocol_are_what_is_said() {
    let p = Platform::with(1, |c| {
        c.rate_limits = true;
        (c.limits.say_interval, c.limits.say_burst) = (Duration::from_secs(60), 2);
        c.limits.presence_interval = Duration::from_millis(100);
        c.limits.deliver_per_second = 1;
    })
    .await;
    let server = examples("What the server sends").into_iter().map(|text| {
        let frame: Value = serde_json::from_str(&text).unwrap();
        (frame["type"].as_str().unwrap().to_owned(), members(&frame))
    });
    let mut expected = Expected(server.collect());
    assert_eq!(expected.0.len(), 17, "types of the server");
    let token = p.token("ada", 900);

    let mut ada = p.open(0, None).await.unwrap();
    let mut sent = Vec::new();
    for example in examples("What a client sends") {
        let kind = serde_json::from_str::<Value>(&example).unwrap()["type"].as_str().unwrap().to_owned();
        ada.send_text(&example.replace("ACCESS_TOKEN", &token)).await;
        let answer = match kind.as_str() {
            "hello" => "welcome",
            "auth" => "auth",
            "join" => "joined",
            "say" => "message",
            "roster" => "roster",
            "leave" => "left",
            "ping" => "pong",
            other => panic!("an example of {other} in the document"),
        };
        expected.see(&mut ada, answer).await;
        sent.push(kind);
    }
    assert_eq!(sent, ["hello", "auth", "join", "say", "roster", "leave", "ping"]);

    ada.join("ada").await;
    expected.see(&mut ada, "stream").await;
    expected.see(&mut ada, "presence").await;
    let live = serde_json::json!({"state": "live", "broadcast_id": "01932f00-0000-7000-8000-0000000000b1"});
    tell_at(&p.redis_client().await, "stream.state_changed", live, now_ms()).await;
    expected.see(&mut ada, "notice").await;
    let made =
        p.sent("POST", "/api/chat/rooms/ada/emotes?name=mine", Some("ada"), crate::pictures::png(1)).await;
    assert_eq!(made.0, 201);
    expected.see(&mut ada, "emotes").await;
    let id = ada.said("second").await["id"].as_str().unwrap().to_owned();
    ada.say("third").await;
    assert_eq!(expected.see(&mut ada, "error").await["code"], "rate_limited");
    let mut cleo = p.join(0, Some("cleo")).await;
    for text in ["given out", "left out"] {
        cleo.say(text).await;
    }
    expected.see(&mut ada, "skipped").await;
    assert_eq!(p.rest(0, "DELETE", &format!("/{id}"), Some("ada")).await.0, 204);
    assert_eq!(expected.see(&mut ada, "deleted").await["message_id"], id);
    let request = BanUserRequest {
        room_id: room_id("ada"),
        user_id: user_id("bob"),
        actor_id: user_id("ada"),
        reason: String::new(),
        note: String::new(),
    };
    let ban = p.peer(0, "stream");
    ban.call(|t| {
        let request = request.clone();
        async move { ChatServiceClient::new(t).ban_user(request).await }
    })
    .await
    .unwrap();
    expected.see(&mut ada, "cleared").await;
    let mut bob = p.open(0, None).await.unwrap();
    bob.hello(Some(p.token("bob", 2))).await;
    expected.see(&mut bob, "auth_expiring").await;
    p.nodes[0].stop.start();
    expected.see(&mut ada, "reconnect").await;
    assert_eq!(ada.close_code().await, Some(1001));
    assert_eq!(expected.0, BTreeMap::new(), "examples that were never seen");
}
