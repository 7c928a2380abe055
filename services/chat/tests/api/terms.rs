//! Blocked terms: who may change the list, its bounds, and what it does to messages on every node, as each rule is set.

use crate::app::{Platform, until};
use serde_json::{Value, json};

/// Sets what becomes of messages, in ada's room.
pub async fn set(p: &Platform, settings: Value) {
    let sql = format!(
        "INSERT INTO room_settings (room_id, settings, version) VALUES ('{}', '{settings}', 1) \
         ON CONFLICT (room_id) DO UPDATE SET settings = excluded.settings, version = room_settings.version + 1",
        crate::peers::room_id("ada")
    );
    p.postgres.execute(&p.config.postgres.database, &sql).unwrap();
}

pub async fn block(p: &Platform, term: &str) -> String {
    let (status, body) = p.call(0, "POST", "rooms/ada/terms", Some("ada"), json!({ "term": term })).await;
    assert_eq!(status, 201, "{body}");
    body["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_is_the_moderators_and_each_term_is_there_once() {
    let p = Platform::start(1).await;
    let list = "rooms/ada/terms";
    for (name, status) in [(None, 401), (Some("bob"), 403), (Some("vic"), 403), (Some("dan"), 403)] {
        assert_eq!(p.call(0, "GET", list, name, Value::Null).await.0, status, "{name:?}");
        assert_eq!(p.call(0, "POST", list, name, json!({"term": "rude"})).await.0, status, "{name:?}");
        assert_eq!(p.call(0, "DELETE", &format!("{list}/x"), name, Value::Null).await.0, status, "{name:?}");
    }
    let (status, first) = p.call(0, "POST", list, Some("mia"), json!({"term": "  RUDE  word* "})).await;
    assert_eq!((status, first["term"].as_str()), (201, Some("rude word*")));
    let (status, again) = p.call(0, "POST", list, Some("ada"), json!({"term": "rude word*"})).await;
    assert_eq!((status, &again), (200, &first));
    let (_, items) = p.call(0, "GET", list, Some("ada"), Value::Null).await;
    assert_eq!(items["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(
        (&items["items"][0]["term"], &items["items"][0]["added_by"]["username"]),
        (&json!("rude word*"), &json!("mia"))
    );

    for hostile in ["", "*", "a", "!?", "\u{202E}\0", &"x".repeat(61), &"ﷺ".repeat(60)] {
        let (status, problem) = p.call(0, "POST", list, Some("ada"), json!({ "term": hostile })).await;
        assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!("term")), "{hostile:?}");
    }
    assert_eq!(p.call(0, "POST", list, Some("ada"), json!({})).await.0, 422);
    let quoted = "'); DROP TABLE terms; --";
    assert_eq!(p.call(0, "POST", list, Some("ada"), json!({ "term": quoted })).await.0, 201);

    // Another channel's owner reaches nothing here, and the id of a term says nothing elsewhere.
    let id = first["id"].as_str().unwrap();
    assert_eq!(p.call(0, "DELETE", &format!("rooms/bob/terms/{id}"), Some("bob"), Value::Null).await.0, 404);
    assert_eq!(p.call(0, "DELETE", &format!("{list}/{id}"), Some("bob"), Value::Null).await.0, 403);
    for (name, id, status) in [("mia", id, 204), ("mia", id, 404), ("ada", "x", 404)] {
        assert_eq!(
            p.call(0, "DELETE", &format!("{list}/{id}"), Some(name), Value::Null).await.0,
            status,
            "{id}"
        );
    }
    assert!(p.holds("(SELECT count(*) FROM audit WHERE action = 'block_term') = 2"));
    assert!(
        p.holds("(SELECT count(*) FROM audit WHERE action = 'unblock_term' AND target = 'rude word*') = 1")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_bounded() {
    let p = Platform::with(1, |c| c.limits.max_terms = 2).await;
    block(&p, "first").await;
    block(&p, "second").await;
    let (status, problem) = p.call(0, "POST", "rooms/ada/terms", Some("ada"), json!({"term": "third"})).await;
    assert_eq!((status, &problem["code"]), (409, &json!("too_many_terms")));
    assert_eq!(p.call(0, "POST", "rooms/ada/terms", Some("ada"), json!({"term": "second"})).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_term_refuses_look_alikes_on_every_node_until_it_is_taken_back() {
    let p = Platform::start(2).await;
    set(&p, json!({"rules": {"terms": "refuse"}})).await;
    let (mut bob, mut mia, mut vic) =
        (p.join(1, Some("bob")).await, p.join(1, Some("mia")).await, p.join(1, Some("vic")).await);
    bob.said("what an idiot").await;
    let id = block(&p, "idiot*").await;
    // The other node is told at once; its room is open.
    until("refused", async || {
        bob.say("so 1d1ots").await;
        let answer: Value = serde_json::from_str(&bob.wait_for_text(&["message", "error"]).await).unwrap();
        answer["code"] == "not_allowed"
    })
    .await;
    for hostile in ["IDIOTIC", "i d i o t", "іdіоt", "idiiiiot", "i.d.i.o.t!"] {
        bob.send(json!({"type":"say","room":"ada","text":hostile,"nonce":"n"})).await;
        let error = bob.wait_for("error").await;
        assert_eq!((&error["code"], &error["nonce"]), (&json!("not_allowed"), &json!("n")), "{hostile}");
    }
    // Moderators and VIPs are exempt; an innocent word is none.
    mia.said("idiots, all of you").await;
    vic.said("idiots indeed").await;
    bob.said("idio tic").await;
    assert_eq!(p.call(0, "DELETE", &format!("rooms/ada/terms/{id}"), Some("ada"), Value::Null).await.0, 204);
    until("said again", async || {
        bob.say("idiot again").await;
        let answer: Value = serde_json::from_str(&bob.wait_for_text(&["message", "error"]).await).unwrap();
        answer["type"] == "message"
    })
    .await;
}
