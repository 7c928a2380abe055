//! Settings of a room: who changes them, how everybody learns of it, shield, and what a joining socket is told.

use crate::{
    app::Platform,
    bots::{issue, rest},
    peers::user_id,
};
use serde_json::{Value, json};

async fn patch(p: &Platform, node: usize, by: &str, change: Value) -> (u16, Value) {
    p.call(node, "PATCH", "rooms/ada/settings", Some(by), change).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_reaches_everybody_on_every_node_and_those_who_join_later() {
    let p = Platform::start(2).await;
    let (mut here, mut there) = (p.join(0, Some("bob")).await, p.join(1, None).await);
    let before = p.hello(0, None).await.join("ada").await["settings"].clone();
    assert_eq!((&before["slow_s"], &before["followers_only_min"]), (&json!(0), &Value::Null));
    assert!(before.get("rules").is_none(), "{before}");
    let (status, all) = patch(&p, 0, "mia", json!({"slow_s": 30, "rules": {"caps": "refuse"}})).await;
    assert_eq!((status, &all["slow_s"], &all["rules"]["caps"]), (200, &json!(30), &json!("refuse")));
    let mut ids = Vec::new();
    for client in [&mut here, &mut there] {
        let frame = client.wait_for("settings").await;
        assert_eq!((&frame["settings"]["slow_s"], &frame["by"]), (&json!(30), &json!(user_id("mia"))));
        assert!(frame["settings"].get("rules").is_none(), "{frame}");
        ids.push(frame["id"].clone());
    }
    assert_eq!(ids[0], ids[1], "one event of the log");
    for node in 0..2 {
        let joined = p.hello(node, None).await.join("ada").await;
        assert_eq!(joined["settings"]["slow_s"], 30);
        assert_eq!(joined["events"][0]["type"], "settings");
    }
    let (_, public) = p.call(1, "GET", "rooms/ada/settings", None, Value::Null).await;
    assert!(public["slow_s"] == 30 && public.get("rules").is_none(), "{public}");
    assert!(p.call(1, "GET", "rooms/ada/settings", Some("bob"), Value::Null).await.1.get("rules").is_none());
    assert_eq!(
        p.call(1, "GET", "rooms/ada/settings", Some("mia"), Value::Null).await.1["rules"]["caps"],
        "refuse"
    );
    let (status, problem) =
        patch(&p, 0, "mia", json!({"slow_s": 7201, "links": "off", "unique": true})).await;
    let fields: Vec<_> = problem["errors"].as_array().unwrap().iter().map(|e| e["field"].clone()).collect();
    assert_eq!((status, fields), (422, vec![json!("slow_s"), json!("links")]));
    assert_eq!(
        p.call(1, "GET", "rooms/ada/settings", None, Value::Null).await.1["unique"],
        false,
        "all or none"
    );
    assert_eq!(p.call(0, "PATCH", "rooms/ada/settings", Some("mia"), json!([1])).await.0, 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn shield_is_one_switch_there_and_back() {
    let p = Platform::start(2).await;
    let mut bob = p.join(1, Some("bob")).await;
    patch(&p, 0, "ada", json!({"slow_s": 3, "links": "hold", "rules": {"flood": "hold"}})).await;
    bob.said("no follower yet").await;
    let (_, on) = patch(&p, 0, "mia", json!({"shield": true})).await;
    assert!(on["shield"] == true && on["verified_only"] == true && on["links"] == "refuse", "{on}");
    loop {
        if bob.wait_for("settings").await["settings"]["shield"] == true {
            break;
        }
    }
    bob.say("kept out").await;
    assert_eq!(bob.wait_for("error").await["code"], "verified_only");
    let (_, off) = patch(&p, 1, "ada", json!({"shield": false})).await;
    let is = |name: &str| off[name].clone();
    assert_eq!((is("slow_s"), is("links"), is("shield")), (json!(3), json!("hold"), json!(false)));
    assert_eq!((is("verified_only"), is("followers_only_min")), (json!(false), Value::Null));
    assert_eq!((&off["rules"]["flood"], &off["rules"]["terms"]), (&json!("hold"), &json!("hold")));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_is_told_what_one_is_in_a_room() {
    let p = Platform::start(1).await;
    p.people.follow("bob", 1_764_000_000_000);
    p.call(0, "PUT", "rooms/ada/bans/bob", Some("mia"), json!({"duration_s": 60, "reason": "calm"})).await;
    let (status, me) = p.call(0, "GET", "rooms/ada/me", Some("bob"), Value::Null).await;
    assert_eq!(
        (status, &me["roles"], &me["followed_at_ms"]),
        (200, &json!([]), &json!(1_764_000_000_000_u64))
    );
    assert_eq!((&me["sanction"]["kind"], &me["sanction"]["reason"]), (&json!("timeout"), &json!("calm")));
    assert_eq!(me["settings"]["slow_s"], 0);
    let (_, me) = p.call(0, "GET", "rooms/ada/me", Some("mia"), Value::Null).await;
    assert_eq!((&me["roles"], &me["sanction"]), (&json!(["moderator"]), &json!({"kind": "none"})));
    assert_eq!(p.call(0, "GET", "rooms/ada/me", None, Value::Null).await.0, 401);
    assert_eq!(p.call(0, "GET", "rooms/nobody_here/me", Some("bob"), Value::Null).await.0, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bot_reads_the_settings_and_with_the_scope_for_it_the_rules() {
    let p = Platform::start(1).await;
    let (id, guard) = issue(&p, "ada", "guard", &["moderate"]).await;
    let (_, quiz) = issue(&p, "ada", "quiz", &["read", "say"]).await;
    let (_, bobs) = issue(&p, "bob", "all", &["read", "say", "moderate"]).await;
    let settings = async |token: &str| rest(&p, 0, "GET", "rooms/ada/settings", token, Value::Null).await;
    for (token, rules) in [(&guard, true), (&quiz, false), (&bobs, false)] {
        let (status, told, _) = settings(token).await;
        assert_eq!(
            (status, told["slow_s"].as_u64(), told["rules"].is_object()),
            (200, Some(0), rules),
            "{told}"
        );
    }
    assert_eq!(settings(&format!("sbt_{}", "0".repeat(40))).await.0, 401);
    assert_eq!(p.call(0, "DELETE", &format!("rooms/ada/bots/{id}"), Some("ada"), json!({})).await.0, 204);
    assert_eq!(settings(&guard).await.0, 401, "revoked");
    // People, and nobody.
    for (name, rules) in [(Some("mia"), true), (Some("bob"), false), (None, false)] {
        let (status, told) = p.call(0, "GET", "rooms/ada/settings", name, Value::Null).await;
        assert_eq!((status, told["rules"].is_object()), (200, rules), "{name:?}");
    }
}
