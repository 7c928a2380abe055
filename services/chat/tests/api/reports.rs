//! Reports: what is kept of them, whose queue they are in, who may resolve them and what the reporter hears.

use crate::{
    app::Platform,
    peers::{room_id, user_id},
    terms::set,
};
use serde_json::{Value, json};
use streamly_config::Duration;

async fn report(p: &Platform, name: &str, body: Value) -> (u16, Value) {
    let mut all = json!({"room": "ada", "category": "spam", "text": "look at this"});
    for (field, value) in body.as_object().unwrap() {
        all[field] = value.clone();
    }
    p.call(0, "POST", "reports", Some(name), all).await
}

pub async fn made(p: &Platform, name: &str, body: Value) -> String {
    let (status, report) = report(p, name, body).await;
    assert_eq!(status, 201, "{report}");
    report["id"].as_str().unwrap().to_owned()
}

pub async fn resolve(p: &Platform, name: &str, id: &str, body: Value) -> (u16, Value) {
    p.call(0, "POST", &format!("reports/{id}/resolve"), Some(name), body).await
}

pub async fn queue(p: &Platform, path: &str, name: &str) -> Vec<Value> {
    let (status, page) = p.call(0, "GET", path, Some(name), Value::Null).await;
    assert_eq!(status, 200, "{page}");
    page["items"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reported_message_is_kept_as_it_was_and_its_reporter_hears_what_was_done() {
    let p = Platform::start(2).await;
    let (mut bob, mut cleo, mut mia) =
        (p.join(1, Some("bob")).await, p.join(1, Some("cleo")).await, p.join(1, Some("mia")).await);
    let message = bob.said("something bad").await["id"].as_str().unwrap().to_owned();
    let (status, own) = report(&p, "cleo", json!({ "message_id": message })).await;
    assert_eq!((status, &own["state"], &own["user"]["username"]), (201, &json!("open"), &json!("bob")));
    let told = mia.wait_for("report").await;
    assert_eq!(
        (&told["report"]["id"], &told["report"]["message"]["text"]),
        (&own["id"], &json!("something bad"))
    );
    assert!(!told.to_string().contains(&user_id("cleo")), "moderators are not told who reported: {told}");

    // Once more is the same; the evidence stays when the message goes.
    assert_eq!(report(&p, "cleo", json!({ "message_id": message, "text": "again" })).await.0, 200);
    assert_eq!(p.rest(0, "DELETE", &format!("/{message}"), Some("bob")).await.0, 204);
    let waiting = queue(&p, "rooms/ada/reports", "mia").await;
    assert_eq!((waiting.len(), &waiting[0]["message"]["text"]), (1, &json!("something bad")));
    assert!(waiting[0].get("reporter").is_none());

    let id = own["id"].as_str().unwrap();
    let act =
        json!({"outcome": "acted", "text": "thank you", "act": {"action": "timeout", "duration_s": 60}});
    assert_eq!(resolve(&p, "mia", id, act.clone()).await.0, 200);
    let answer = cleo.wait_for("report_answered").await;
    assert_eq!(
        (&answer["report_id"], &answer["outcome"], &answer["text"]),
        (&own["id"], &json!("acted"), &json!("thank you"))
    );
    bob.say("and now").await;
    assert_eq!(bob.wait_for("error").await["code"], "timed_out");
    let (status, problem) = resolve(&p, "ada", id, act).await;
    assert_eq!((status, problem["code"].as_str()), (409, Some("already_resolved")));
    let mine = queue(&p, "reports?mine=1", "cleo").await;
    assert_eq!((&mine[0]["state"], &mine[0]["answer"]), (&json!("acted"), &json!("thank you")));
    assert!(mine[0].get("resolved_by").is_none());
    assert_eq!(queue(&p, "rooms/ada/reports", "mia").await, Vec::<Value>::new());
    assert_eq!(queue(&p, "rooms/ada/reports?state=resolved", "mia").await.len(), 1);
    assert_eq!(queue(&p, "reports?mine=1", "bob").await, Vec::<Value>::new());
    // A report that is over does not stand in the way of a new one.
    assert_eq!(report(&p, "cleo", json!({"user": "bob"})).await.0, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_about_the_channel_its_owner_and_staff_go_to_the_platform_only() {
    let p = Platform::start(1).await;
    let channel = made(&p, "bob", json!({"channel": true})).await;
    let owner = made(&p, "bob", json!({"user": "ada"})).await;
    let staff = made(&p, "bob", json!({"user": "stan"})).await;
    let other = made(&p, "bob", json!({"user": user_id("cleo")})).await;
    let ids =
        |items: &[Value]| items.iter().map(|r| r["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!(ids(&queue(&p, "rooms/ada/reports", "ada").await), std::slice::from_ref(&other));
    let platform = queue(&p, "reports", "stan").await;
    assert_eq!(ids(&platform), [channel.clone(), owner.clone(), staff.clone()]);
    assert_eq!(platform[0]["reporter"]["username"], "bob");
    // Whom it is about, or who only moderates the channel, does not resolve it.
    for name in ["ada", "mia"] {
        assert_eq!(resolve(&p, name, &channel, json!({"outcome": "dismissed"})).await.0, 403, "{name}");
    }
    assert_eq!(resolve(&p, "stan", &staff, json!({"outcome": "dismissed"})).await.0, 403);
    assert_eq!(resolve(&p, "stan", &owner, json!({"outcome": "dismissed"})).await.0, 200);

    // What a moderator hands on is the platform's from then on.
    let mut bob = p.join(0, Some("bob")).await;
    assert_eq!(resolve(&p, "mia", &other, json!({"outcome": "escalated"})).await.0, 200);
    // What was resolved before he came may still be on its way to him.
    let answer = loop {
        let answer = bob.wait_for("report_answered").await;
        if answer["report_id"] == json!(other) {
            break answer;
        }
    };
    assert_eq!(answer["outcome"], "escalated");
    assert_eq!(queue(&p, "rooms/ada/reports", "ada").await, Vec::<Value>::new());
    assert_eq!(resolve(&p, "mia", &other, json!({"outcome": "dismissed"})).await.0, 403);
    assert_eq!(resolve(&p, "stan", &other, json!({"outcome": "escalated"})).await.0, 409);
    assert_eq!(resolve(&p, "stan", &other, json!({"outcome": "dismissed", "text": "seen"})).await.0, 200);
    assert_eq!(bob.wait_for("report_answered").await["text"], "seen");
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_are_refused_to_strangers_and_by_field() {
    let p = Platform::start(1).await;
    let mut bob = p.join(0, Some("bob")).await;
    let message = bob.said("mine").await["id"].as_str().unwrap().to_owned();
    let id = made(&p, "cleo", json!({ "message_id": message })).await;
    assert_eq!(
        p.call(0, "POST", "reports", None, json!({"room":"ada","category":"spam","user":"bob"})).await.0,
        401
    );
    assert_eq!(report(&p, "dan", json!({"user": "bob"})).await.0, 403);
    for (body, status, code) in [
        (json!({}), 422, "validation_failed"),
        (json!({"user": "bob", "channel": true}), 422, "validation_failed"),
        (json!({"user": "bob", "category": "boring"}), 422, "validation_failed"),
        (json!({"user": "bob", "text": "x".repeat(501)}), 422, "validation_failed"),
        (json!({"user": "cleo"}), 422, "validation_failed"),
        (json!({"user": "nobody_here"}), 404, "user_not_found"),
        (json!({"user": "'; DROP TABLE reports"}), 404, "user_not_found"),
        (json!({"message_id": "000000000001000000"}), 404, "message_not_found"),
        (json!({"message_id": "x"}), 404, "message_not_found"),
        (json!({"user": "bob", "room": "nobody_here"}), 404, "channel_not_found"),
    ] {
        let (got, problem) = report(&p, "cleo", body.clone()).await;
        assert_eq!((got, problem["code"].as_str()), (status, Some(code)), "{body}");
    }
    // A message of another room is none of this one.
    assert_eq!(report(&p, "cleo", json!({"message_id": message, "room": "bob"})).await.0, 404);
    for name in [None, Some("bob"), Some("vic"), Some("cleo")] {
        let status = if name.is_none() { 401 } else { 403 };
        assert_eq!(p.call(0, "GET", "rooms/ada/reports", name, Value::Null).await.0, status);
        assert_eq!(p.call(0, "GET", "reports", name, Value::Null).await.0, status);
        let path = format!("reports/{id}/resolve");
        let expected = if name.is_none() { 401 } else { 404 };
        assert_eq!(
            p.call(0, "POST", &path, name, json!({"outcome":"dismissed"})).await.0,
            expected,
            "{name:?}"
        );
    }
    // Who moderates another room does not reach it.
    assert_eq!(resolve(&p, "dan", &id, json!({"outcome": "dismissed"})).await.0, 403);
    for (body, field) in [
        (json!({"outcome": "maybe"}), "outcome"),
        (json!({"outcome": "dismissed", "act": {"action": "ban"}}), "act"),
        (json!({"outcome": "acted", "act": {"action": "timeout"}}), "act.duration_s"),
        (
            json!({"outcome": "acted", "act": {"action": "timeout", "duration_s": 99_999_999}}),
            "act.duration_s",
        ),
        (json!({"outcome": "acted", "act": {"action": "dance"}}), "act.action"),
        (json!({"outcome": "dismissed", "text": "x".repeat(501)}), "text"),
    ] {
        let (status, problem) = resolve(&p, "mia", &id, body.clone()).await;
        assert_eq!((status, &problem["errors"][0]["field"]), (422, &json!(field)), "{body}");
    }
    for id in ["x", &room_id("ada")] {
        assert_eq!(resolve(&p, "mia", id, json!({"outcome": "dismissed"})).await.0, 404);
    }
    assert_eq!(p.call(0, "GET", "rooms/ada/reports?state=odd", Some("ada"), Value::Null).await.0, 422);
    assert_eq!(p.call(0, "GET", "rooms/ada/reports?cursor=odd", Some("ada"), Value::Null).await.0, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_have_a_pace_and_an_end() {
    let p = Platform::with(1, |c| {
        c.rate_limits = true;
        (c.limits.report_interval, c.limits.report_burst) = (Duration::from_secs(60), 2);
        c.limits.max_reports = 2;
    })
    .await;
    made(&p, "bob", json!({"user": "cleo"})).await;
    made(&p, "bob", json!({"user": "ada"})).await;
    let (status, problem) = report(&p, "bob", json!({"channel": true})).await;
    assert_eq!((status, problem["code"].as_str()), (429, Some("rate_limited")));
    made(&p, "cleo", json!({"user": "bob"})).await;
    let p = Platform::with(1, |c| c.limits.max_reports = 1).await;
    made(&p, "bob", json!({"user": "cleo"})).await;
    let (status, problem) = report(&p, "bob", json!({"channel": true})).await;
    assert_eq!((status, problem["code"].as_str()), (409, Some("too_many_reports")));
}

#[tokio::test(flavor = "multi_thread")]
async fn reporting_and_blocking_work_by_commands_too() {
    let p = Platform::start(1).await;
    set(&p, json!({})).await;
    let mut bob = p.join(0, Some("bob")).await;
    for (command, answer) in [
        ("/report cleo rude to all", "done"),
        ("/report", "error"),
        ("/report nobody_here", "error"),
        ("/block @cleo", "done"),
        ("/block bob", "error"),
        ("/unblock cleo", "done"),
    ] {
        bob.send(json!({"type":"say","room":"ada","text":command})).await;
        let got = bob.wait_for_text(&["done", "error"]).await;
        assert!(got.contains(&format!("\"type\":\"{answer}\"")), "{command}: {got}");
        if command.starts_with("/block @") {
            assert!(
                p.holds(&format!("EXISTS (SELECT FROM blocks WHERE blocked_id = '{}')", user_id("cleo")))
            );
        }
    }
    let waiting = queue(&p, "rooms/ada/reports", "ada").await;
    assert_eq!(
        (waiting.len(), &waiting[0]["text"], &waiting[0]["about"]),
        (1, &json!("rude to all"), &json!("user"))
    );
    assert!(p.holds("NOT EXISTS (SELECT FROM blocks)"));
}
