//! How the viewers of an open broadcast fare: what edges summed, for the channel's owner alone.

use crate::harness::{TestApp, now, until};
use serde_json::{Value, json};

/// What edges add to a minute's hash; `fields` are names and numbers in turns.
async fn told(app: &TestApp, broadcast: &str, minute: u64, fields: &[&str]) {
    let key = format!("qoe:{{{broadcast}}}:{minute}");
    let args = std::iter::once(key).chain(fields.iter().map(|f| (*f).to_owned()));
    app.bus.call::<streamly_redis::Value>("HSET", args).await.unwrap();
}

fn empty(fare: &Value) -> bool {
    fare["whole"].is_null() && fare["minutes"] == json!([]) && fare["course"] == json!([])
}

#[tokio::test]
async fn an_owner_reads_how_viewers_fared_in_the_last_half_hour_minute_by_minute() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    let (status, none) = app.get("me/qoe", &ada.token).await;
    assert_eq!((status, &none["broadcast_id"], empty(&none)), (200, &Value::Null, true), "{none}");
    let permit = app.permit(&ada.key, "n1").await;
    let node = app.live("n1", &permit).await;
    let id = permit.broadcast_id.clone();
    let (_, silent) = app.get("me/qoe", &ada.token).await;
    assert_eq!((silent["broadcast_id"].as_str(), empty(&silent)), (Some(&*id), true), "no zeros: {silent}");
    // A minute may end while this is written: none of these is the first or last of the half hour for long.
    let minute = now() / 60;
    told(&app, &id, minute - 45, &["viewers", "9", "watched_ms", "99000"]).await;
    told(&app, &id, minute - 5, &["mood", "good"]).await;
    let good = [
        "viewers",
        "3",
        "watched_ms",
        "176000",
        "start:500-1000",
        "2",
        "behind:0-1000",
        "6",
        "rung:720",
        "176000",
    ];
    told(&app, &id, minute - 2, &good).await;
    let bad = [
        "viewers",
        "2",
        "watched_ms",
        "90000",
        "stalled_ms",
        "30000",
        "stalls",
        "4",
        "error:network",
        "1",
        "rung:480",
        "50000",
        "rung:720",
        "40000",
        "decoded",
        "2700",
        "dropped",
        "12",
    ];
    told(&app, &id, minute - 1, &bad).await;
    let (status, fare) = app.get("me/qoe", &ada.token).await;
    assert_eq!(status, 200, "{fare}");
    let minutes = fare["minutes"].as_array().unwrap();
    assert_eq!(minutes.len(), 2, "{fare}");
    assert_eq!(
        (&minutes[0]["viewers"], &minutes[0]["watched_s"], &minutes[0]["stalled_s"], &minutes[0]["starts"]),
        (&json!(3), &json!(176.0), &json!(0.0), &json!(2))
    );
    assert_eq!(
        (&minutes[0]["start_median_s"], &minutes[0]["start_p95_s"], &minutes[0]["behind_median_s"]),
        (&json!(0.75), &json!(0.98), &json!(0.5))
    );
    assert_eq!((&minutes[1]["start_median_s"], &minutes[1]["behind_median_s"]), (&Value::Null, &Value::Null));
    let rungs = json!([{"height": 480, "watched_s": 50.0}, {"height": 720, "watched_s": 40.0}]);
    assert_eq!((&minutes[1]["rungs"], &minutes[1]["stalls"]), (&rungs, &json!(4)));
    assert_eq!(minutes[1]["errors"], json!({"network": 1, "media": 0, "unsupported": 0}));
    assert_eq!((&minutes[1]["frames_decoded"], &minutes[1]["frames_dropped"]), (&json!(2_700), &json!(12)));
    let whole = &fare["whole"];
    assert_eq!(
        (&whole["viewers"], &whole["watched_s"], &whole["stalled_s"], &whole["starts"]),
        (&json!(3), &json!(266.0), &json!(30.0), &json!(2))
    );
    // It is the open broadcast's.
    node.ended(&permit, "clean", "", "").await;
    until("offline", || async { app.get("ada", "").await.1["state"] == "offline" }).await;
    assert!(empty(&app.get("me/qoe", &ada.token).await.1));
    app.stop().await;
}

#[tokio::test]
async fn the_course_so_far_is_told_with_it_and_older_minutes_are_left_out() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    let permit = app.permit(&ada.key, "n1").await;
    let _node = app.live("n1", &permit).await;
    let minute = now() / 60;
    let row = |minute: u64, bps: u64| {
        format!(
            "INSERT INTO broadcast_minutes (broadcast_id, minute, counted_s, watch_s, peak_viewers, messages, looks, bitrate_bps, fps, \
             jitter_ms, lag_ms, frames_dropped, reconnects) VALUES ('{}', {minute}, 60, 120, 2, 0, 6, {bps}, 180, 5, 40, 1, 0)",
            permit.broadcast_id
        )
    };
    app.sql(&row(minute - 40, 6));
    app.sql(&row(minute - 3, 12_000_000));
    let (_, fare) = app.get("me/qoe", &ada.token).await;
    let course = fare["course"].as_array().unwrap();
    assert_eq!((course.len(), &fare["point_s"]), (1, &json!(60)), "{fare}");
    assert_eq!((&course[0]["bitrate_bps"], &course[0]["viewers"]), (&json!(2_000_000), &json!(2.0)));
    assert_eq!((&course[0]["fps"], &course[0]["lag_ms"]), (&json!(30.0), &json!(40)));
    assert_eq!((&fare["whole"], &fare["minutes"]), (&Value::Null, &json!([])));
    app.stop().await;
}

#[tokio::test]
async fn others_read_nothing_of_it_and_while_it_cannot_be_read_nothing_is_made_up() {
    let mut app = TestApp::spawn().await;
    let (ada, bob) = (app.streamer("ada").await, app.streamer("bob").await);
    let permit = app.permit(&ada.key, "n1").await;
    let _node = app.live("n1", &permit).await;
    told(&app, &permit.broadcast_id, now() / 60, &["viewers", "1", "watched_ms", "9000"]).await;
    let members = app.send("PUT", "me/members/bob", &ada.token, Some(r#"{"role":"moderator"}"#)).await;
    assert!(members.0 < 300, "{members:?}");
    let (status, problem) = app.get("me/qoe", "").await;
    assert_eq!((status, problem["code"].as_str()), (401, Some("unauthenticated")));
    // A moderator's own, of which there is none.
    let (status, own) = app.get("me/qoe", &bob.token).await;
    assert_eq!((status, &own["broadcast_id"], empty(&own)), (200, &Value::Null, true), "{own}");
    let (_, fare) = app.get("me/qoe", &ada.token).await;
    assert_eq!(fare["whole"]["watched_s"], 9.0, "{fare}");
    app.redis.kill();
    until("said to be away", || async { app.get("me/qoe", &ada.token).await.0 == 503 }).await;
    app.stop().await;
}
