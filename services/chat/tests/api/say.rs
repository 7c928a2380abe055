//! Saying something by REST: the same pipeline, the same codes, once for a nonce.

use crate::app::Platform;
use serde_json::{Value, json};

async fn say(p: &Platform, node: usize, name: Option<&str>, body: Value) -> (u16, Value) {
    p.call(node, "POST", "rooms/ada/messages", name, body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_says_by_rest_what_a_frame_would_say_and_is_refused_by_the_same_codes() {
    let p = Platform::start(2).await;
    let (mut ada, mut bob) = (p.join(0, Some("ada")).await, p.join(0, Some("bob")).await);
    let (status, message) =
        say(&p, 1, Some("bob"), json!({"text": " //me \u{200B}too ", "nonce": "n"})).await;
    assert_eq!(
        (status, &message["text"], &message["user"]["username"]),
        (201, &json!("/me too"), &json!("bob"))
    );
    assert_eq!(ada.wait_for("message").await["id"], message["id"]);
    // The same nonce over the socket is the same message.
    bob.wait_for("message").await;
    bob.send(json!({"type":"say","room":"ada","text":"other","nonce":"n"})).await;
    assert_eq!(bob.wait_for("message").await["id"], message["id"]);
    let long = "x".repeat(501);
    for (name, body, status, code) in [
        (None, json!({"text": "hi"}), 401, "unauthenticated"),
        (Some("dan"), json!({"text": "hi"}), 403, "account_suspended"),
        (Some("bob"), json!({"text": "\u{200B} "}), 422, "empty"),
        (Some("bob"), json!({"text": long}), 422, "too_long"),
        (Some("bob"), json!({"text": "/dance"}), 422, "unknown_command"),
        (Some("bob"), json!({"text": "/ban ada"}), 403, "forbidden"),
        (Some("bob"), json!({"text": "hi", "nonce": "a b", "reply_to": "x"}), 422, "validation_failed"),
        (Some("bob"), json!({"txt": "hi"}), 422, "validation_failed"),
    ] {
        let (got, problem) = say(&p, 1, name, body.clone()).await;
        assert_eq!((got, &problem["code"]), (status, &json!(code)), "{body} {problem}");
    }
    assert_eq!(p.call(0, "POST", "rooms/nobody/messages", Some("bob"), json!({"text": "x"})).await.0, 404);
    let (status, done) = say(&p, 1, Some("ada"), json!({"text": "/slow 1h"})).await;
    assert!(status == 200 && done["text"].is_string(), "{done}");
    ada.wait_for("settings").await;
    // The other node has the room not open: it asks.
    assert_eq!(say(&p, 1, Some("cleo"), json!({"text": "one"})).await.0, 201);
    let (status, slow) = say(&p, 0, Some("cleo"), json!({"text": "two"})).await;
    assert_eq!((status, &slow["code"]), (429, &json!("slow_mode")));
    assert_eq!(say(&p, 0, Some("ada"), json!({"text": "/slow off"})).await.0, 200);
    assert_eq!(say(&p, 0, Some("ada"), json!({"text": "/ban cleo"})).await.0, 200);
    let (status, banned) = say(&p, 1, Some("cleo"), json!({"text": "three"})).await;
    assert_eq!((status, &banned["code"]), (403, &json!("banned")), "a ban counts where the room is not open");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_a_moderator_is_202_and_its_repeat_tells_what_became_of_it() {
    let p = Platform::start(2).await;
    let mut ada = p.join(0, Some("ada")).await;
    let body = json!({"text": "see https://example.com/x", "nonce": "n"});
    let (status, answer) = say(&p, 1, Some("bob"), body.clone()).await;
    assert_eq!((status, &answer["held"]["nonce"]), (202, &json!("n")), "{answer}");
    let hold = ada.wait_for("held").await["hold_id"].clone();
    assert_eq!(answer["held"]["hold_id"], hold);
    let (status, again) = say(&p, 0, Some("bob"), body.clone()).await;
    assert_eq!((status, &again["held"]["hold_id"]), (202, &hold));
    let approve = format!("rooms/ada/holds/{}/approve", hold.as_str().unwrap());
    let (status, approved) = p.call(0, "POST", &approve, Some("ada"), json!({})).await;
    assert_eq!(status, 200, "{approved}");
    let (status, message) = say(&p, 1, Some("bob"), body).await;
    assert_eq!((status, &message["id"]), (200, &approved["message_id"]), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_where_the_room_is_not_open_knows_of_a_change_that_it_was_not_told_of() {
    let p = Platform::start(2).await;
    assert_eq!(say(&p, 1, Some("cleo"), json!({"text": "one"})).await.0, 201);
    let change = json!({"emote_only": true});
    assert_eq!(p.call(0, "PATCH", "rooms/ada/settings", Some("ada"), change).await.0, 200);
    let (_, refused) = say(&p, 1, Some("cleo"), json!({"text": "two"})).await;
    assert_eq!(refused["code"], "emote_only");
}
