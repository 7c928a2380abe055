//! Schedules: entries on local clocks, when they are next, and the calendar feed.

use crate::harness::TestApp;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339, macros::format_description};

fn code(answer: &(u16, Value)) -> (u16, &str) {
    (answer.0, answer.1["code"].as_str().unwrap_or_default())
}

fn local(at: OffsetDateTime) -> String {
    at.format(format_description!("[year]-[month]-[day]T[hour]:[minute]")).unwrap()
}

#[tokio::test]
async fn weekly_entries_come_every_week_and_others_once() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    let empty = app.get("me/schedule", &ada.token).await.1;
    assert_eq!(empty, json!({"time_zone": "UTC", "entries": []}));
    let now = OffsetDateTime::now_utc();
    let (soon, past) = (local(now + Duration::days(2)), local(now - Duration::weeks(20)));
    let plan = json!({"time_zone": "UTC", "entries": [
        {"title": "Once", "starts_at": soon, "minutes": 60},
        {"title": "Over", "starts_at": past, "minutes": 60},
        {"title": "Weekly", "category": "Music", "starts_at": past, "minutes": 90, "weekly": true},
    ]});
    let put = app.send("PUT", "me/schedule", &ada.token, Some(&plan.to_string())).await;
    assert_eq!(put.0, 200, "{}", put.1);
    assert_eq!(app.get("me/schedule", &ada.token).await.1, put.1);
    let next = app.get("ada/schedule", "").await.1;
    let items = next["items"].as_array().unwrap();
    let titles = |title: &str| items.iter().filter(|o| o["title"] == title).count();
    assert_eq!((titles("Once"), titles("Over")), (1, 0));
    assert!((8..=9).contains(&titles("Weekly")), "{}", titles("Weekly"));
    let times: Vec<_> = items
        .iter()
        .map(|o| OffsetDateTime::parse(o["starts_at"].as_str().unwrap(), &Rfc3339).unwrap())
        .collect();
    assert!(times.is_sorted() && times[0] > now - Duration::minutes(91));
    // Entries that stay keep their ids, so that calendars do not show them twice.
    let id = |page: &Value| {
        page["items"].as_array().unwrap().iter().find(|o| o["title"] == "Weekly").unwrap()["id"].clone()
    };
    let fewer = json!({"time_zone": "UTC", "entries": [plan["entries"][2]]});
    assert_eq!(app.send("PUT", "me/schedule", &ada.token, Some(&fewer.to_string())).await.0, 200);
    assert_eq!(id(&app.get("ada/schedule", "").await.1), id(&next));
    app.stop().await;
}

#[tokio::test]
async fn a_week_is_a_week_on_the_owners_clocks_also_when_summer_time_begins() {
    let app = TestApp::spawn().await;
    let ada = app.streamer("ada").await;
    let start = OffsetDateTime::now_utc() - Duration::weeks(1);
    let eight = local(start.replace_time(time::macros::time!(20:00)));
    let weekly = json!({"time_zone": "Europe/Berlin", "entries": [{"title": "x", "starts_at": eight, "minutes": 1, "weekly": true}]});
    assert_eq!(app.send("PUT", "me/schedule", &ada.token, Some(&weekly.to_string())).await.0, 200);
    // A year has both changes in it, whenever this runs.
    let year = app.upcoming(&ada.channel, Duration::weeks(53)).await;
    let hours: std::collections::BTreeSet<u8> = year.iter().map(|o| o.starts_at.hour()).collect();
    assert!((52..=54).contains(&year.len()), "{}", year.len());
    assert_eq!(hours, [18, 19].into(), "20:00 is 18:00 UTC in summer and 19:00 in winter");
    let feed = app.http.get(app.url("ada/schedule.ics")).send().await.unwrap();
    assert!(feed.headers()["content-type"].to_str().unwrap().starts_with("text/calendar"));
    let feed = feed.text().await.unwrap();
    let events = feed.matches("BEGIN:VEVENT\r\n").count();
    assert!((7..=9).contains(&events), "{events}");
    assert!(
        feed.contains("SUMMARY:ADA: x\r\n") && feed.contains("URL:http://localhost:3000/ada\r\n"),
        "{feed}"
    );
    app.stop().await;
}

#[tokio::test]
async fn schedules_that_make_no_sense_are_refused() {
    let app = TestApp::spawn().await;
    let (ada, _bob) = (app.streamer("ada").await, app.streamer("bob").await);
    let entry = json!({"title": "x", "starts_at": "2030-01-01T10:00", "minutes": 60});
    for plan in [
        json!({"time_zone": "Mars/Base", "entries": []}),
        json!({"time_zone": "Europe/Berlin'; --", "entries": []}),
        json!({"time_zone": "", "entries": []}),
        json!({"time_zone": "UTC", "entries": vec![entry.clone(); 21]}),
        json!({"time_zone": "UTC", "entries": [{"title": "", "starts_at": "2030-01-01T10:00", "minutes": 60}]}),
        json!({"time_zone": "UTC", "entries": [{"title": "x", "starts_at": "soon", "minutes": 60}]}),
        json!({"time_zone": "UTC", "entries": [{"title": "x", "starts_at": "2030-01-01T10:00", "minutes": 100000}]}),
        json!({"time_zone": "UTC"}),
    ] {
        let answer = app.send("PUT", "me/schedule", &ada.token, Some(&plan.to_string())).await;
        assert_eq!(code(&answer), (422, "validation_failed"), "{plan}");
    }
    let fine = json!({"time_zone": "UTC", "entries": [entry]}).to_string();
    assert_eq!(code(&app.send("PUT", "me/schedule", "", Some(&fine)).await), (401, "unauthenticated"));
    assert_eq!(app.send("PUT", "me/schedule", &ada.token, Some(&fine)).await.0, 200);
    assert_eq!(app.get("bob/schedule", "").await.1["items"], json!([]), "each has their own");
    assert_eq!(code(&app.get("nobody/schedule.ics", "").await), (404, "channel_not_found"));
    app.stop().await;
}
