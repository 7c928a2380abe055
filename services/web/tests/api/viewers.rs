//! Viewers as edges tell of them: sessions, not requests, whichever edge they are at. Counted here as `stream` counts them.

use crate::{BROADCAST, TestApp, edge::media, peers::Peer};
use futures_util::{StreamExt, stream};
use reqwest::StatusCode;
use std::{
    ops::RangeInclusive,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};
use streamly_config::Secret;

/// A HyperLogLog is for so many seconds, and those of the last 30 count (services/stream/src/bus/counts.rs).
const BUCKET_S: u64 = 5;
const SEEN_S: u64 = 30;
/// A session is told of within a second.
const SOON: Duration = Duration::from_secs(15);

async fn counted(app: &TestApp) -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let buckets = (now - SEEN_S) / BUCKET_S..=now / BUCKET_S + 1;
    let keys: Vec<String> = buckets.map(|bucket| format!("viewers:{{{BROADCAST}}}:{bucket}")).collect();
    app.redis("PFCOUNT", &keys.iter().map(String::as_str).collect::<Vec<_>>()).await
}

/// Waits until so many are counted, 15 s at most.
pub async fn until_counted(app: &TestApp, wanted: RangeInclusive<u64>) {
    let begun = Instant::now();
    loop {
        let count = counted(app).await;
        if wanted.contains(&count) {
            return;
        }
        assert!(begun.elapsed() < SOON, "{wanted:?} viewers, not {count}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A session's sid; `query` is the multivariant playlist's.
async fn join(app: &TestApp, query: &str) -> String {
    let text = app.get(&format!("/live/alice/index.m3u8{query}")).await.text().await.unwrap();
    text.split("sid=").nth(1).and_then(|t| t.split_whitespace().next()).unwrap().to_owned()
}

async fn poll(app: &TestApp, sid: &str) {
    assert_eq!(app.get(&media(&format!("index.m3u8?sid={sid}"))).await.status(), 200);
}

/// All of them ask for a playlist, as players do, some at a time.
async fn poll_all(edges: &[&TestApp], sids: &[String], edge_of: impl Fn(usize) -> usize) {
    let polls = sids.iter().enumerate().map(|(n, sid)| poll(edges[edge_of(n) % edges.len()], sid));
    stream::iter(polls).buffer_unordered(20).collect::<Vec<()>>().await;
}

/// Two edges of one platform.
async fn edges(origin: &Peer) -> (TestApp, TestApp) {
    let key = Some(Secret::new("a key that both edges have"));
    let one = TestApp::spawn_with(origin.address, |c| c.sid_key = key.clone()).await;
    let url = one.redis.url();
    let two = TestApp::spawn_with(origin.address, |c| {
        c.sid_key = key;
        c.redis.url = url;
    })
    .await;
    one.live(&origin.url(), 1).await;
    (one, two)
}

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_players_that_move_between_edges_are_five_hundred_and_those_who_leave_are_out_after_thirty_seconds()
 {
    let origin = Peer::start().await;
    let (one, two) = edges(&origin).await;
    let both = [&one, &two];
    let joins = (0..500usize).map(|n| join(both[n % 2], ""));
    let sids: Vec<String> = stream::iter(joins).buffer_unordered(20).collect().await;
    poll_all(&both, &sids, |n| n).await;
    until_counted(&one, 490..=510).await;
    // Every third goes to the other edge, and every ninth back again.
    let begun = Instant::now();
    poll_all(&both, &sids, |n| n + usize::from(n % 3 == 0)).await;
    poll_all(&both, &sids, |n| n).await;
    let is_young = begun.elapsed() < Duration::from_secs(SEEN_S);
    let count = counted(&one).await;
    assert!(!is_young || (490..=510).contains(&count), "{count} after the moves");
    let (stay, _) = sids.split_at(300);
    let left = Instant::now();
    loop {
        poll_all(&both, stay, |n| n).await;
        let count = counted(&one).await;
        if count <= 306 {
            assert!(left.elapsed() + Duration::from_secs(3) > Duration::from_secs(SEEN_S), "too early");
            assert!(count >= 294, "{count} of those who stay");
            break;
        }
        assert!(left.elapsed() < Duration::from_secs(120), "{count} after two minutes");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let all: u64 = one.redis("PFCOUNT", &[&format!("viewers:{{{BROADCAST}}}:all")]).await;
    assert!((490..=510).contains(&all), "{all} in all");
    one.stop().await;
    two.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edge_over_its_budget_gives_who_is_new_lists_without_parts_and_nobody_else() {
    let origin = Peer::start().await;
    let app = TestApp::spawn_with(origin.address, |c| c.low_latency_sessions = 2).await;
    app.live(&origin.url(), 1).await;
    let first = join(&app, "").await;
    poll(&app, &first).await;
    let second = join(&app, "").await;
    poll(&app, &second).await;
    // It is full now. Nothing without parts is kept yet, so that one who was given it would have it fetched.
    let again = join(&app, &format!("?sid={first}")).await;
    assert_eq!((again, origin.count("&ll=0")), (first, 0), "who comes back");
    join(&app, "").await;
    assert_eq!(origin.count("&ll=0"), 1, "who is new");
    assert_eq!(app.metric("streamly_web_viewers_without_parts_total").await, Some(1.0));
    assert_eq!(app.get(&media(&format!("index.m3u8?sid={second}"))).await.status(), 200);
    assert!(origin.count("source/index.m3u8 ") > 0, "who is there goes on as before");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn few_viewers_are_exact_and_told_within_a_second_or_two() {
    let origin = Peer::start().await;
    let (one, two) = edges(&origin).await;
    for n in 1..=3 {
        let sid = join(&one, "").await;
        for edge in [&one, &two, &one] {
            poll(edge, &sid).await;
        }
        let begun = Instant::now();
        until_counted(&one, n..=n).await;
        // The round of a second, and time for a busy machine.
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    }
    // Each bucket ends by itself, and the whole broadcast's.
    let keys: Vec<String> = one.redis("KEYS", &[&format!("viewers:{{{BROADCAST}}}:*")]).await;
    for key in &keys {
        let ttl: i64 = one.redis("TTL", &[key]).await;
        let most = if key.ends_with(":all") { 86_400 } else { 60 };
        assert!((1..=most).contains(&ttl), "{key}: {ttl}");
    }
    assert!(keys.len() >= 2, "{keys:?}");
    one.stop().await;
    two.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn previews_and_invented_sids_are_not_viewers() {
    let origin = Peer::start().await;
    let app = TestApp::spawn_with(origin.address, |c| c.max_previews = 2).await;
    app.live(&origin.url(), 1).await;
    let preview = join(&app, "?preview=1").await;
    poll(&app, &preview).await;
    for sid in ["s1", "0123456789abcdef0123456789abcdef"] {
        poll(&app, sid).await;
        assert_eq!(beacon(&app, sid).await, StatusCode::NOT_FOUND);
    }
    poll(&app, &join(&app, "").await).await;
    until_counted(&app, 1..=1).await;
    assert_eq!(origin.count("preview"), 0, "the origin is not told");
    for _ in 0..5 {
        poll(&app, &join(&app, "?preview=1").await).await;
    }
    // Six previews, two of which may hide.
    until_counted(&app, 5..=5).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_player_that_is_loaded_anew_with_its_sid_is_the_viewer_that_it_was() {
    let origin = Peer::start().await;
    let app = TestApp::spawn_with(origin.address, |c| c.max_previews = 1).await;
    app.live(&origin.url(), 1).await;
    let sid = join(&app, "").await;
    poll(&app, &sid).await;
    assert_eq!(join(&app, &format!("?sid={sid}")).await, sid);
    poll(&app, &sid).await;
    until_counted(&app, 1..=1).await;
    // Neither an invented one nor one of the other kind is taken: nobody hides as a preview, nor is a preview counted.
    let preview = join(&app, "?preview=1").await;
    assert_eq!(join(&app, &format!("?preview=1&sid={preview}")).await, preview);
    for (query, sid) in
        [("?preview=1&", &sid), ("?", &preview), ("?", &"0123456789abcdef0123456789abcdef".to_owned())]
    {
        assert_ne!(join(&app, &format!("{query}sid={sid}")).await, *sid, "{query}");
    }
    app.stop().await;
}

async fn beacon(app: &TestApp, sid: &str) -> StatusCode {
    let url = app.url(&format!("/live/b/{BROADCAST}/beacon?sid={sid}"));
    app.client.post(url).send().await.unwrap().status()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_player_that_asks_for_nothing_is_counted_by_its_beacons() {
    let origin = Peer::start().await;
    let app = TestApp::spawn_with(origin.address, |c| c.max_beacons = 1).await;
    app.live(&origin.url(), 1).await;
    let sid = join(&app, "").await;
    assert_eq!(counted(&app).await, 0, "nobody watches who has only got the list of renditions");
    assert_eq!(beacon(&app, &sid).await, StatusCode::NO_CONTENT);
    assert_eq!(beacon(&app, &sid).await, StatusCode::TOO_MANY_REQUESTS);
    until_counted(&app, 1..=1).await;
    let get = app.get(&format!("/live/b/{BROADCAST}/beacon?sid={sid}")).await;
    assert_eq!(get.status(), StatusCode::METHOD_NOT_ALLOWED);
    app.stop().await;
}
