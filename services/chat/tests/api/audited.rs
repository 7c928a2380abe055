//! That each act of moderation leaves its entry in the audit log, by whichever way it is done.

use crate::{
    app::Platform,
    client::Client,
    pictures::png,
    terms::{block, set},
};
use serde_json::{Value, json};

/// What is new in the log since it was looked at last, oldest first.
struct Log<'a> {
    of: &'a Platform,
    seen: i64,
}

impl Log<'_> {
    async fn added(&mut self) -> Vec<String> {
        let (status, page) = self.of.call(0, "GET", "rooms/ada/audit", Some("ada"), Value::Null).await;
        assert_eq!(status, 200, "{page}");
        let id = |act: &Value| act["id"].as_str().unwrap().parse::<i64>().unwrap();
        let items = page["items"].as_array().unwrap();
        let new =
            items.iter().filter(|a| id(a) > self.seen).map(|a| a["action"].as_str().unwrap().to_owned());
        let new = new.rev().collect();
        self.seen = items.iter().map(id).max().unwrap_or(self.seen);
        new
    }
}

async fn command(client: &mut Client, text: &str) -> Value {
    client.send(json!({"type":"say","room":"ada","text":text})).await;
    serde_json::from_str(&client.wait_for_text(&["done", "error"]).await).unwrap()
}

async fn prepared() -> Platform {
    let p = Platform::start(1).await;
    set(&p, json!({"rules": {"terms": "hold", "new_user_links": "allow"}})).await;
    block(&p, "rude").await;
    p
}

fn id(answer: &Value) -> String {
    answer["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_act_by_rest_leaves_its_entry() {
    let p = prepared().await;
    let mut bob = p.join(0, Some("bob")).await;
    let (one, two) = (id(&bob.said("one").await), id(&bob.said("two").await));
    let mut holds = Vec::new();
    for text in ["how rude", "so rude"] {
        bob.say(text).await;
        holds.push(bob.wait_for("held").await["hold_id"].as_str().unwrap().to_owned());
    }
    let mut log = Log { of: &p, seen: 0 };
    assert_eq!(log.added().await, ["block_term"]);
    let call = async |method: &str, path: &str, body: Value| {
        let path = if path.starts_with("reports/") { path.to_owned() } else { format!("rooms/ada/{path}") };
        let (status, answer) = p.call(0, method, &path, Some("ada"), body).await;
        assert!(status < 300, "{method} {path}: {answer}");
        answer
    };
    let ask = async |path: &str, by: &str, body: Value| {
        let (status, answer) = p.call(0, "POST", path, Some(by), body).await;
        assert_eq!(status, 201, "{path}: {answer}");
        id(&answer)
    };
    let poll = json!({"question": "Tea?", "options": ["yes", "no"]});
    let message = format!("messages/{one}");
    let (approve, deny) = (format!("holds/{}/approve", holds[0]), format!("holds/{}/deny", holds[1]));
    for (method, path, body, noted) in [
        ("PUT", "pin", json!({"message_id": two}), "pin"),
        ("DELETE", "pin", Value::Null, "unpin"),
        ("DELETE", message.as_str(), Value::Null, "delete"),
        ("DELETE", "messages?user=bob", Value::Null, "clear"),
        ("DELETE", "messages?all=true", Value::Null, "clear_room"),
        ("PUT", "bans/bob", json!({"duration_s": 60}), "timeout"),
        ("DELETE", "bans/bob", Value::Null, "untimeout"),
        ("PUT", "bans/cleo", json!({}), "ban"),
        ("DELETE", "bans/cleo", Value::Null, "unban"),
        ("PATCH", "settings", json!({"slow_s": 1}), "settings"),
        ("PATCH", "settings", json!({"slow_s": 0}), "settings"),
        ("POST", approve.as_str(), Value::Null, "approve"),
        ("POST", deny.as_str(), Value::Null, "deny"),
    ] {
        call(method, path, body).await;
        assert_eq!(log.added().await, [noted], "{method} {path}");
    }
    for (end, noted) in [(json!({}), "poll_close"), (json!({"cancel": true}), "poll_cancel")] {
        let poll = id(&call("POST", "polls", poll.clone()).await);
        assert_eq!(log.added().await, ["poll_open"]);
        call("POST", &format!("polls/{poll}/close"), end).await;
        assert_eq!(log.added().await, [noted]);
    }
    let term = id(&call("POST", "terms", json!({"term": "odd"})).await);
    assert_eq!(log.added().await, ["block_term"]);
    call("DELETE", &format!("terms/{term}"), Value::Null).await;
    assert_eq!(log.added().await, ["unblock_term"]);
    let bot = id(&call("POST", "bots", json!({"name": "quiz", "scopes": ["say"]})).await);
    assert_eq!(log.added().await, ["issue_bot"]);
    call("DELETE", &format!("bots/{bot}"), Value::Null).await;
    assert_eq!(log.added().await, ["revoke_bot"]);
    assert_eq!(p.sent("POST", "/api/chat/rooms/ada/emotes?name=hey", Some("ada"), png(7)).await.0, 201);
    assert_eq!(log.added().await, ["emote_add"]);
    call("DELETE", "emotes/hey", Value::Null).await;
    assert_eq!(log.added().await, ["emote_remove"]);
    for (by, resolution, noted) in [
        ("bob", json!({"outcome": "dismissed"}), &["report_dismissed"][..]),
        ("cleo", json!({"outcome": "escalated"}), &["report_escalated"]),
        ("mia", json!({"outcome": "acted"}), &["report_acted"]),
        (
            "stan",
            json!({"outcome": "acted", "act": {"action": "timeout", "duration_s": 5}}),
            &["timeout", "report_acted"],
        ),
    ] {
        let report = ask("reports", by, json!({"room": "ada", "user": "vic", "category": "spam"})).await;
        call("POST", &format!("reports/{report}/resolve"), resolution.clone()).await;
        assert_eq!(log.added().await, noted, "{resolution}");
    }
    for (outcome, noted) in [("approved", "unban"), ("denied", "unban_denied")] {
        call("PUT", "bans/cleo", json!({})).await;
        let request = ask("rooms/ada/unban-requests", "cleo", json!({"text": "please"})).await;
        log.added().await;
        call("POST", &format!("unban-requests/{request}/resolve"), json!({"outcome": outcome})).await;
        assert_eq!(log.added().await, [noted]);
    }
    let undone = call("GET", "audit", Value::Null).await["items"].clone();
    let ban =
        undone.as_array().unwrap().iter().find(|a| a["action"] == "ban" && a["undoable"] == true).unwrap();
    call("POST", &format!("audit/{}/undo", ban["id"].as_str().unwrap()), Value::Null).await;
    assert_eq!(log.added().await, ["unban"]);
}

/// Commands that are no acts: everybody's, and one that is a message.
const NO_ACTS: [&str; 8] = ["help", "me", "report", "block", "unblock", "mods", "vips", "announce"];

#[tokio::test(flavor = "multi_thread")]
async fn every_act_by_command_leaves_its_entry() {
    let p = prepared().await;
    let (mut ada, mut bob) = (p.join(0, Some("ada")).await, p.join(0, Some("bob")).await);
    let (one, two) = (id(&bob.said("one").await), id(&bob.said("two").await));
    let mut log = Log { of: &p, seen: 0 };
    assert_eq!(log.added().await, ["block_term"]);
    let (delete, pin) = (format!("/delete {one}"), format!("/pin {two}"));
    let table = [
        (delete.as_str(), "delete"),
        (pin.as_str(), "pin"),
        ("/unpin", "unpin"),
        ("/clear bob", "clear"),
        ("/clear", "clear_room"),
        ("/timeout bob 60 rude", "timeout"),
        ("/untimeout bob", "untimeout"),
        ("/ban cleo", "ban"),
        ("/unban cleo", "unban"),
        ("/poll Tea? | yes | no", "poll_open"),
        ("/endpoll", "poll_close"),
        ("/slow 5", "settings"),
        ("/followers 10m", "settings"),
        ("/verified on", "settings"),
        ("/emoteonly on", "settings"),
        ("/unique on", "settings"),
        ("/links refuse", "settings"),
        ("/shield on", "settings"),
        ("/mod bob", "role"),
        ("/unmod bob", "role"),
        ("/vip bob", "role"),
        ("/unvip bob", "role"),
    ];
    let help = command(&mut ada, "/help").await["text"].as_str().unwrap().to_owned();
    for usage in help.split(" · ") {
        let name = usage.trim_start_matches('/').split(' ').next().unwrap();
        let is_there = table.iter().any(|(text, _)| text[1..].split(' ').next() == Some(name));
        assert!(is_there || NO_ACTS.contains(&name), "{name} is in no table");
    }
    for (text, noted) in table {
        let answer = command(&mut ada, text).await;
        assert_eq!(answer["type"], "done", "{text}: {answer}");
        assert_eq!(log.added().await, [noted], "{text}");
    }
}
