//! The audit log, the user card, and who hears of acts. Undoing them is in `undo`.

use crate::{
    app::{Platform, until},
    client::Client,
    peers::user_id,
};
use serde_json::{Value, json};

pub async fn acts(p: &Platform, by: &str) -> Vec<Value> {
    let (status, page) = p.call(0, "GET", "rooms/ada/audit", Some(by), Value::Null).await;
    assert_eq!(status, 200, "{page}");
    page["items"].as_array().unwrap().clone()
}

async fn told(client: &mut Client) -> Value {
    client.wait_for("moderation").await["act"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_act_is_noted_with_who_what_whom_when_and_why_and_told_to_moderators_only() {
    let p = Platform::start(2).await;
    let (mut mia, mut bob) = (p.join(1, Some("mia")).await, p.join(1, Some("bob")).await);
    let id = bob.said("rude").await["id"].as_str().unwrap().to_owned();
    let call = async |method: &str, path: &str, body: Value| {
        let (status, answer) = p.call(0, method, &format!("rooms/ada/{path}"), Some("ada"), body).await;
        assert!(status < 300, "{method} {path}: {answer}");
    };
    call("DELETE", &format!("messages/{id}"), Value::Null).await;
    call("PUT", "bans/bob", json!({"duration_s": 60, "reason": "calm down", "note": "second time"})).await;
    call("DELETE", "bans/bob", json!({"reason": "calm"})).await;
    call("DELETE", "messages?user=bob", Value::Null).await;
    call("PATCH", "settings", json!({"slow_s": 5})).await;
    call("DELETE", "messages?all=true", Value::Null).await;
    let expected = ["delete", "timeout", "untimeout", "clear", "settings", "clear_room"];
    let mut heard = Vec::new();
    for action in expected {
        let act = told(&mut mia).await;
        assert_eq!(act["action"], action);
        heard.insert(0, act);
    }
    let noted = acts(&p, "mia").await;
    let actions: Vec<_> = noted.iter().rev().map(|a| a["action"].as_str().unwrap()).collect();
    assert_eq!(actions, expected);
    assert!(noted.iter().all(|a| a["actor"]["username"] == "ada" && a["at"].is_string()));
    let (deleted, timeout) = (&noted[5], &noted[4]);
    assert_eq!((&deleted["target"], &deleted["user"]["username"]), (&json!(id), &json!("bob")));
    assert_eq!((&timeout["target"]["username"], &timeout["reason"]), (&json!("bob"), &json!("calm down")));
    assert_eq!((&timeout["note"], &timeout["undone_by"]["username"]), (&json!("second time"), &json!("ada")));
    assert!(timeout["until"].is_string());
    assert_eq!(noted[1]["changes"], json!({"slow_s": [0, 5]}));
    assert_eq!(noted[1]["id"], heard[1]["id"], "the frame is the log's entry");
    // Bob was in the room all the time: what came to him before this has nothing for moderators.
    p.call(0, "DELETE", "rooms/ada/messages?all=true", Some("ada"), Value::Null).await;
    let kinds = ["moderation", "cleared"];
    for _ in 0..3 {
        let frame: Value = serde_json::from_str(&bob.wait_for_text(&kinds).await).unwrap();
        assert_eq!(frame["type"], "cleared", "{frame}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_given_in_pages_from_the_newest() {
    let p = Platform::start(1).await;
    let room = crate::peers::room_id("ada");
    let insert = format!(
        "INSERT INTO audit (room_id, actor_id, action, target) \
         SELECT '{room}', '{}', 'delete', n::text FROM generate_series(1, 60) n",
        user_id("ada")
    );
    p.postgres.execute(&p.config.postgres.database, &insert).unwrap();
    let (_, first) = p.call(0, "GET", "rooms/ada/audit", Some("ada"), Value::Null).await;
    let targets = |page: &Value| -> Vec<String> {
        page["items"].as_array().unwrap().iter().map(|a| a["target"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!((targets(&first).len(), targets(&first)[0].as_str()), (50, "60"));
    let path = format!("rooms/ada/audit?cursor={}", first["next_cursor"].as_str().unwrap());
    let (_, second) = p.call(0, "GET", &path, Some("ada"), Value::Null).await;
    assert_eq!(
        (targets(&second).len(), targets(&second)[0].as_str(), &second["next_cursor"]),
        (10, "10", &Value::Null)
    );
    assert_eq!(p.call(0, "GET", "rooms/ada/audit?cursor=x", Some("ada"), Value::Null).await.0, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_examples_of_moderation_are_what_is_said() {
    use crate::replay::{examples, members};
    let p = Platform::start(1).await;
    let expected: Vec<Value> =
        examples("Moderation").iter().map(|text| serde_json::from_str(text).unwrap()).collect();
    let example = |kind: &str| expected.iter().find(|e| e["type"] == kind).unwrap();
    let (mut ada, mut bob, mut mia) =
        (p.join(0, Some("ada")).await, p.join(0, Some("bob")).await, p.join(0, Some("mia")).await);
    ada.say("/timeout bob 10m rude").await;
    let mut seen = vec![mia.wait_for_text(&["moderation"]).await, ada.wait_for_text(&["done"]).await];
    seen.push(bob.wait_for_text(&["sanction"]).await);
    p.call(0, "PATCH", "rooms/ada/settings", Some("ada"), json!({"slow_s": 30})).await;
    seen.push(bob.wait_for_text(&["settings"]).await);
    crate::accounts::tell_of_role(&p, &mut bob).await;
    seen.push(bob.wait_for_text(&["you"]).await);
    assert_eq!(seen.len(), expected.len());
    for text in &seen {
        let frame: &mut Value = &mut serde_json::from_str(text).unwrap();
        let kind = frame["type"].as_str().unwrap().to_owned();
        assert!(text.starts_with(&format!("{{\"type\":\"{kind}\"")), "type comes first: {text}");
        if kind == "moderation" {
            // A slash command has no note.
            frame["act"]["note"] = "".into();
        }
        assert_eq!(members(frame), members(example(&kind)), "{frame}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_user_card_tells_moderators_what_is_known_of_a_person() {
    let p = Platform::start(1).await;
    let mut bob = p.join(0, Some("bob")).await;
    bob.said("first").await;
    bob.said("second").await;
    p.call(0, "PUT", "rooms/ada/bans/bob", Some("mia"), json!({"duration_s": 60, "note": "watch"})).await;
    let (status, card) = p.call(0, "GET", "rooms/ada/users/bob", Some("mia"), Value::Null).await;
    assert_eq!((status, &card["user"]["username"], &card["roles"]), (200, &json!("bob"), &json!([])));
    assert_eq!(card["created_at"], "2023-11-14T22:13:20Z");
    assert!(card["first_message_at"].is_string(), "{card}");
    assert_eq!((&card["counts"]["messages"], &card["counts"]["timeout"]), (&json!(2), &json!(1)));
    assert_eq!((&card["sanction"]["kind"], &card["sanction"]["note"]), (&json!("timeout"), &json!("watch")));
    let texts: Vec<_> = card["messages"].as_array().unwrap().iter().map(|m| m["text"].clone()).collect();
    assert_eq!(texts, ["second", "first"]);
    assert_eq!(card["acts"][0]["action"], "timeout");
    let (_, card) = p.call(0, "GET", "rooms/ada/users/mia", Some("ada"), Value::Null).await;
    assert_eq!((&card["roles"], &card["sanction"]), (&json!(["moderator"]), &Value::Null));
    assert_eq!(p.call(0, "GET", "rooms/ada/users/nobody_here", Some("mia"), Value::Null).await.0, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn acts_are_forgotten_after_their_time_unless_what_they_did_still_counts() {
    let mut p = Platform::with(1, |c| c.limits.audit_keep = streamly_config::Duration::from_secs(3600)).await;
    for (name, body) in [("bob", json!({})), ("cleo", json!({})), ("vic", json!({"duration_s": 60}))] {
        assert_eq!(p.call(0, "PUT", &format!("rooms/ada/bans/{name}"), Some("mia"), body).await.0, 200);
    }
    assert_eq!(p.call(0, "DELETE", "rooms/ada/bans/cleo", Some("mia"), Value::Null).await.0, 204);
    let sql = format!(
        "UPDATE audit SET at = now() - interval '61 minutes'; \
         INSERT INTO audit (room_id, actor_id, action, target, at) \
         SELECT '{}', '{}', 'delete', n::text, now() - interval '1 day' FROM generate_series(1, 12000) n; \
         INSERT INTO audit (room_id, actor_id, action, target, at) \
         SELECT room_id, actor_id, action, 'young', now() - interval '59 minutes' FROM audit LIMIT 1",
        crate::peers::room_id("ada"),
        user_id("ada")
    );
    p.postgres.execute(&p.config.postgres.database, &sql).unwrap();
    // Both sweep when they start.
    p.add_node();
    p.add_node();
    until("what is old is gone", async || p.holds("(SELECT count(*) FROM audit) = 3")).await;
    let targets: Vec<Value> = acts(&p, "mia").await.iter().map(|a| a["user"]["username"].clone()).collect();
    assert_eq!(targets, [Value::Null, json!("vic"), json!("bob")]);
    assert_eq!(acts(&p, "mia").await[2]["undoable"], true);
}
