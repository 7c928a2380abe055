//! That nothing holds a database connection while it waits for another one, for Redis, for another service or for storage: with a pool of
//! one, every act is done.

use crate::{
    app::Platform,
    pictures::png,
    terms::{block, set},
};
use serde_json::{Value, json};
use std::{collections::HashSet, time::Duration};

/// Less than a wait for a connection that does not come.
const PATIENCE: Duration = Duration::from_secs(8);

async fn platform() -> Platform {
    let p = Platform::with(1, |c| {
        c.postgres.max_connections = 1;
        c.postgres.acquire_timeout = streamly_config::Duration::from_secs(12);
        c.limits.say_patience = streamly_config::Duration::from_secs(6);
        c.limits.frames_burst = 10_000;
    })
    .await;
    set(&p, json!({"images": true, "rules": {"terms": "hold", "new_user_links": "allow"}})).await;
    block(&p, "rude").await;
    p
}

async fn call(p: &Platform, by: &str, method: &str, path: &str, body: Value) -> Value {
    let asked = tokio::time::timeout(PATIENCE, p.call(0, method, path, Some(by), body)).await;
    let (status, answer) = asked.unwrap_or_else(|_| panic!("{method} {path} hangs"));
    assert!(status < 300, "{method} {path}: {answer}");
    answer
}

fn id(answer: &Value, field: &str) -> String {
    answer[field].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn thirty_deletions_at_once_and_all_clears_are_done_over_one_connection() {
    let p = platform().await;
    let (mut bob, mut cleo) = (p.join(0, Some("bob")).await, p.join(0, Some("cleo")).await);
    let mut ids = Vec::new();
    for n in 0..30 {
        ids.push(id(&bob.said(&format!("message {n}")).await, "id"));
    }
    call(&p, "ada", "PUT", "rooms/ada/pin", json!({"message_id": ids[0]})).await;
    let all = ids.iter().map(|id| call_owned(&p, format!("rooms/ada/messages/{id}")));
    futures_util::future::join_all(all).await;
    let gone: HashSet<String> = {
        let mut gone = HashSet::new();
        while gone.len() < ids.len() {
            gone.insert(id(&cleo.wait_for("deleted").await, "message_id"));
        }
        gone
    };
    assert_eq!(gone, ids.into_iter().collect());
    assert!(p.holds(
        "(SELECT count(*) FROM audit WHERE action = 'delete') = 30 AND NOT EXISTS (SELECT FROM pins WHERE message_id IS NOT NULL)"
    ));
    for (text, path) in [("more", "rooms/ada/messages?user=bob"), ("and more", "rooms/ada/messages?all=true")]
    {
        bob.said(text).await;
        call(&p, "ada", "DELETE", path, Value::Null).await;
        cleo.wait_for("cleared").await;
    }
}

async fn call_owned(p: &Platform, path: String) -> Value {
    call(p, "ada", "DELETE", &path, Value::Null).await
}

#[tokio::test(flavor = "multi_thread")]
async fn acts_that_touch_much_are_done_over_one_connection() {
    let p = platform().await;
    let mut bob = p.join(0, Some("bob")).await;
    let mut mia = p.join(0, Some("mia")).await;
    let mut held = Vec::new();
    for text in ["rude one", "rude two", "rude three"] {
        bob.say(text).await;
        held.push(id(&bob.wait_for("held").await, "hold_id"));
    }
    call(&p, "mia", "POST", &format!("rooms/ada/holds/{}/approve", held[0]), Value::Null).await;
    assert_eq!(bob.wait_for("message").await["text"], "rude one");
    call(&p, "mia", "POST", &format!("rooms/ada/holds/{}/deny", held[1]), Value::Null).await;

    // Roles, and taking them back.
    let newest = async || call(&p, "ada", "GET", "rooms/ada/audit", Value::Null).await["items"][0].clone();
    let undo = async || {
        let act = newest().await;
        call(&p, "ada", "POST", &format!("rooms/ada/audit/{}/undo", id(&act, "id")), Value::Null).await
    };
    let mut ada = p.join(0, Some("ada")).await;
    ada.say("/mod cleo").await;
    ada.wait_for("done").await;
    assert_eq!(undo().await["changes"]["role"], json!(["moderator", null]));
    call(&p, "ada", "PATCH", "rooms/ada/settings", json!({"slow_s": 1})).await;
    undo().await;

    // A ban with all that it does: a message that waits, one that is said, a role; then it is undone.
    let sent = p.sent("POST", "/api/chat/rooms/ada/images", Some("bob"), png(9)).await;
    assert_eq!(sent.0, 201, "{}", sent.1);
    bob.send(json!({"type":"say","room":"ada","text":"so rude","image":sent.1["id"],"nonce":"i"})).await;
    bob.wait_for("held").await;
    p.people.set_role("bob", "vip");
    let report = json!({"room": "ada", "user": "bob", "category": "spam"});
    let report = id(&call(&p, "cleo", "POST", "reports", report).await, "id");
    let act = json!({"outcome": "acted", "act": {"action": "ban"}});
    call(&p, "ada", "POST", &format!("reports/{report}/resolve"), act).await;
    while mia.wait_for("hold_resolved").await["outcome"] != "denied" {}
    call(&p, "ada", "PUT", "rooms/ada/bans/bob", json!({"clear": true})).await;
    let request = call(&p, "bob", "POST", "rooms/ada/unban-requests", json!({"text": "please"})).await;
    let path = format!("rooms/ada/unban-requests/{}/resolve", id(&request, "id"));
    call(&p, "ada", "POST", &path, json!({"outcome": "approved"})).await;
    call(&p, "ada", "PUT", "rooms/ada/bans/bob", json!({"duration_s": 60, "clear": true})).await;
    undo().await;

    // Storage.
    for (method, path) in [("POST", "emotes?name=hey"), ("DELETE", "emotes/hey")] {
        let path = format!("/api/chat/rooms/ada/{path}");
        let sent = tokio::time::timeout(PATIENCE, p.sent(method, &path, Some("ada"), png(3))).await;
        assert!(sent.expect("it is done in time").0 < 300, "{method} {path}");
    }
    let poll = json!({"question": "Tea?", "options": ["yes", "no"]});
    let poll = id(&call(&p, "mia", "POST", "rooms/ada/polls", poll).await, "id");
    call(&p, "cleo", "PUT", &format!("rooms/ada/polls/{poll}/vote"), json!({"option": 1})).await;
    call(&p, "mia", "POST", &format!("rooms/ada/polls/{poll}/close"), json!({})).await;
    call(&p, "mia", "GET", "rooms/ada/users/bob", Value::Null).await;
}
