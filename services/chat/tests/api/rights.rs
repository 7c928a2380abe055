//! Who may do what to whom: whoever is sanctioned does not moderate, nobody judges what is against themselves, and what a higher rank did
//! stands.

use crate::{
    app::{Platform, until},
    bots::{issue, rest},
    client::Client,
};
use serde_json::{Value, json};

async fn command(client: &mut Client, text: &str) -> Value {
    client.send(json!({"type":"say","room":"ada","text":text,"nonce":"c"})).await;
    serde_json::from_str(&client.wait_for_text(&["done", "error"]).await).unwrap()
}

async fn put(p: &Platform, by: &str, user: &str, body: Value) -> (u16, Value) {
    p.call(0, "PUT", &format!("rooms/ada/bans/{user}"), Some(by), body).await
}

async fn lift(p: &Platform, by: &str, user: &str) -> u16 {
    p.call(0, "DELETE", &format!("rooms/ada/bans/{user}"), Some(by), Value::Null).await.0
}

async fn acts(p: &Platform, by: &str) -> Vec<Value> {
    let (status, page) = p.call(0, "GET", "rooms/ada/audit", Some(by), Value::Null).await;
    assert_eq!(status, 200, "{page}");
    page["items"].as_array().unwrap().clone()
}

async fn undo(p: &Platform, by: &str, act: &Value) -> (u16, Value) {
    let path = format!("rooms/ada/audit/{}/undo", act["id"].as_str().unwrap());
    p.call(0, "POST", &path, Some(by), Value::Null).await
}

/// All that a moderator may do by REST is refused to mia.
async fn moderates_nothing(p: &Platform, message: &str) {
    let message_path = format!("messages/{message}");
    for (method, path, body) in [
        ("GET", "audit", Value::Null),
        ("GET", "bans", Value::Null),
        ("GET", "users/bob", Value::Null),
        ("GET", "holds", Value::Null),
        ("GET", "terms", Value::Null),
        ("GET", "reports", Value::Null),
        ("GET", "unban-requests", Value::Null),
        ("PUT", "bans/bob", json!({"duration_s": 5})),
        ("DELETE", "bans/mia", Value::Null),
        ("PATCH", "settings", json!({"slow_s": 1})),
        ("POST", "terms", json!({"term": "rude"})),
        ("POST", "polls", json!({"question": "Tea?", "options": ["yes", "no"]})),
        ("PUT", "pin", json!({"message_id": message})),
        ("DELETE", message_path.as_str(), Value::Null),
        ("DELETE", "messages?all=true", Value::Null),
        ("DELETE", "emotes/hi", Value::Null),
        ("POST", "emotes?name=hi", Value::Null),
    ] {
        for node in 0..2 {
            let path = format!("rooms/ada/{path}");
            let (status, problem) = p.call(node, method, &path, Some("mia"), body.clone()).await;
            assert_eq!((status, &problem["code"]), (403, &json!("forbidden")), "{method} {path}: {problem}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_moderator_who_is_timed_out_or_banned_moderates_nothing_and_lifts_nothing_of_their_own() {
    let p = Platform::start(2).await;
    let (mut ada, mut mia) = (p.join(0, Some("ada")).await, p.join(1, Some("mia")).await);
    let message = p.join(0, Some("bob")).await.said("hello").await["id"].as_str().unwrap().to_owned();
    assert_eq!(put(&p, "ada", "mia", json!({"duration_s": 600})).await.0, 200);
    mia.wait_for("sanction").await;
    moderates_nothing(&p, &message).await;
    for text in ["/untimeout mia", "/ban bob", "/slow 5", "/clear"] {
        assert_eq!(command(&mut mia, text).await["code"], "forbidden", "{text}");
    }
    // What moderators are told is not told to her: each of these is an event for all, and a note for moderators behind it.
    for slow in [2, 1] {
        p.call(0, "PATCH", "rooms/ada/settings", Some("ada"), json!({"slow_s": slow})).await;
    }
    for slow in [2, 1] {
        let frame: Value =
            serde_json::from_str(&mia.wait_for_text(&["settings", "moderation"]).await).unwrap();
        assert_eq!((&frame["type"], &frame["settings"]["slow_s"]), (&json!("settings"), &json!(slow)));
    }
    assert_eq!(lift(&p, "ada", "mia").await, 204);
    until("she moderates again", async || command(&mut mia, "/slow off").await["type"] == "done").await;
    assert_eq!(acts(&p, "mia").await[0]["actor"]["username"], "mia");

    assert_eq!(put(&p, "ada", "mia", json!({"reason": "rude"})).await.0, 200);
    moderates_nothing(&p, &message).await;
    let (status, request) =
        p.call(0, "POST", "rooms/ada/unban-requests", Some("mia"), json!({"text": "please"})).await;
    assert_eq!(status, 201, "{request}");
    let path = format!("rooms/ada/unban-requests/{}/resolve", request["id"].as_str().unwrap());
    let (status, _) = p.call(0, "POST", &path, Some("mia"), json!({"outcome": "approved"})).await;
    assert_eq!(status, 403);
    // The ban took the role, and that is in the log.
    let noted = acts(&p, "ada").await;
    let role = noted.iter().find(|a| a["action"] == "role").unwrap();
    assert_eq!(
        (&role["user"]["username"], &role["changes"]["role"]),
        (&json!("mia"), &json!(["moderator", null]))
    );
    assert_eq!(command(&mut ada, "/mods").await["text"], "There are no moderators here.");
    assert_eq!(lift(&p, "ada", "mia").await, 204);
    assert_eq!(p.call(0, "GET", "rooms/ada/audit", Some("mia"), Value::Null).await.0, 403, "nobody any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_moderator_who_bans_a_vip_takes_the_role_and_a_banned_bot_moderates_no_more() {
    let p = Platform::start(1).await;
    let mut ada = p.join(0, Some("ada")).await;
    assert_eq!(put(&p, "mia", "vic", json!({"duration_s": 60})).await.0, 200);
    assert_eq!(command(&mut ada, "/vips").await["text"], "The VIPs here: vic.", "a time-out takes none");
    assert_eq!(put(&p, "mia", "vic", json!({})).await.0, 200);
    assert_eq!(command(&mut ada, "/vips").await["text"], "There are no VIPs here.");
    let noted = acts(&p, "mia").await;
    let role = noted.iter().find(|a| a["action"] == "role").unwrap();
    assert_eq!(
        (&role["actor"]["username"], &role["changes"]["role"]),
        (&json!("mia"), &json!(["vip", null]))
    );

    let (id, token) = issue(&p, "ada", "guard", &["moderate"]).await;
    let slow = async || rest(&p, 0, "PATCH", "rooms/ada/settings", &token, json!({"slow_s": 0})).await.0;
    assert_eq!(slow().await, 200);
    assert_eq!(put(&p, "ada", &id, json!({})).await.0, 200);
    assert_eq!(slow().await, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_higher_rank_did_stands_against_moderators_and_equals_may_take_it_back() {
    let p = Platform::start(1).await;
    p.people.set_role("cleo", "moderator");
    let mut mia = p.join(0, Some("mia")).await;
    assert_eq!(put(&p, "ada", "bob", json!({"reason": "the owner says"})).await.0, 200);
    assert_eq!(lift(&p, "mia", "bob").await, 403);
    let noted = acts(&p, "mia").await;
    assert_eq!((&noted[0]["action"], &noted[0]["undoable"]), (&json!("ban"), &json!(false)), "not for her");
    assert_eq!(undo(&p, "mia", &noted[0]).await.0, 403);
    assert_eq!(acts(&p, "ada").await[0]["undoable"], true);
    let error = command(&mut mia, "/unban bob").await;
    assert_eq!(error["code"], "forbidden");
    assert!(error["detail"].as_str().unwrap().contains("rank"), "{error}");
    let ask = p.call(0, "POST", "rooms/ada/unban-requests", Some("bob"), json!({"text": "sorry"})).await.1;
    let resolve = async |by: &str| {
        let path = format!("rooms/ada/unban-requests/{}/resolve", ask["id"].as_str().unwrap());
        p.call(0, "POST", &path, Some(by), json!({"outcome": "approved"})).await.0
    };
    assert_eq!(resolve("mia").await, 403);
    assert_eq!(resolve("ada").await, 200);
    // A time-out of the owner's is neither shortened nor replaced.
    assert_eq!(put(&p, "ada", "bob", json!({"duration_s": 600})).await.0, 200);
    for body in [json!({"duration_s": 1}), json!({})] {
        assert_eq!(put(&p, "mia", "bob", body).await.0, 403);
    }
    assert_eq!(put(&p, "ada", "bob", json!({"duration_s": 1})).await.0, 200);
    // Staff's stands against the owner too.
    assert_eq!(put(&p, "stan", "vic", json!({})).await.0, 200);
    assert_eq!((lift(&p, "ada", "vic").await, lift(&p, "stan", "vic").await), (403, 204));
    // Equals.
    assert_eq!(put(&p, "mia", "vic", json!({"duration_s": 60})).await.0, 200);
    assert_eq!(lift(&p, "cleo", "vic").await, 204);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undo_changes_nothing_that_was_changed_since_and_the_log_says_what_can_be_undone() {
    let p = Platform::start(1).await;
    let mut ada = p.join(0, Some("ada")).await;
    for text in ["/mod bob", "/unmod bob", "/vip bob", "/mod cleo", "/unmod cleo", "/slow 5", "/slow 7"] {
        assert_eq!(command(&mut ada, text).await["type"], "done", "{text}");
    }
    let noted = acts(&p, "ada").await;
    let undoable: Vec<bool> = noted.iter().rev().map(|a| a["undoable"].as_bool().unwrap()).collect();
    assert_eq!(undoable, [false, false, true, false, true, false, true], "{noted:?}");
    for act in noted.iter().filter(|a| a["undoable"] == false) {
        let (status, problem) = undo(&p, "ada", act).await;
        assert_eq!((status, &problem["code"]), (409, &json!("not_undoable")), "{act}");
    }
    assert_eq!(command(&mut ada, "/vips").await["text"], "The VIPs here: bob, vic.");
    // A moderator gives no roles, and takes none back.
    let hers = acts(&p, "mia").await;
    assert!(hers.iter().all(|a| a["action"] != "role" || a["undoable"] == false), "{hers:?}");
    assert_eq!(undo(&p, "ada", &noted[0]).await.0, 200);
    assert_eq!(acts(&p, "ada").await[2]["undoable"], true, "five seconds count again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_about_a_moderator_is_for_the_owner_and_staff_and_never_for_whom_it_is_about() {
    let soon = streamly_config::Duration::from_millis(1);
    let p = Platform::with(1, |c| c.limits.directory_fresh = soon).await;
    p.people.set_role("vic", "moderator");
    let (mut ada, mut mia) = (p.join(0, Some("ada")).await, p.join(0, Some("mia")).await);
    let report = async |about: &str| {
        let body = json!({"room": "ada", "user": about, "category": "harassment", "text": "look at this"});
        let (status, report) = p.call(0, "POST", "reports", Some("cleo"), body).await;
        assert_eq!(status, 201, "{report}");
        report["id"].as_str().unwrap().to_owned()
    };
    let listed = async |by: &str| {
        let page = p.call(0, "GET", "rooms/ada/reports", Some(by), Value::Null).await.1;
        page["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|r| r["id"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let resolve = async |by: &str, id: &str| {
        let path = format!("reports/{id}/resolve");
        p.call(0, "POST", &path, Some(by), json!({"outcome": "dismissed"})).await.0
    };
    let about_mia = report("mia").await;
    assert_eq!(ada.wait_for("report").await["report"]["id"], json!(about_mia));
    let about_bob = report("bob").await;
    assert_eq!(mia.wait_for("report").await["report"]["id"], json!(about_bob), "not the one about herself");
    let both = vec![about_mia.clone(), about_bob.clone()];
    assert_eq!((listed("ada").await, listed("stan").await), (both.clone(), both));
    for by in ["mia", "vic"] {
        assert_eq!(listed(by).await, std::slice::from_ref(&about_bob), "{by}");
        assert_eq!(resolve(by, &about_mia).await, 404, "{by}");
    }
    // Whom it was about is a moderator by now.
    p.people.set_role("bob", "moderator");
    assert_eq!((listed("bob").await, resolve("bob", &about_bob).await), (Vec::new(), 404));
    for id in [&about_mia, &about_bob] {
        assert_eq!(resolve("ada", id).await, 200);
    }
    let of_reports = |noted: &[Value]| noted.iter().filter(|a| a["action"] == "report_dismissed").count();
    assert_eq!(of_reports(&acts(&p, "ada").await), 2);
    assert_eq!(of_reports(&acts(&p, "vic").await), 1);
    for by in ["mia", "bob"] {
        let noted = acts(&p, by).await;
        assert!(!Value::from(noted.clone()).to_string().contains(&about_mia), "{by}: {noted:?}");
        assert_eq!(of_reports(&noted), usize::from(by == "mia"), "{by}: {noted:?}");
    }
}
