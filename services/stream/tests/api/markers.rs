//! Markers: who sets them, where they are in the broadcast, how many there may be, and that they go with it.

use crate::harness::{Streamer, TestApp, until};
use serde_json::{Value, json};
use streamly_proto::stream::v1::State;

fn code(answer: &(u16, Value)) -> (u16, &str) {
    (answer.0, answer.1["code"].as_str().unwrap_or_default())
}

async fn labels(app: &TestApp, path: &str, token: &str) -> Vec<String> {
    let list = app.get(path, token).await;
    assert_eq!(list.0, 200, "{}", list.1);
    list.1["items"].as_array().unwrap().iter().map(|m| m["label"].as_str().unwrap().to_owned()).collect()
}

async fn set(app: &TestApp, path: &str, token: &str, body: Value) -> Value {
    let made = app.post(path, token, &body.to_string()).await;
    assert_eq!(made.0, 201, "{}", made.1);
    made.1
}

#[tokio::test]
async fn owner_and_moderators_mark_what_is_on_air_and_nobody_else_does() {
    let app = TestApp::spawn_with(|c| c.rate_limits = false).await;
    let ada = app.streamer("ada").await;
    let ((mia, mod_token), (vip, vip_token), (_, bob)) =
        (app.person("mia"), app.person("vik"), app.person("bob"));
    app.set_member(&ada.channel, mia, "moderator", ada.id).await.unwrap();
    app.set_member(&ada.channel, vip, "vip", ada.id).await.unwrap();
    assert_eq!(code(&app.post("me/markers", &ada.token, "{}").await), (404, "channel_offline"));
    let permit = app.permit(&ada.key, "n1").await;
    let node = app.live("n1", &permit).await;
    app.sql("UPDATE broadcasts SET live_at = now() - interval '10 minutes'");
    for (who, is) in
        [("", (401, "unauthenticated")), (&bob, (403, "forbidden")), (&vip_token, (403, "forbidden"))]
    {
        assert_eq!(code(&app.post("ada/markers", who, "{}").await), is);
        assert_eq!(code(&app.get("ada/markers", who).await), is);
    }
    let second =
        set(&app, "ada/markers", &mod_token, json!({"label": " The jump ", "behind_ms": 60_000})).await;
    assert_eq!((&second["label"], &second["made_by_name"]), (&json!("The jump"), &json!("mia")));
    let at = second["offset_ms"].as_u64().unwrap();
    assert!((539_000..600_000).contains(&at), "{at}");
    // Further back than there is anything: the start.
    let first = set(&app, "me/markers", &ada.token, json!({"label": "", "behind_ms": u64::MAX})).await;
    assert_eq!(first["offset_ms"], 0);
    assert_eq!(labels(&app, "ada/markers", &mod_token).await, ["", "The jump"]);
    // Labels change, whoever's they are; another channel's owner changes none.
    let path = format!("ada/markers/{}", first["id"].as_str().unwrap());
    let mine = path.replace("ada/", "me/");
    for (who, path, is) in [(&bob, &path, (403, "forbidden")), (&bob, &mine, (404, "marker_not_found"))] {
        assert_eq!(code(&app.send("PATCH", path, who, Some(r#"{"label":"x"}"#)).await), is);
        assert_eq!(code(&app.send("DELETE", path, who, None).await), is);
    }
    assert_eq!(app.send("PATCH", &path, &mod_token, Some(r#"{"label":"Hello"}"#)).await.1["label"], "Hello");
    let long = json!({"label": "x".repeat(141)}).to_string();
    for bad in [long.as_str(), r#"{"label":"a\nb"}"#] {
        assert_eq!(code(&app.post("ada/markers", &mod_token, bad).await), (422, "validation_failed"));
        assert_eq!(code(&app.send("PATCH", &path, &mod_token, Some(bad)).await), (422, "validation_failed"));
    }
    // They stay when it has ended, are in what is told of one's data, and go with the broadcast.
    node.ended(&permit, "clean", "", "").await;
    until("ended", || async { app.get("me", &ada.token).await.1["state"] == "offline" }).await;
    assert!(labels(&app, "ada/markers", &ada.token).await.is_empty(), "nothing is on air");
    let of = format!("me/markers?broadcast_id={}", permit.broadcast_id);
    assert_eq!(labels(&app, &of, &ada.token).await, ["Hello", "The jump"]);
    assert!(labels(&app, &of, &bob).await.is_empty(), "it is not of his channel");
    assert_eq!(exported(&app, &ada, "markers").await, 2);
    assert_eq!(app.send("DELETE", &path, &ada.token, None).await.0, 204);
    assert_eq!(code(&app.send("DELETE", &path, &ada.token, None).await), (404, "marker_not_found"));
    app.sql("DELETE FROM broadcasts");
    assert!(labels(&app, &of, &ada.token).await.is_empty());
    app.stop().await;
}

/// How many items of a kind somebody's data has.
async fn exported(app: &TestApp, who: &Streamer, kind: &str) -> usize {
    let (mut cursor, mut count) = (String::new(), 0);
    loop {
        let page = app.export("user", who.id, &cursor).await.unwrap();
        count += page.items.iter().filter(|item| item.kind == kind).count();
        if page.next_cursor.is_empty() {
            return count;
        }
        cursor = page.next_cursor;
    }
}

#[tokio::test]
async fn a_broadcast_has_no_more_markers_than_it_may_have_however_many_come_at_once() {
    let app = TestApp::spawn_with(|c| {
        c.rate_limits = false;
        c.markers.per_broadcast = 5;
    })
    .await;
    let ada = app.streamer("ada").await;
    let permit = app.permit(&ada.key, "n1").await;
    let node = app.live("n1", &permit).await;
    let all = futures_util::future::join_all((0..8).map(|_| app.post("me/markers", &ada.token, "{}"))).await;
    assert_eq!(all.iter().filter(|answer| answer.0 == 201).count(), 5);
    assert!(
        all.iter().filter(|answer| answer.0 != 201).all(|answer| code(answer) == (409, "too_many_markers"))
    );
    node.beat(&permit, State::Live).await;
    assert_eq!(labels(&app, "me/markers", &ada.token).await.len(), 5);
    app.stop().await;
}

#[tokio::test]
async fn markers_are_not_set_as_fast_as_one_likes() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    let permit = app.permit(&ada.key, "n1").await;
    let _node = app.live("n1", &permit).await;
    let mut last = (0, Value::Null);
    for _ in 0..40 {
        last = app.post("me/markers", &ada.token, "{}").await;
        if last.0 == 429 {
            break;
        }
    }
    assert_eq!(code(&last), (429, "rate_limited"));
    app.stop().await;
}
