//! Unban requests: only by who is banned, one at a time, and resolved by moderators of the room.

use crate::{
    app::{Platform, until},
    peers::user_id,
};
use serde_json::{Value, json};
use streamly_config::Duration;

const PATH: &str = "rooms/ada/unban-requests";

async fn ban(p: &Platform, name: &str) {
    let mut ada = p.join(0, Some("ada")).await;
    ada.send(json!({"type":"say","room":"ada","text":format!("/ban {name} rude")})).await;
    ada.wait_for("done").await;
}

async fn ask(p: &Platform, name: Option<&str>, text: &str) -> (u16, Value) {
    p.call(0, "POST", PATH, name, json!({ "text": text })).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_banned_person_asks_once_and_is_let_in_or_waits() {
    let p = Platform::with(1, |c| c.limits.unban_request_pause = Duration::from_secs(3600)).await;
    let (status, problem) = ask(&p, Some("bob"), "please").await;
    assert_eq!((status, problem["code"].as_str()), (409, Some("not_banned")));
    ban(&p, "bob").await;
    let mut mia = p.join(0, Some("mia")).await;
    let (status, request) = ask(&p, Some("bob"), "please, I was <b>tired</b>").await;
    assert_eq!((status, request["state"].as_str()), (201, Some("open")));
    let told = mia.wait_for("unban_request").await;
    assert_eq!(
        (&told["request"]["id"], &told["request"]["user"]["username"]),
        (&request["id"], &json!("bob"))
    );
    let (status, again) = ask(&p, Some("bob"), "please!").await;
    assert_eq!((status, &again["text"]), (200, &request["text"]));

    let resolve = async |name: &str, id: &Value, outcome: &str| {
        let path = format!("{PATH}/{}/resolve", id.as_str().unwrap());
        p.call(0, "POST", &path, Some(name), json!({"outcome": outcome, "text": "not yet"})).await.0
    };
    assert_eq!(resolve("mia", &request["id"], "denied").await, 200);
    assert_eq!(resolve("ada", &request["id"], "denied").await, 200, "the same again is answered alike");
    assert_eq!(resolve("ada", &request["id"], "approved").await, 409);
    let (_, mine) = p.call(0, "GET", &format!("{PATH}?mine=1"), Some("bob"), Value::Null).await;
    assert_eq!(
        (&mine["items"][0]["state"], &mine["items"][0]["answer"]),
        (&json!("denied"), &json!("not yet"))
    );
    assert!(mine["items"][0].get("resolved_by").is_none());
    let (status, problem) = ask(&p, Some("bob"), "now?").await;
    assert_eq!((status, problem["code"].as_str()), (429, Some("rate_limited")));
    let later = "UPDATE unban_requests SET resolved_at = now() - interval '2 hours'";
    p.postgres.execute(&p.config.postgres.database, later).unwrap();
    let (status, second) = ask(&p, Some("bob"), "and now?").await;
    assert_eq!(status, 201);
    // The owner banned: a moderator may refuse, and not lift it.
    assert_eq!(resolve("mia", &second["id"], "approved").await, 403);
    assert_eq!(resolve("ada", &second["id"], "approved").await, 200);
    until("bob is in again", async || {
        let mut bob = p.hello(0, Some("bob")).await;
        bob.send(json!({"type":"join","room":"ada"})).await;
        bob.wait_for_text(&["joined", "error"]).await.contains("\"joined\"")
    })
    .await;
    assert!(p.holds(&format!(
        "EXISTS (SELECT FROM audit WHERE action = 'unban' AND user_id = '{}')",
        user_id("bob")
    )));
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_the_rooms_moderators_to_read_and_resolve() {
    let p = Platform::start(1).await;
    ban(&p, "bob").await;
    let (_, request) = ask(&p, Some("bob"), "please").await;
    let id = request["id"].as_str().unwrap();
    let body = json!({"outcome": "approved"});
    for (name, status) in [(None, 401), (Some("bob"), 403), (Some("vic"), 403), (Some("dan"), 403)] {
        assert_eq!(p.call(0, "GET", PATH, name, Value::Null).await.0, status, "{name:?}");
        assert_eq!(
            p.call(0, "POST", &format!("{PATH}/{id}/resolve"), name, body.clone()).await.0,
            status,
            "{name:?}"
        );
    }
    assert_eq!(ask(&p, None, "please").await.0, 401);
    for hostile in ["", " ", "\u{202E}", &"x".repeat(501)] {
        assert_eq!(ask(&p, Some("bob"), hostile).await.0, 422, "{hostile:?}");
    }
    let elsewhere = format!("rooms/cleo/unban-requests/{id}/resolve");
    assert_eq!(p.call(0, "POST", &elsewhere, Some("cleo"), body.clone()).await.0, 404);
    assert_eq!(p.call(0, "POST", &format!("{PATH}/x/resolve"), Some("ada"), body).await.0, 404);
    assert_eq!(
        p.call(0, "POST", &format!("{PATH}/{id}/resolve"), Some("ada"), json!({"outcome": "maybe"})).await.0,
        422
    );
    let (_, others) = p.call(0, "GET", &format!("{PATH}?mine=1"), Some("cleo"), Value::Null).await;
    assert_eq!(others["items"], json!([]));
    let (_, all) = p.call(0, "GET", PATH, Some("stan"), Value::Null).await;
    assert_eq!(all["items"].as_array().map(Vec::len), Some(1));
}
