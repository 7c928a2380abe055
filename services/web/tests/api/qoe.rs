//! What players tell with their beacons: into the sums that `stream` reads, and the metrics; a lie only as far as it is a viewer's.

use crate::{BROADCAST, TestApp, peers::Peer};
use reqwest::{StatusCode, header};
use serde_json::Value;
use std::{
    collections::HashMap,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// Sums are written every five seconds.
const SOON: Duration = Duration::from_secs(20);

pub async fn tell(app: &TestApp, sid: &str, body: &str) -> reqwest::Response {
    let url = app.url(&format!("/live/b/{BROADCAST}/beacon?sid={sid}"));
    // As a browser sends a text, which it may without asking before.
    let body = body.to_owned();
    app.client
        .post(url)
        .header(header::CONTENT_TYPE, "text/plain;charset=UTF-8")
        .body(body)
        .send()
        .await
        .unwrap()
}

/// The sums of the broadcast's last minutes, added up.
async fn sums(app: &TestApp) -> HashMap<String, u64> {
    let minute = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() / 60;
    let mut all = HashMap::new();
    for minute in minute - 2..=minute {
        let sums: HashMap<String, u64> =
            app.redis("HGETALL", &[&format!("qoe:{{{BROADCAST}}}:{minute}")]).await;
        for (name, n) in sums {
            *all.entry(name).or_default() += n;
        }
    }
    all
}

pub async fn until_told(app: &TestApp, name: &str) -> HashMap<String, u64> {
    let begun = Instant::now();
    loop {
        let sums = sums(app).await;
        if sums.contains_key(name) {
            return sums;
        }
        assert!(begun.elapsed() < SOON, "no {name} in {sums:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A metric's value at the service's own address; 0 where there is none.
async fn metric(app: &TestApp, line: &str) -> f64 {
    let text = reqwest::get(format!("http://{}/metrics", app.admin)).await.unwrap().text().await.unwrap();
    let found = text.lines().find_map(|l| l.strip_prefix(line)?.strip_prefix(' ')?.parse().ok());
    found.unwrap_or_default()
}

async fn preview(app: &TestApp) -> String {
    let text = app.get("/live/alice/index.m3u8?preview=1").await.text().await.unwrap();
    text.split("sid=").nth(1).and_then(|t| t.split_whitespace().next()).unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_players_tell_is_in_the_sums_and_the_metrics_and_a_lie_is_cut_down() {
    let origin = Peer::start().await;
    let app = TestApp::spawn(origin.address).await;
    app.live(&origin.url(), 1).await;
    let honest = r#"{"watched_ms":8000,"stalled_ms":2000,"stalls":2,"start_ms":640,"errors":{"network":1},"behind_ms":1200,"height":720,"decoded":240,"dropped":4,"mood":"good"}"#;
    assert_eq!(tell(&app, &app.sid().await, honest).await.status(), StatusCode::NO_CONTENT);
    let lie = r#"{"watched_ms":900000000,"stalled_ms":900000000,"stalls":1000000,"errors":{"media":1000000},"height":1080,"decoded":1000000000,"dropped":1000000000}"#;
    assert_eq!(tell(&app, &app.sid().await, lie).await.status(), StatusCode::NO_CONTENT);
    let sums = until_told(&app, "rung:1080").await;
    // The lie is of a session that has just begun: some seconds' worth, half of each.
    let lied = sums["rung:1080"];
    assert!((5_000..=8_000).contains(&lied), "{sums:?}");
    assert_eq!((sums["viewers"], sums["watched_ms"], sums["stalled_ms"]), (2, 8_000 + lied, 2_000 + lied));
    assert_eq!((sums["rung:720"], sums["start:500-750"], sums["behind:1000-1500"]), (8_000, 1, 1));
    assert_eq!((sums["error:network"], sums["error:media"]), (1, 10));
    assert!(sums["stalls"] <= 40 && sums["dropped"] <= 5_000 && sums["decoded"] <= 5_000, "{sums:?}");
    // Other tests of this process count on the same metrics, none of them with bodies as tall as these.
    assert!(metric(&app, r#"streamly_web_viewer_rung_seconds_total{rung="720"}"#).await >= 8.0);
    assert!(metric(&app, "streamly_web_viewer_watched_seconds_total").await >= 8.0);
    assert!(metric(&app, "streamly_web_viewer_stalled_seconds_total").await >= 2.0);
    assert!(metric(&app, "streamly_web_viewer_stalls_total").await >= 2.0);
    assert!(metric(&app, r#"streamly_web_viewer_errors_total{kind="media"}"#).await >= 10.0);
    assert!(metric(&app, "streamly_web_viewer_start_seconds_count").await >= 1.0);
    assert!(metric(&app, r#"streamly_web_viewer_start_seconds_bucket{le="0.75"}"#).await >= 1.0);
    assert!(metric(&app, "streamly_web_viewer_behind_seconds_sum").await >= 1.2);
    assert!(metric(&app, "streamly_web_viewer_frames_decoded_total").await >= 240.0);
    assert!(metric(&app, "streamly_web_viewer_frames_dropped_total").await >= 4.0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_counts_once_a_beacon_too_soon_not_at_all_and_one_without_a_body_as_before() {
    let origin = Peer::start().await;
    let app = TestApp::spawn_with(origin.address, |c| c.max_beacons = 1).await;
    app.live(&origin.url(), 1).await;
    let (sid, silent) = (app.sid().await, app.sid().await);
    let body = r#"{"watched_ms":1000,"start_ms":300}"#;
    assert_eq!(tell(&app, &sid, body).await.status(), StatusCode::NO_CONTENT);
    let soon = tell(&app, &sid, body).await;
    assert_eq!(
        (soon.status(), &soon.headers()["retry-after"]),
        (StatusCode::TOO_MANY_REQUESTS, &"2".parse().unwrap())
    );
    assert_eq!(tell(&app, &silent, "").await.status(), StatusCode::NO_CONTENT);
    crate::viewers::until_counted(&app, 2..=2).await;
    let begun = Instant::now();
    while tell(&app, &sid, body).await.status() != StatusCode::NO_CONTENT {
        assert!(begun.elapsed() < SOON, "never again");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let begun = Instant::now();
    while until_told(&app, "watched_ms").await["watched_ms"] < 2_000 {
        assert!(begun.elapsed() < SOON, "{:?}", sums(&app).await);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let sums = sums(&app).await;
    assert_eq!((sums["watched_ms"], sums["start:250-500"]), (2_000, 1), "{sums:?}");
    assert!(!sums.contains_key("stalls") && !sums.contains_key("dropped"), "{sums:?}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_viewers_behind_one_address_who_look_at_other_tabs_are_all_heard() {
    let origin = Peer::start().await;
    let app = TestApp::spawn(origin.address).await;
    app.live(&origin.url(), 1).await;
    let mut sids = Vec::new();
    for _ in 0..60 {
        sids.push(app.sid().await);
    }
    // Its pace, and what it tells when it is hidden, shown and hidden again: as a player does.
    for times in 1..=4 {
        for sid in &sids {
            let said = tell(&app, sid, r#"{"watched_ms":100}"#).await.status();
            assert_eq!(said, StatusCode::NO_CONTENT, "time {times}");
        }
    }
    // One that is no player is held up, and nobody else is.
    let mut flood = Vec::new();
    for _ in 0..30 {
        flood.push(tell(&app, &sids[0], "").await.status());
    }
    assert!(flood.contains(&StatusCode::TOO_MANY_REQUESTS), "{flood:?}");
    assert_eq!(tell(&app, &sids[1], "").await.status(), StatusCode::NO_CONTENT);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn previews_tell_nothing_and_wrong_bodies_are_problems_that_any_page_can_read() {
    let origin = Peer::start().await;
    let app = TestApp::spawn(origin.address).await;
    app.live(&origin.url(), 1).await;
    let seen = preview(&app).await;
    assert_eq!(tell(&app, &seen, r#"{"watched_ms":7777}"#).await.status(), StatusCode::NO_CONTENT);
    let sid = app.sid().await;
    let long = format!(r#"{{"watched_ms":1,"x":"{}"}}"#, "x".repeat(1_024));
    let wrong = [
        ("[]", 400, "malformed_request"),
        (r#"{"watched_ms":-1}"#, 400, "malformed_request"),
        ("watched", 400, "malformed_request"),
        (&long, 413, "payload_too_large"),
    ];
    for (body, status, code) in wrong {
        let answer = tell(&app, &sid, body).await;
        assert_eq!(answer.status().as_u16(), status, "{body}");
        assert_eq!(answer.headers()["access-control-allow-origin"], "*", "{body}");
        assert_eq!(answer.headers()["content-type"], "application/problem+json", "{body}");
        assert_eq!(answer.json::<Value>().await.unwrap()["code"], code, "{body}");
    }
    assert_eq!(tell(&app, "invented", r#"{"watched_ms":1}"#).await.status(), StatusCode::NOT_FOUND);
    // A wrong beacon was none: the next may follow at once.
    assert_eq!(tell(&app, &sid, r#"{"watched_ms":4000}"#).await.status(), StatusCode::NO_CONTENT);
    let sums = until_told(&app, "watched_ms").await;
    assert_eq!(sums, HashMap::from([("viewers".into(), 1), ("watched_ms".into(), 4_000)]), "and no preview");
    app.stop().await;
}
