//! The hold queue: who sees a held message, what becomes of it on every node, and that it is one message whatever is repeated.

use crate::{
    app::{Platform, until},
    client::Client,
    peers::user_id,
    terms::{block, set},
};
use serde_json::{Value, json};
use streamly_config::Duration;
use streamly_testkit::postgres::Postgres;

/// A database server of its own, ended with the test.
struct Own(Postgres);

impl Drop for Own {
    fn drop(&mut self) {
        let _ = self.0.signal("QUIT");
    }
}

pub async fn platform(nodes: usize) -> Platform {
    let p = Platform::start(nodes).await;
    set(&p, json!({"rules": {"terms": "hold", "new_user_links": "allow"}})).await;
    block(&p, "rude").await;
    p
}

pub async fn verdict(p: &Platform, node: usize, name: &str, hold: &Value, verdict: &str) -> (u16, Value) {
    let path = format!("rooms/ada/holds/{}/{verdict}", hold["hold_id"].as_str().unwrap());
    p.call(node, "POST", &path, Some(name), json!({"reason": "looked at"})).await
}

/// That nothing of the kind came: what is said afterwards comes first.
async fn nothing_before(client: &mut Client, sayer: &mut Client, kind: &str, marker: &str) {
    sayer.said(marker).await;
    loop {
        let frame: Value = serde_json::from_str(&client.wait_for_text(&[kind, "message"]).await).unwrap();
        assert_eq!(frame["type"], "message", "{frame}");
        if frame["text"] == marker {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_message_is_seen_by_its_author_and_moderators_only_and_approved_into_the_log() {
    let p = platform(2).await;
    let (mut bob, mut bobs_other) = (p.join(0, Some("bob")).await, p.join(1, Some("bob")).await);
    let (mut mia, mut cleo, mut nobody) =
        (p.join(1, Some("mia")).await, p.join(1, Some("cleo")).await, p.join(0, None).await);
    bob.say("how rude").await;
    let own = bob.wait_for("held").await;
    assert_eq!((own["text"].as_str(), own["nonce"].as_str()), (Some("how rude"), Some("how_rude")));
    assert!(own.get("reason").is_none() && own.get("matched").is_none(), "{own}");
    assert_eq!(bobs_other.wait_for("held").await["hold_id"], own["hold_id"]);
    let theirs = mia.wait_for("held").await;
    assert_eq!((&theirs["hold_id"], &theirs["user"]["username"]), (&own["hold_id"], &json!("bob")));
    assert_eq!((theirs["reason"].as_str(), theirs["matched"].as_str()), (Some("terms"), Some("rude")));
    assert!(theirs.get("nonce").is_none());
    let mut ada = p.join(0, Some("ada")).await;
    nothing_before(&mut cleo, &mut ada, "held", "meanwhile").await;
    nothing_before(&mut nobody, &mut ada, "held", "and again").await;

    let (status, answer) = verdict(&p, 1, "mia", &own, "approve").await;
    assert_eq!((status, answer["outcome"].as_str()), (200, Some("approved")));
    for client in [&mut bob, &mut mia] {
        let resolved = client.wait_for("hold_resolved").await;
        assert_eq!((&resolved["hold_id"], &resolved["message_id"]), (&own["hold_id"], &answer["message_id"]));
    }
    for client in [&mut cleo, &mut nobody] {
        let message = loop {
            let message = client.wait_for("message").await;
            if message["id"] == answer["message_id"] {
                break message;
            }
        };
        assert_eq!((&message["text"], &message["user"]["id"]), (&json!("how rude"), &json!(user_id("bob"))));
        assert!(message.get("nonce").is_none());
    }
    // The same again is the same; the other verdict is too late.
    assert_eq!(verdict(&p, 0, "ada", &own, "approve").await, (200, answer));
    let (status, problem) = verdict(&p, 0, "ada", &own, "deny").await;
    assert_eq!((status, problem["code"].as_str()), (409, Some("already_resolved")));
    assert!(p.holds("(SELECT count(*) FROM audit WHERE action = 'approve' AND reason = 'looked at') = 1"));
    let history = p.rest(0, "GET", "", None).await.1;
    let said = history["items"].as_array().unwrap().iter().filter(|m| m["text"] == "how rude").count();
    assert_eq!(said, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_denied_message_is_never_said() {
    let p = platform(2).await;
    let (mut bob, mut mia) = (p.join(0, Some("bob")).await, p.join(1, Some("mia")).await);
    bob.say("rude one").await;
    let held = mia.wait_for("held").await;
    assert_eq!(verdict(&p, 1, "mia", &held, "deny").await.0, 200);
    for client in [&mut bob, &mut mia] {
        let resolved = client.wait_for("hold_resolved").await;
        assert_eq!(resolved["outcome"], "denied");
        assert!(resolved.get("message_id").is_none());
    }
    assert_eq!(p.rest(0, "GET", "", None).await.1["items"], json!([]));
    let (_, waiting) = p.call(0, "GET", "rooms/ada/holds", Some("mia"), Value::Null).await;
    assert_eq!(waiting["items"], json!([]));
    let (_, log) = p.call(0, "GET", "rooms/ada/audit", Some("mia"), Value::Null).await;
    let act = &log["items"][0];
    assert_eq!((act["action"].as_str(), act["text"].as_str()), (Some("deny"), Some("rude one")), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_is_the_same_held_message_on_any_node_and_the_same_message_after_it() {
    let p = platform(2).await;
    let (mut here, mut there) = (p.join(0, Some("bob")).await, p.join(1, Some("bob")).await);
    here.say("rude twice").await;
    let held = here.wait_for("held").await;
    there.wait_for("held").await;
    there.say("rude twice").await;
    assert_eq!(there.wait_for("held").await["hold_id"], held["hold_id"]);
    // No rule holds it any more: it still waits.
    let (_, terms) = p.call(0, "GET", "rooms/ada/terms", Some("ada"), Value::Null).await;
    let path = format!("rooms/ada/terms/{}", terms["items"][0]["id"].as_str().unwrap());
    assert_eq!(p.call(1, "DELETE", &path, Some("ada"), Value::Null).await.0, 204);
    let mut third = p.join(1, Some("bob")).await;
    third.said("rude is fine now").await;
    let (_, waiting) = p.call(0, "GET", "rooms/ada/holds", Some("ada"), Value::Null).await;
    assert_eq!(waiting["items"].as_array().map(Vec::len), Some(1));
    third.say("rude twice").await;
    assert_eq!(third.wait_for("held").await["hold_id"], held["hold_id"]);
    let (_, answer) = verdict(&p, 0, "ada", &held, "approve").await;
    while here.wait_for("message").await["id"] != answer["message_id"] {}
    here.say("rude twice").await;
    assert_eq!(here.wait_for("message").await["id"], answer["message_id"]);
    let history = p.rest(0, "GET", "", None).await.1;
    let said = history["items"].as_array().unwrap().iter().filter(|m| m["text"] == "rude twice").count();
    assert_eq!(said, 1, "{history}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_but_moderators_of_the_room_reads_or_resolves_what_is_held() {
    let p = platform(1).await;
    let mut bob = p.join(0, Some("bob")).await;
    bob.say("rude here").await;
    let held = bob.wait_for("held").await;
    let id = held["hold_id"].as_str().unwrap();
    for (name, status) in [(None, 401), (Some("bob"), 403), (Some("vic"), 403), (Some("dan"), 403)] {
        assert_eq!(p.call(0, "GET", "rooms/ada/holds", name, Value::Null).await.0, status, "{name:?}");
        for verdict in ["approve", "deny"] {
            let path = format!("rooms/ada/holds/{id}/{verdict}");
            assert_eq!(p.call(0, "POST", &path, name, Value::Null).await.0, status, "{name:?}");
        }
    }
    // The owner of another room does not reach it through theirs.
    assert_eq!(
        p.call(0, "POST", &format!("rooms/cleo/holds/{id}/approve"), Some("cleo"), Value::Null).await.0,
        404
    );
    assert_eq!(p.call(0, "POST", "rooms/ada/holds/x/approve", Some("ada"), Value::Null).await.0, 404);
    assert_eq!(p.call(0, "GET", "rooms/ada/holds?cursor=x", Some("ada"), Value::Null).await.0, 400);
    let (_, mine) = p.call(0, "GET", "rooms/ada/holds?mine=1", Some("bob"), Value::Null).await;
    assert_eq!((&mine["items"][0]["hold_id"], mine["items"][0].get("reason")), (&held["hold_id"], None));
    assert_eq!(
        p.call(0, "GET", "rooms/ada/holds?mine=1", Some("cleo"), Value::Null).await.1["items"],
        json!([])
    );
    // Staff of the platform moderates everywhere.
    assert_eq!(verdict(&p, 0, "stan", &held, "deny").await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_nobody_looks_at_expires_and_its_author_is_told() {
    let p = Platform::with(2, |c| c.limits.hold_for = Duration::from_millis(300)).await;
    set(&p, json!({"rules": {"terms": "hold"}})).await;
    block(&p, "rude").await;
    let mut bob = p.join(1, Some("bob")).await;
    bob.say("rude, and late").await;
    let held = bob.wait_for("held").await;
    let resolved = bob.wait_for("hold_resolved").await;
    assert_eq!((&resolved["hold_id"], &resolved["outcome"]), (&held["hold_id"], &json!("expired")));
    let (status, problem) = verdict(&p, 0, "ada", &held, "approve").await;
    assert_eq!((status, problem["code"].as_str()), (409, Some("already_resolved")));
    assert_eq!(p.rest(0, "GET", "", None).await.1["items"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queue_is_bounded_by_person_and_by_room_and_what_does_not_fit_is_refused() {
    let p = Platform::with(1, |c| (c.limits.max_holds, c.limits.max_holds_per_person) = (3, 2)).await;
    set(&p, json!({"rules": {"terms": "hold"}})).await;
    block(&p, "rude").await;
    let (mut bob, mut cleo) = (p.join(0, Some("bob")).await, p.join(0, Some("cleo")).await);
    let mut held = Vec::new();
    for text in ["rude a", "rude b"] {
        bob.say(text).await;
        held.push(bob.wait_for("held").await);
    }
    bob.say("rude c").await;
    assert_eq!(bob.wait_for("error").await["code"], "not_allowed");
    cleo.say("rude d").await;
    cleo.wait_for("held").await;
    cleo.say("rude e").await;
    assert_eq!(cleo.wait_for("error").await["code"], "not_allowed");
    assert_eq!(verdict(&p, 0, "ada", &held[0], "deny").await.0, 200);
    cleo.say("rude f").await;
    cleo.wait_for("held").await;
    let (_, page) = p.call(0, "GET", "rooms/ada/holds?limit=2", Some("ada"), Value::Null).await;
    let (cursor, first) = (page["next_cursor"].as_str().unwrap(), page["items"].as_array().unwrap().len());
    let (_, rest) =
        p.call(0, "GET", &format!("rooms/ada/holds?limit=2&cursor={cursor}"), Some("ada"), Value::Null).await;
    assert_eq!((first, rest["items"].as_array().unwrap().len(), &rest["next_cursor"]), (2, 1, &Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_rule_holds_what_it_is_about_and_tells_moderators_which_it_was() {
    let p = Platform::with(1, |c| (c.rules.flood_messages, c.rules.flood_people) = (2, 2)).await;
    set(&p, json!({"links": "hold", "rules": {"caps": "hold", "repeats": "hold", "flood": "hold", "new_user_links": "hold"}})).await;
    let mut mia = p.join(0, Some("mia")).await;
    let (mut bob, mut cleo) = (p.join(0, Some("bob")).await, p.join(0, Some("cleo")).await);
    let mut stan = p.join(0, Some("stan")).await;
    let all_of_them = "WHY IS NOBODY LISTENING nooooooooooooooooooooo example.com/x";
    for exempt in [&mut mia, &mut stan] {
        for n in 0..4 {
            exempt.said(&format!("{all_of_them} {n}")).await;
        }
    }
    for (client, name, text, reason) in [
        (&mut bob, "bob", "see example.com/x", "new_user_links"),
        (&mut cleo, "cleo", "WHY IS NOBODY LISTENING", "caps"),
    ] {
        client.say(text).await;
        let held = mia.wait_for("held").await;
        assert_eq!((&held["reason"], &held["user"]["username"]), (&json!(reason), &json!(name)));
    }
    bob.said("a good evening to all").await;
    cleo.say("a GOOD evening, to all!").await;
    assert_eq!(mia.wait_for("held").await["reason"], "flood", "the same by as many people as are a flood");
    bob.say("nooooooooooooooooooooo").await;
    assert_eq!(mia.wait_for("held").await["reason"], "flood", "more than two in a window");
    let mut vic = p.join(0, Some("vic")).await;
    vic.said("nooooooooooooooooooooo").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn repeats_and_links_are_held_where_the_room_wants_it_and_the_strictest_rule_counts() {
    let p = Platform::start(1).await;
    set(
        &p,
        json!({"links": "hold", "rules": {"repeats": "hold", "caps": "refuse", "new_user_links": "allow"}}),
    )
    .await;
    let (mut bob, mut mia) = (p.join(0, Some("bob")).await, p.join(0, Some("mia")).await);
    for (text, reason) in [("nooooooooooooooooooooo", "repeats"), ("see example.com/x", "links")] {
        bob.say(text).await;
        assert_eq!(mia.wait_for("held").await["reason"], reason);
    }
    bob.say("WILL YOU PLEASE LISTEN TO ME example.com NOOOOOOOOOOOOOOOOOOOOO").await;
    assert_eq!(bob.wait_for("error").await["code"], "not_allowed");
}

#[tokio::test(flavor = "multi_thread")]
async fn links_of_new_people_are_held_and_those_of_others_said() {
    let p = Platform::with(1, |c| c.rules.new_account = Duration::from_secs(0)).await;
    let mut bob = p.join(0, Some("bob")).await;
    bob.said("good evening").await;
    bob.said("look at https://example.com").await;
    let p = Platform::with(1, |c| c.rules.new_account = Duration::from_secs(100 * 365 * 24 * 3600)).await;
    let (mut bob, mut mia) = (p.join(0, Some("bob")).await, p.join(0, Some("mia")).await);
    bob.said("no link").await;
    bob.say("look at https://example.com").await;
    assert_eq!(mia.wait_for("held").await["reason"], "new_user_links");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_database_nothing_can_wait_and_is_refused_and_what_waited_still_does_after() {
    let own = Own(Postgres::start().unwrap());
    let mut p = Platform::bare(own.0.clone());
    p.config.postgres.acquire_timeout = Duration::from_millis(300);
    set_before_start(&mut p).await;
    let (mut bob, mut mia) = (p.join(0, Some("bob")).await, p.join(0, Some("mia")).await);
    bob.say("rude").await;
    let held = mia.wait_for("held").await;
    own.0.signal("INT").unwrap();
    let list = async || p.call(0, "GET", "rooms/ada/holds", Some("ada"), Value::Null).await.0;
    until("PostgreSQL is gone", async || list().await == 503).await;
    bob.say("rude as well").await;
    assert_eq!(bob.wait_for("error").await["code"], "not_allowed");
    bob.said("chat goes on").await;
    assert_eq!(verdict(&p, 0, "ada", &held, "approve").await.0, 503);
    until("PostgreSQL is there", async || own.0.start_again().is_ok()).await;
    until("approved", async || verdict(&p, 0, "ada", &held, "approve").await.0 == 200).await;
    bob.wait_for("hold_resolved").await;
}

async fn set_before_start(p: &mut Platform) {
    p.add_node();
    p.until_ready(0).await;
    set(p, json!({"rules": {"terms": "hold", "new_user_links": "allow"}})).await;
    block(p, "rude").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_of_what_was_said_is_no_new_message_whatever_the_rules_are_by_now() {
    let p = platform(2).await;
    let (mut bob, mut mia) = (p.join(0, Some("bob")).await, p.join(0, Some("mia")).await);
    let said = bob.said("crude as it is").await;
    block(&p, "crude").await;
    until("the term counts here", async || {
        bob.say("crude now").await;
        bob.wait_for_text(&["held", "message"]).await.contains("\"held\"")
    })
    .await;
    mia.wait_for("held").await;
    bob.say("crude as it is").await;
    let again: Value = serde_json::from_str(&bob.wait_for_text(&["held", "error", "message"]).await).unwrap();
    assert_eq!(again["id"], said["id"]);
    let (_, waiting) = p.call(0, "GET", "rooms/ada/holds", Some("ada"), Value::Null).await;
    assert!(!waiting.to_string().contains("crude as it is"), "{waiting}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_message_again_is_a_repeat_unless_it_is_the_same_frame_again() {
    let p = Platform::start(2).await;
    set(&p, json!({"rules": {"repeats": "hold", "new_user_links": "allow"}})).await;
    let (mut here, mut there, mut mia) =
        (p.join(0, Some("bob")).await, p.join(1, Some("bob")).await, p.join(0, Some("mia")).await);
    let said = here.said("come and see my show").await;
    there.wait_for("message").await;
    here.say("come and see my show").await;
    let again: Value = serde_json::from_str(&here.wait_for_text(&["held", "message"]).await).unwrap();
    assert_eq!(again["id"], said["id"], "its own repeat");
    there.send(json!({"type":"say","room":"ada","text":"COME and see my show!","nonce":"other"})).await;
    let held = there.wait_for("held").await;
    let theirs = mia.wait_for("held").await;
    assert_eq!((&theirs["hold_id"], &theirs["reason"]), (&held["hold_id"], &json!("repeats")));
    // Short ones may be said again.
    here.said("gg").await;
    here.send(json!({"type":"say","room":"ada","text":"gg","nonce":"second"})).await;
    assert!(here.wait_for_text(&["held", "message"]).await.contains("\"gg\""));
    let history = p.rest(0, "GET", "", None).await.1;
    let texts: Vec<_> = history["items"].as_array().unwrap().iter().map(|m| m["text"].clone()).collect();
    assert_eq!(texts, [json!("come and see my show"), json!("gg"), json!("gg")]);
}
