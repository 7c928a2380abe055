//! What a broadcast was: its minutes, sums and text, who may read them, and that each minute is added once. Rows are made old behind the
//! service's back, for nobody waits for minutes here.

use crate::{
    harness::{Streamer, TestApp, until},
    retention::{elect_again, rows},
};
use serde_json::{Value, json};
use streamly_proto::stream::v1::{Permit, State};

const DAY_MS: u64 = 86_400_000;

/// Makes edges say that they saw so many sessions of a broadcast just now, and chat that so many messages were said.
async fn watched(app: &TestApp, who: &Streamer, permit: &Permit, sessions: u64, messages: u64) {
    let now = crate::harness::now();
    let id = &permit.broadcast_id;
    for key in [format!("viewers:{{{id}}}:{}", now / 5), format!("viewers:{{{id}}}:all")] {
        let numbers = (0..sessions).map(|n| n.to_string());
        app.bus.call::<streamly_redis::Value>("PFADD", std::iter::once(key).chain(numbers)).await.unwrap();
    }
    let key = format!("messages:{{{}}}:{}", who.channel, now / 10);
    let args = [key, "node".into(), messages.to_string()];
    app.bus.call::<streamly_redis::Value>("HSET", args).await.unwrap();
}

/// The newest of one's own broadcasts.
async fn newest(app: &TestApp, token: &str) -> Value {
    let (status, list) = app.get("me/broadcasts", token).await;
    assert_eq!(status, 200, "{list}");
    list["items"][0].clone()
}

/// A broadcast that is over, and counted, as if that had taken some time.
async fn over(app: &TestApp, who: &Streamer, node: &str) -> String {
    let permit = app.permit(&who.key, node).await;
    let on = app.live(node, &permit).await;
    on.ended(&permit, "clean", "", "").await;
    let ended = format!("broadcasts WHERE id = '{}' AND ended_at IS NOT NULL", permit.broadcast_id);
    until("ended", || async { rows(app, 1, &ended) }).await;
    permit.broadcast_id
}

#[tokio::test]
async fn a_broadcast_is_kept_with_what_was_counted_and_said_of_it() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    let body = r#"{"title":"The first","category":"Chess","tags":["slow"]}"#;
    app.send("PATCH", "me", &ada.token, Some(body)).await;
    let permit = app.permit(&ada.key, "n1").await;
    let node = app.live("n1", &permit).await;
    watched(&app, &ada, &permit, 3, 5).await;
    until("three watch", || async { app.get("ada", "").await.1["live"]["viewers"] == 3 }).await;
    // It runs, and is called as it is called now.
    let running = newest(&app, &ada.token).await;
    assert_eq!(
        (&running["title"], &running["ended_at"], &running["complete"]),
        (&json!("The first"), &Value::Null, &json!(false))
    );
    assert_eq!(app.get("ada/broadcasts", "").await.1["items"], json!([]), "what runs is not past");
    node.ended(&permit, "clean", "", "").await;
    until("offline", || async { app.get("ada", "").await.1["state"] == "offline" }).await;
    app.send("PATCH", "me", &ada.token, Some(r#"{"title":"Another","tags":[]}"#)).await;
    until("complete", || async { newest(&app, &ada.token).await["complete"] == true }).await;
    let past = newest(&app, &ada.token).await;
    assert_eq!(
        (&past["title"], &past["category"], &past["tags"]),
        (&json!("The first"), &json!("Chess"), &json!(["slow"]))
    );
    assert_eq!(
        (&past["peak_viewers"], &past["unique_viewers"], &past["messages"]),
        (&json!(3), &json!(3), &json!(5))
    );
    let (average, watched) = (past["average_viewers"].as_f64().unwrap(), past["watched_s"].as_u64().unwrap());
    assert!(average > 0.0 && average <= 3.0, "{past}");
    let seconds = past["duration_s"].as_u64().unwrap();
    assert!(watched <= 3 * (seconds + 1), "{past}");
    // Its minutes say the same, also as a table.
    let path = format!("me/broadcasts/{}", permit.broadcast_id);
    let (_, course) = app.get(&path, &ada.token).await;
    let points = course["points"].as_array().unwrap();
    let sum = |name: &str| points.iter().map(|p| p[name].as_u64().unwrap()).sum::<u64>();
    assert_eq!((course["point_s"].as_u64(), sum("messages")), (Some(60), 5), "{course}");
    assert!((1..=2).contains(&points.len()), "{course}");
    let answer =
        app.http.get(app.url(&format!("{path}/minutes.csv"))).bearer_auth(&ada.token).send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "text/csv; charset=utf-8");
    assert_eq!(answer.text().await.unwrap().lines().count(), points.len() + 1);
    // Others see what it was about, and no figures.
    let (_, shown) = app.get("ada/broadcasts", "").await;
    let shown = shown["items"][0].as_object().unwrap();
    let names: Vec<_> = shown.keys().map(String::as_str).collect();
    assert_eq!(names, ["category", "duration_s", "ended_at", "id", "started_at", "tags", "title"]);
    app.stop().await;
}

/// Another leader than before, which knows nothing.
async fn new_leader(app: &TestApp) {
    let leads = "pg_locks WHERE locktype = 'advisory' AND granted AND classid = 21332 AND database = \
                 (SELECT oid FROM pg_database WHERE datname = current_database())";
    elect_again(app);
    until("nobody leads", || async { rows(app, 0, leads) }).await;
    until("somebody leads", || async { rows(app, 1, leads) }).await;
}

#[tokio::test]
async fn health_is_in_the_minutes_and_so_are_the_encoders_returns() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    let one = app.permit(&ada.key, "n1").await;
    let node = app.live("n1", &one).await;
    let two = app.permit(&ada.key, "n1").await;
    let beat = async || {
        node.beat_with(&two, State::Live, |report| {
            let health = report.health.as_mut().unwrap();
            (health.arrival_jitter_ms, health.audio_bitrate_bps) = (40, 128_000);
        })
        .await;
    };
    until("health is there", || async {
        beat().await;
        let health: Option<String> = app.bus.call("GET", [format!("health:{}", ada.channel)]).await.unwrap();
        health.is_some_and(|health| health.contains("\"arrival_jitter_ms\":40"))
    })
    .await;
    // Who begins to lead looks at once, and counts at once.
    new_leader(&app).await;
    watched(&app, &ada, &two, 2, 0).await;
    until("counted", || async {
        beat().await;
        app.get("ada", "").await.1["live"]["viewers"] == 2
    })
    .await;
    app.post("me/end", &ada.token, "").await;
    until("complete", || async { newest(&app, &ada.token).await["complete"] == true }).await;
    let (_, course) = app.get(&format!("me/broadcasts/{}", one.broadcast_id), &ada.token).await;
    let points = course["points"].as_array().unwrap();
    assert_eq!(points.iter().map(|p| p["reconnects"].as_u64().unwrap()).sum::<u64>(), 1, "{course}");
    let seen = points.iter().find(|p| p["fps"].is_f64()).unwrap_or_else(|| panic!("{course}"));
    assert_eq!((&seen["fps"], &seen["bitrate_bps"]), (&json!(30.0), &json!(2_628_000)), "{course}");
    assert_eq!(seen["arrival_jitter_ms"], 40, "{course}");
    app.stop().await;
}

#[tokio::test]
async fn only_the_owner_sees_figures_and_only_of_ones_own() {
    let app = TestApp::spawn().await;
    let (ada, bob) = (app.streamer("ada").await, app.streamer("bob").await);
    let id = over(&app, &ada, "n1").await;
    let members = app.send("PUT", "me/members/bob", &ada.token, Some(r#"{"role":"moderator"}"#)).await;
    assert!(members.0 < 300, "{members:?}");
    for path in [format!("me/broadcasts/{id}"), format!("me/broadcasts/{id}/minutes.csv")] {
        assert_eq!(app.get(&path, &ada.token).await.0, 200, "{path}");
        assert_eq!(app.get(&path, "").await.0, 401, "{path}");
        let (status, problem) = app.get(&path, &bob.token).await;
        assert_eq!((status, problem["code"].as_str()), (404, Some("broadcast_not_found")), "{path}");
    }
    assert_eq!(app.get("me/broadcasts/nonsense", &ada.token).await.0, 404);
    assert_eq!(app.get("me/broadcasts", "").await.0, 401);
    assert_eq!(app.get("me/broadcasts", &bob.token).await.1["items"], json!([]));
    assert_eq!(app.get("nobody/broadcasts", "").await.0, 404);
    app.stop().await;
}

#[tokio::test]
async fn others_see_past_broadcasts_where_the_channel_shows_them_and_none_that_were_private() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    let shown = async |token: &str| {
        let (status, list) = app.get("ada/broadcasts", token).await;
        (status, list["items"].as_array().map_or(0, Vec::len))
    };
    let set = async |body: &str| assert_eq!(app.send("PATCH", "me", &ada.token, Some(body)).await.0, 200);
    over(&app, &ada, "n1").await;
    set(r#"{"visibility":"private"}"#).await;
    over(&app, &ada, "n1").await;
    assert_eq!(
        (shown("").await, shown(&ada.token).await),
        ((404, 0), (200, 2)),
        "a private channel says nothing"
    );
    set(r#"{"visibility":"followers"}"#).await;
    assert_eq!(shown("").await, (200, 1), "what was private stays so");
    set(r#"{"visibility":"public","show_broadcasts":false}"#).await;
    assert_eq!(shown("").await, (200, 0));
    assert_eq!(app.get("me", &ada.token).await.1["show_broadcasts"], false);
    set(r#"{"show_broadcasts":true}"#).await;
    assert_eq!(shown("").await, (200, 1));
    app.stop().await;
}

#[tokio::test]
async fn whoever_pages_sees_each_broadcast_once_the_newest_first() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    app.sql(&past(&ada, 45));
    for path in ["me/broadcasts", "ada/broadcasts"] {
        let (mut seen, mut cursor) = (Vec::<String>::new(), String::new());
        loop {
            let (_, page) = app.get(&format!("{path}?limit=20{cursor}"), &ada.token).await;
            seen.extend(
                page["items"].as_array().unwrap().iter().map(|i| i["title"].as_str().unwrap().to_owned()),
            );
            let Some(next) = page["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        let wanted: Vec<String> = (1..=45).rev().map(|n| format!("t{n}")).collect();
        assert_eq!(seen, wanted, "{path}");
    }
    for path in ["me/broadcasts", "ada/broadcasts"] {
        let odd = app.get(&format!("{path}?cursor=x"), &ada.token).await;
        assert_eq!((odd.0, odd.1["code"].as_str()), (400, Some("invalid_cursor")), "{path}");
    }
    app.stop().await;
}

/// So many broadcasts of somebody, one a day, that ended just young enough, and were counted.
fn past(who: &Streamer, count: u32) -> String {
    format!(
        "INSERT INTO broadcasts (id, channel_id, state, epoch, session_id, node_id, origin_url, msn_reserved, started_at, live_at, ended_at, \
         title, visibility, counted) SELECT ('01900000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, '{}', 'offline', 1, \
         gen_random_uuid(), 'past', '', 1, at, at, at + interval '3 hours', 't' || n, 'public', true \
         FROM (SELECT n, now() - ({count} + 1 - n) * interval '1 day' AS at FROM generate_series(1, {count}) n) x",
        who.channel
    )
}

#[tokio::test]
async fn each_minute_is_added_once_whoever_leads_and_what_nobody_saw_is_not_counted() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    let permit = app.permit(&ada.key, "n1").await;
    let node = app.live("n1", &permit).await;
    let now = crate::harness::now();
    // It has been live for ten minutes, and nobody led; chat counted on.
    app.sql("UPDATE broadcasts SET live_at = now() - interval '10 minutes', started_at = now() - interval '11 minutes'");
    for bucket in (now - 600) / 10..=now / 10 {
        let args = [format!("messages:{{{}}}:{bucket}", ada.channel), "node".into(), "1".into()];
        app.bus.call::<streamly_redis::Value>("HSET", args).await.unwrap();
    }
    until("the past minutes are there", || async {
        rows(&app, 1, "broadcasts WHERE counted_minute >= (extract(epoch FROM now()) / 60)::int - 3")
    })
    .await;
    new_leader(&app).await;
    node.ended(&permit, "clean", "", "").await;
    until("complete", || async { newest(&app, &ada.token).await["complete"] == true }).await;
    new_leader(&app).await;
    let past = newest(&app, &ada.token).await;
    let messages = past["messages"].as_u64().unwrap();
    assert!((60..=62).contains(&messages), "{past}");
    let (_, course) = app.get(&format!("me/broadcasts/{}", permit.broadcast_id), &ada.token).await;
    let points = course["points"].as_array().unwrap();
    assert!((10..=12).contains(&points.len()), "{course}");
    assert_eq!(points[2]["viewers"], Value::Null, "nobody counted then: {course}");
    app.stop().await;
}

#[tokio::test]
async fn a_long_broadcast_is_thinned_and_its_sums_stay() {
    let app = TestApp::spawn_with(|c| c.broadcast_points = 8).await;
    let ada = app.streamer("ada").await;
    let permit = app.permit(&ada.key, "n1").await;
    let node = app.live("n1", &permit).await;
    app.sql("UPDATE broadcasts SET live_at = now() - interval '70 minutes', started_at = now() - interval '71 minutes'");
    let now = crate::harness::now();
    for bucket in (now - 4_200) / 10..=now / 10 {
        let args = [format!("messages:{{{}}}:{bucket}", ada.channel), "node".into(), "1".into()];
        app.bus.call::<streamly_redis::Value>("HSET", args).await.unwrap();
    }
    node.ended(&permit, "clean", "", "").await;
    until("complete", || async { newest(&app, &ada.token).await["complete"] == true }).await;
    let (_, course) = app.get(&format!("me/broadcasts/{}", permit.broadcast_id), &ada.token).await;
    let points = course["points"].as_array().unwrap();
    let sum: u64 = points.iter().map(|p| p["messages"].as_u64().unwrap()).sum();
    // 71 minutes are more than 8 of 8 minutes.
    assert_eq!((course["point_s"].as_u64(), Some(sum)), (Some(960), course["messages"].as_u64()), "{course}");
    assert!((420..=422).contains(&sum) && (4..=8).contains(&points.len()), "{course}");
    app.stop().await;
}

#[tokio::test]
async fn minutes_go_before_their_broadcast_and_an_export_has_the_sums() {
    let app = TestApp::spawn_with(|c| {
        c.keep_broadcast_minutes = streamly_config::Duration::from_millis(30 * DAY_MS);
    })
    .await;
    let ada = app.streamer("ada").await;
    app.sql(&past(&ada, 40));
    app.sql(
        "INSERT INTO broadcast_minutes SELECT id, m, 60, 60, 1, 1, 0, 0, 0, 0, 0, 0, 0 FROM broadcasts, generate_series(1, 30) m; \
         UPDATE broadcasts SET messages = 30, peak_viewers = 7, watch_s = 1800, counted_s = 1800",
    );
    elect_again(&app);
    until("old minutes are gone", || async {
        rows(&app, 0, "broadcast_minutes m JOIN broadcasts b ON b.id = m.broadcast_id WHERE b.ended_at < now() - interval '30 days'")
    })
    .await;
    assert!(rows(&app, 900, "broadcast_minutes") && rows(&app, 40, "broadcasts"), "of thirty days");
    let exported = app.export("user", ada.id, "").await.unwrap();
    let of = |kind: &str| {
        exported.items.iter().filter(|i| i.kind == kind).map(|i| i.json.clone()).collect::<Vec<_>>()
    };
    let broadcast: Value = serde_json::from_str(&of("broadcasts")[0]).unwrap();
    assert_eq!(
        (&broadcast["messages"], &broadcast["peak_viewers"], &broadcast["title"]),
        (&json!(30), &json!(7), &json!("t1"))
    );
    app.stop().await;
}
