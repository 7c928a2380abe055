//! Undoing acts of the audit log: what is taken back, by whom, and that it may be asked for again.

use crate::{
    app::{Platform, until},
    audit::acts,
};
use serde_json::{Value, json};

async fn undo(p: &Platform, node: usize, by: &str, act: &Value) -> (u16, Value) {
    let path = format!("rooms/ada/audit/{}/undo", act["id"].as_str().unwrap());
    p.call(node, "POST", &path, Some(by), Value::Null).await
}

#[tokio::test(flavor = "multi_thread")]
async fn bans_time_outs_and_settings_are_undone_once_and_only_by_who_moderates() {
    let p = Platform::start(2).await;
    let mut bob = p.join(1, Some("bob")).await;
    p.call(0, "PUT", "rooms/ada/bans/bob", Some("mia"), json!({"duration_s": 600})).await;
    p.call(0, "PATCH", "rooms/ada/settings", Some("mia"), json!({"unique": true, "slow_s": 9})).await;
    p.call(0, "PATCH", "rooms/ada/settings", Some("ada"), json!({"slow_s": 0})).await;
    let noted = acts(&p, "mia").await;
    let (settings, timeout) = (noted[1].clone(), noted[2].clone());
    assert!(settings["undoable"] == true && timeout["undoable"] == true, "{noted:?}");
    assert_eq!(undo(&p, 0, "bob", &timeout).await.0, 403);
    let (status, undid) = undo(&p, 0, "mia", &timeout).await;
    assert_eq!((status, &undid["action"], &undid["undid"]), (200, &json!("untimeout"), &timeout["id"]));
    bob.wait_for("sanction").await;
    assert_eq!(bob.wait_for("sanction").await["kind"], "none");
    bob.said("back").await;
    // Again, by whomever, is what was done.
    let (status, again) = undo(&p, 1, "ada", &timeout).await;
    assert_eq!((status, &again["id"], &again["actor"]["username"]), (200, &undid["id"], &json!("mia")));
    assert!(p.holds("(SELECT count(*) FROM audit WHERE action = 'untimeout') = 1"));

    assert_eq!(undo(&p, 1, "mia", &settings).await.0, 200);
    let now = p.call(0, "GET", "rooms/ada/settings", None, Value::Null).await.1;
    assert_eq!((&now["unique"], &now["slow_s"]), (&json!(false), &json!(0)), "what was changed since stays");

    // An older act does not lift what took its place.
    p.call(0, "PUT", "rooms/ada/bans/bob", Some("mia"), json!({"duration_s": 60})).await;
    let first = acts(&p, "mia").await[0].clone();
    p.call(0, "PUT", "rooms/ada/bans/bob", Some("mia"), json!({"duration_s": 600})).await;
    assert_eq!(undo(&p, 0, "mia", &first).await.0, 409);
    bob.say("no").await;
    assert_eq!(bob.wait_for("error").await["code"], "timed_out");
    assert_eq!(undo(&p, 0, "mia", &timeout).await.0, 409, "another one has taken its place");

    // An act of another room, no id, no act.
    let elsewhere = format!("rooms/bob/audit/{}/undo", first["id"].as_str().unwrap());
    for path in [elsewhere.as_str(), "rooms/ada/audit/x/undo", "rooms/ada/audit/999999999/undo"] {
        let by = if path.starts_with("rooms/bob") { "bob" } else { "mia" };
        let (status, problem) = p.call(0, "POST", path, Some(by), Value::Null).await;
        assert_eq!((status, &problem["code"]), (404, &json!("act_not_found")), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undo_that_redis_did_not_hear_of_is_tried_again() {
    let mut p =
        Platform::with(2, |c| c.redis.command_timeout = streamly_config::Duration::from_millis(300)).await;
    let mut bob = p.join(1, Some("bob")).await;
    p.call(0, "PUT", "rooms/ada/bans/bob", Some("mia"), json!({"duration_s": 600})).await;
    p.call(0, "PATCH", "rooms/ada/settings", Some("mia"), json!({"slow_s": 9})).await;
    while bob.wait_for("settings").await["settings"]["slow_s"] != 9 {}
    let noted = acts(&p, "mia").await;
    p.redis.kill();
    for act in &noted {
        assert_eq!(undo(&p, 0, "mia", act).await.0, 503, "{act}");
    }
    assert!(p.holds("(SELECT count(*) FROM audit WHERE undone_at IS NOT NULL) = 2"), "half of it is done");
    p.redis.start_again().unwrap();
    let (settings, timeout) = (&noted[0], &noted[1]);
    let soon = std::time::Duration::from_millis(500);
    until("the time-out is over on the other node", async || {
        let (status, undid) = undo(&p, 0, "mia", timeout).await;
        status == 200
            && undid["undid"] == timeout["id"]
            && tokio::time::timeout(soon, bob.wait_for("sanction")).await.is_ok_and(|s| s["kind"] == "none")
    })
    .await;
    assert_eq!(undo(&p, 0, "mia", settings).await.0, 200);
    while bob.wait_for("settings").await["settings"]["slow_s"] != 0 {}
    bob.said("one").await;
    bob.said("and at once another").await;
    assert!(p.holds("(SELECT count(*) FROM audit WHERE detail ? 'undid') = 2"), "each is noted once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_was_given_is_taken_back_once_and_only_by_who_gives_roles() {
    let p = Platform::start(1).await;
    let mut ada = p.join(0, Some("ada")).await;
    for text in ["/mod vic", "/mod bob"] {
        ada.say(text).await;
        ada.wait_for("done").await;
    }
    let noted = acts(&p, "ada").await;
    let (bobs, vics) = (&noted[0], &noted[1]);
    assert_eq!(undo(&p, 0, "mia", bobs).await.0, 403);
    let (status, undid) = undo(&p, 0, "ada", bobs).await;
    assert_eq!((status, &undid["undid"]), (200, &bobs["id"]));
    assert_eq!(undid["changes"]["role"], json!(["moderator", null]));
    assert_eq!(undo(&p, 0, "ada", bobs).await.1["id"], undid["id"], "again is the same");
    ada.say("/mods").await;
    assert_eq!(ada.wait_for("done").await["text"], "The moderators here: mia, vic.");
    // What was changed since stays.
    ada.say("/unmod vic").await;
    ada.wait_for("done").await;
    assert_eq!(undo(&p, 0, "ada", vics).await.0, 409);
}
