//! What arrives, and what happens when it does not.

use super::{
    ALL, Receiver, Replica, app, change, hasten, holds, hook, log, newest, receiver::Reply, retitle,
    settings, shown, signed_by,
};
use crate::harness::{TestApp, now, until};
use serde_json::{Value, json};
use std::collections::HashSet;
use streamly_proto::stream::v1::State;

/// The keys of an object, and of those in it.
fn shape(value: &Value) -> Value {
    match value {
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), shape(value))).collect(),
        _ => json!(null),
    }
}

#[tokio::test]
async fn everything_that_happens_arrives_once_signed_and_as_it_is_documented() {
    let app = app().await;
    let (ada, receiver) = (app.streamer("ada").await, Receiver::start().await);
    let (id, secret) = hook(&app, &ada.token, &receiver.url(), ALL).await;
    // Of a private channel its owner is told the same.
    let edit = json!({"title": "Night flight", "tags": ["slow"], "visibility": "private"}).to_string();
    assert_eq!(app.send("PATCH", "me", &ada.token, Some(&edit)).await.0, 200);
    let updated = receiver.has("updated", 1).await[0].json();
    assert_eq!(updated["data"]["changed"], json!(["title", "tags"]));
    assert_eq!(updated["data"]["title"], "Night flight");
    // The same again is no change.
    assert_eq!(app.send("PATCH", "me", &ada.token, Some(&edit)).await.0, 200);
    let (bob, token) = app.person("bob");
    assert_eq!(app.send("PUT", "ada/follow", &token, None).await.0, 204);
    assert_eq!(app.send("PUT", "ada/follow", &token, None).await.0, 204);
    let followed = receiver.has("followed", 1).await[0].json();
    assert_eq!(followed["data"], json!({"user_id": bob, "username": "bob", "display_name": "BOB"}));
    let permit = app.permit(&ada.key, "n1").await;
    let node = app.live("n1", &permit).await;
    node.beat(&permit, State::Reconnecting).await;
    node.beat(&permit, State::Live).await;
    let live = receiver.has("live", 1).await[0].clone();
    assert_eq!(live.json()["data"]["broadcast_id"], permit.broadcast_id.as_str());
    assert_eq!(live.json()["channel"]["url"], "http://localhost:3000/ada");
    node.ended(&permit, "clean", "", "").await;
    let ended = receiver.has("ended", 1).await[0].json();
    assert_eq!(
        (&ended["data"]["how"], &ended["data"]["broadcast_id"]),
        (&"clean".into(), &live.json()["data"]["broadcast_id"])
    );

    let all = receiver.got();
    assert_eq!(all.len(), 4, "{all:?}");
    assert_eq!(all.iter().map(|got| got.id().to_owned()).collect::<HashSet<_>>().len(), 4);
    for got in &all {
        assert_eq!(signed_by(got, &secret), [true]);
        assert_eq!((got.json()["id"].as_str(), got.path.as_str()), (Some(got.id()), "/hook"));
        assert_eq!(got.headers["content-type"], "application/json");
        assert!(now().abs_diff(got.headers["webhook-timestamp"].parse().unwrap()) < 60);
    }
    let document = include_str!("../../../../../docs/WEBHOOKS.md");
    let example = document.split("Its body, in one line:").nth(1).unwrap().split("```").nth(1).unwrap();
    let example: Value = serde_json::from_str(example.trim()).unwrap();
    assert_eq!(shape(&example), shape(&live.json()));
    let delivery = newest(&app, &ada.token, &id, "delivered").await;
    let attempt = &delivery["attempts"][0];
    assert_eq!(
        (&attempt["status"], &attempt["error"], &delivery["next_at"]),
        (&json!(204), &Value::Null, &Value::Null)
    );
    assert!(attempt["duration_ms"].is_u64());
    app.stop().await;
}

#[tokio::test]
async fn what_fails_comes_again_the_same_until_it_arrives_or_has_failed_for_good() {
    let app = app().await;
    let (ada, receiver) = (app.streamer("ada").await, Receiver::start().await);
    let (id, _) = hook(&app, &ada.token, &receiver.url(), &["updated"]).await;
    let long = "no ".repeat(1000);
    receiver.next([Reply::Say(500, "", long.clone()), Reply::Endless]);
    retitle(&app, &ada.token, "one").await;
    until("the first attempt has failed", || async {
        log(&app, &ada.token, &id).await[0]["attempts"][0]["status"] == 500
    })
    .await;
    let delivery = log(&app, &ada.token, &id).await[0].clone();
    assert_eq!(delivery["state"], "waiting");
    assert_eq!(delivery["attempts"][0]["answer"], long[..1024], "the first KiB");
    assert!(shown(&app, &ada.token, &id).await["failing_since"].is_string());
    // By itself, after about five seconds.
    let got = receiver.has("updated", 2).await;
    assert_eq!((got[0].id(), &got[0].body), (got[1].id(), &got[1].body));
    let delivery = newest(&app, &ada.token, &id, "delivered").await;
    assert_eq!(delivery["attempts"].as_array().unwrap().len(), 2);
    assert_eq!(delivery["attempts"][0]["answer"].as_str().unwrap().len(), 1024);
    assert_eq!(shown(&app, &ada.token, &id).await["failing_since"], Value::Null);

    // Eight attempts, then no more; sent again by its owner it is the same message.
    receiver.always(Reply::Say(302, "location: http://127.0.0.1:1/\r\n", String::new()));
    retitle(&app, &ada.token, "two").await;
    let delivery = newest(&app, &ada.token, &id, "failed").await;
    assert_eq!(delivery["attempts"].as_array().unwrap().len(), 8);
    assert_eq!(delivery["attempts"][0]["error_code"], "redirect");
    assert!(delivery["attempts"][0]["error"].as_str().unwrap().contains("redirect"));
    assert_eq!(receiver.has("updated", 10).await.len(), 10);
    receiver.always(Reply::status(204));
    let again = format!("me/webhooks/{id}/deliveries/{}/redeliver", delivery["id"].as_str().unwrap());
    assert_eq!(app.post(&again, &ada.token, "").await.0, 202);
    let got = receiver.has("updated", 11).await;
    assert_eq!((got[10].id(), &got[10].body), (got[9].id(), &got[9].body));
    assert_eq!(newest(&app, &ada.token, &id, "delivered").await["attempts"][0]["number"], 9);
    app.stop().await;
}

#[tokio::test]
async fn a_receiver_that_was_away_gets_what_waited_and_its_retry_after_is_heeded() {
    let app = app().await;
    let (ada, receiver) = (app.streamer("ada").await, Receiver::start().await);
    let (id, _) = hook(&app, &ada.token, &receiver.url(), &["updated"]).await;
    let at = receiver.at;
    drop(receiver);
    retitle(&app, &ada.token, "one").await;
    until("nobody is there", || async {
        log(&app, &ada.token, &id).await[0]["attempts"][0]["error_code"] == "unreachable"
    })
    .await;
    let receiver = Receiver::start_at(at).await;
    receiver.next([Reply::Say(503, "retry-after: 5000\r\n", String::new())]);
    let first = log(&app, &ada.token, &id).await[0]["id"].as_str().unwrap().to_owned();
    let again = format!("me/webhooks/{id}/deliveries/{first}/redeliver");
    assert_eq!(app.post(&again, &ada.token, "").await.0, 202);
    until("it has asked for time", || async {
        let delivery = log(&app, &ada.token, &id).await[0].clone();
        delivery["attempts"][0]["status"] == 503 && delivery["next_at"].is_string()
    })
    .await;
    change(&app, "SELECT 1 / (due_at BETWEEN now() + interval '4000 s' AND now() + interval '5000 s')::int FROM deliveries; \
         SELECT 1 / (due_at > now() + interval '4000 s')::int FROM webhooks").await;
    newest(&app, &ada.token, &id, "delivered").await;
    let got = receiver.got();
    assert_eq!((got.len(), got[0].id()), (2, got[1].id()));
    app.stop().await;
}

#[tokio::test]
async fn slow_and_dead_receivers_hold_up_nobody_else() {
    let app = TestApp::spawn_with(|c| {
        settings(c);
        c.webhooks.senders = 4;
        c.outbound.per_host = 2;
        c.outbound.timeout = streamly_config::Duration::from_secs(60);
    })
    .await;
    let (slow, quick) = (Receiver::start().await, Receiver::start_at(([127, 0, 0, 2], 0).into()).await);
    slow.always(Reply::Hang);
    let (ada, bob) = (app.streamer("ada").await, app.streamer("bob").await);
    let (id, _) = hook(&app, &ada.token, &slow.url(), &["updated"]).await;
    hook(&app, &bob.token, &quick.url(), &["updated"]).await;
    for n in 0..10 {
        retitle(&app, &ada.token, &format!("slow {n}")).await;
    }
    slow.has("updated", 1).await;
    for n in 0..10 {
        retitle(&app, &bob.token, &format!("quick {n}")).await;
    }
    assert_eq!(quick.has("updated", 10).await.len(), 10);
    assert_eq!(slow.got().len(), 1, "one at a time to each webhook");
    assert_eq!(shown(&app, &ada.token, &id).await["waiting"], 10);
    app.stop().await;
}

#[tokio::test]
async fn webhooks_that_failed_lately_have_half_of_the_places() {
    let app = TestApp::spawn_with(|c| {
        settings(c);
        c.webhooks.senders = 2;
        c.outbound.timeout = streamly_config::Duration::from_secs(60);
    })
    .await;
    let (dead, quick) = (Receiver::start().await, Receiver::start_at(([127, 0, 0, 2], 0).into()).await);
    dead.always(Reply::Hang);
    let ada = app.streamer("ada").await;
    for _ in 0..3 {
        hook(&app, &ada.token, &dead.url(), &["followed"]).await;
    }
    change(&app, "UPDATE webhooks SET failures = 1").await;
    let (_, bob) = app.person("bob");
    assert_eq!(app.send("PUT", "ada/follow", &bob, None).await.0, 204);
    dead.has("followed", 1).await;
    hook(&app, &ada.token, &quick.url(), &["updated"]).await;
    retitle(&app, &ada.token, "one").await;
    quick.has("updated", 1).await;
    assert_eq!(dead.got().len(), 1);
    app.stop().await;
}

#[tokio::test]
async fn a_killed_replicas_delivery_is_sent_again_under_the_same_id_and_each_attempt_is_one_row() {
    let app = TestApp::spawn_with(|c| {
        settings(c);
        c.webhooks.senders = 0;
    })
    .await;
    let (ada, receiver) = (app.streamer("ada").await, Receiver::start().await);
    let (id, _) = hook(&app, &ada.token, &receiver.url(), &["updated"]).await;
    receiver.next([Reply::Hang]);
    retitle(&app, &ada.token, "one").await;
    retitle(&app, &ada.token, "two").await;
    let first = Replica::start(&app);
    receiver.has("updated", 1).await;
    first.kill();
    let under_way = log(&app, &ada.token, &id).await;
    assert_eq!(under_way.len(), 2);
    let attempts = under_way[1]["attempts"].as_array().unwrap();
    assert_eq!((attempts.len(), &attempts[0]["duration_ms"]), (1, &Value::Null));
    // The lease is its for a while; then the next one goes on.
    let _second = Replica::start(&app);
    change(&app, "UPDATE webhooks SET leased_until = now()").await;
    let got = receiver.has("updated", 3).await;
    newest(&app, &ada.token, &id, "delivered").await;
    let all = log(&app, &ada.token, &id).await;
    assert_eq!(all.iter().map(|d| d["state"].as_str().unwrap()).collect::<Vec<_>>(), ["delivered"; 2]);
    assert_eq!((got[0].id(), &got[0].body), (got[1].id(), &got[1].body));
    assert_ne!(got[2].id(), got[1].id());
    let numbers: Vec<_> =
        all[1]["attempts"].as_array().unwrap().iter().map(|a| (&a["number"], &a["status"])).collect();
    assert_eq!(numbers, [(&json!(2), &json!(204)), (&json!(1), &Value::Null)]);
    assert_eq!(receiver.got().len(), 3);
    app.stop().await;
}

#[tokio::test]
async fn two_replicas_send_each_message_once_while_redis_is_away() {
    let mut app = TestApp::spawn_with(|c| {
        settings(c);
        c.redis.command_timeout = streamly_config::Duration::from_millis(500);
    })
    .await;
    let (ada, receiver) = (app.streamer("ada").await, Receiver::start().await);
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(hook(&app, &ada.token, &receiver.url(), &["updated"]).await.0);
    }
    let _other = Replica::start(&app);
    app.redis.kill();
    for n in 0..10 {
        retitle(&app, &ada.token, &format!("title {n}")).await;
    }
    let got = receiver.has("updated", 50).await;
    for id in &ids {
        until("all have arrived", || async {
            log(&app, &ada.token, id).await.iter().filter(|d| d["state"] == "delivered").count() == 10
        })
        .await;
    }
    assert_eq!((got.len(), receiver.got().len()), (50, 50));
    assert_eq!(got.iter().map(|got| got.id().to_owned()).collect::<HashSet<_>>().len(), 50);
    change(&app, "SELECT 1 / (count(*) = 50 AND max(number) = 1)::int FROM delivery_attempts").await;
    app.redis.start_again().unwrap();
    app.stop().await;
}

#[tokio::test]
async fn a_receiver_that_is_gone_or_fails_for_days_is_switched_off_and_what_waited_is_cancelled() {
    let app = app().await;
    let (ada, receiver) = (app.streamer("ada").await, Receiver::start().await);
    let (id, _) = hook(&app, &ada.token, &receiver.url(), &["updated"]).await;
    receiver.next([Reply::status(410)]);
    retitle(&app, &ada.token, "one").await;
    until("it is off", || async { shown(&app, &ada.token, &id).await["enabled"] == false }).await;
    assert_eq!(shown(&app, &ada.token, &id).await["off_because"], "gone");
    assert_eq!(log(&app, &ada.token, &id).await[0]["state"], "failed");
    // What happens meanwhile is not told later.
    retitle(&app, &ada.token, "two").await;
    let on = |on: bool| json!({"enabled": on}).to_string();
    let path = format!("me/webhooks/{id}");
    let back = app.send("PATCH", &path, &ada.token, Some(&on(true))).await.1;
    assert_eq!((&back["enabled"], &back["off_because"]), (&json!(true), &Value::Null));
    receiver.always(Reply::status(500));
    retitle(&app, &ada.token, "three").await;
    retitle(&app, &ada.token, "four").await;
    receiver.has("updated", 3).await;
    change(&app, "UPDATE webhooks SET failures = 8, failing_since = now() - interval '4 days 23 hours'")
        .await;
    until("ten failures", || async {
        hasten(&app).await;
        holds(&app, "SELECT 1 / (failures >= 10)::int FROM webhooks").await
    })
    .await;
    assert_eq!(shown(&app, &ada.token, &id).await["enabled"], true, "not for five days");
    change(&app, "UPDATE webhooks SET failing_since = now() - interval '5 days 1 minute'").await;
    until("it is off", || async {
        hasten(&app).await;
        shown(&app, &ada.token, &id).await["enabled"] == false
    })
    .await;
    let off = shown(&app, &ada.token, &id).await;
    assert_eq!((&off["off_because"], &off["waiting"]), (&json!("failing"), &json!(0)));
    assert!(log(&app, &ada.token, &id).await.iter().all(|d| d["state"] != "waiting"));
    assert!(receiver.got().iter().all(|got| got.json()["data"]["title"] != "two"));
    app.stop().await;
}

#[tokio::test]
async fn what_waits_is_bounded_and_what_is_over_is_forgotten() {
    let app = TestApp::spawn_with(|c| {
        settings(c);
        c.webhooks.waiting = 3;
        c.webhooks.kept = 4;
    })
    .await;
    let (ada, receiver) = (app.streamer("ada").await, Receiver::start().await);
    let (id, _) = hook(&app, &ada.token, &receiver.url(), &["updated"]).await;
    receiver.always(Reply::Hang);
    for n in 0..5 {
        retitle(&app, &ada.token, &format!("title {n}")).await;
    }
    let hooked = shown(&app, &ada.token, &id).await;
    assert_eq!((&hooked["waiting"], &hooked["dropped"]), (&json!(3), &json!(2)));
    receiver.always(Reply::status(204));
    until("all are over", || async {
        hasten(&app).await;
        shown(&app, &ada.token, &id).await["waiting"] == 0
    })
    .await;
    for n in 5..10 {
        retitle(&app, &ada.token, &format!("title {n}")).await;
        newest(&app, &ada.token, &id, "delivered").await;
    }
    let titles: Vec<_> = log(&app, &ada.token, &id)
        .await
        .iter()
        .map(|d| serde_json::from_str::<Value>(d["body"].as_str().unwrap()).unwrap()["data"]["title"].clone())
        .collect();
    assert_eq!(titles, ["title 9", "title 8", "title 7", "title 6"]);
    app.stop().await;
}
