//! Stills of the live picture: how soon there is one, what it shows, who gets it, and that its number and its bytes stay what they are.

use crate::{
    app::{TestApp, send, tags},
    process::until,
    stream::channel_of,
};
use bytes::Bytes;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use streamly_auth::playback::{self, AUDIENCE, Claims, ISSUER, Way};
use streamly_config::{ByteSize, Duration as Setting};
use streamly_ingest::Config;
use streamly_proto::stream::v1::BroadcastReport;
use streamly_testkit::{
    flv::{Kind, Tag},
    publisher::{Moving, Options, Pace, Publisher},
};

/// A still of each keyframe, or nearly.
fn often(config: &mut Config) {
    config.stills.interval = Setting::from_millis(100);
    config.stills.keep = 100;
}

/// Stills that are kept where it is tried that no more are: enough for a busy machine to fetch one meanwhile.
const KEEP: usize = 8;

fn path(report: &BroadcastReport) -> String {
    format!("/live/b/{}/stills/{}.jpg", report.broadcast_id, report.still)
}

/// Pixels of a JPEG: its size, and how many different levels it has.
fn seen(jpeg: &Bytes) -> (u32, u32, usize) {
    let picture = image::load_from_memory_with_format(jpeg, image::ImageFormat::Jpeg).unwrap().to_rgb8();
    let levels: std::collections::HashSet<u8> = picture.as_raw().iter().copied().collect();
    (picture.width(), picture.height(), levels.len())
}

async fn looping(app: &TestApp) -> tokio::task::JoinHandle<(Publisher, std::io::Result<()>)> {
    let options = Options::new("sk_ada").pace(Pace::Speed(4.0)).loops(100);
    send(Publisher::connect(app.addresses.rtmp, options).await.unwrap(), tags("obs-gop2-bframes"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_keyframe_becomes_a_still_and_later_ones_get_other_numbers() {
    let app = TestApp::with(|config| {
        often(config);
        config.stills.keep = KEEP;
    })
    .await;
    app.stream.key("sk_ada", "ada");
    let publishing = looping(&app).await;
    let first = app.stream.report("a still", |r| r.still > 0).await;
    assert_eq!(first.still >> 20, first.epoch, "the epoch is in front of the number");
    let answer = app.get(&path(&first)).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "image/jpeg");
    assert_eq!(answer.headers()["cache-control"], "public, max-age=31536000, immutable");
    assert_eq!(answer.headers()["access-control-allow-origin"], "*");
    let jpeg = answer.bytes().await.unwrap();
    let (width, height, levels) = seen(&jpeg);
    assert!(width <= 640 && height <= 360 && levels > 30, "{width}x{height}, {levels} levels");
    let next = app.stream.report("a newer still", |r| r.still > first.still).await;
    assert_eq!(app.bytes(&path(&first)).await, jpeg, "a name never gets other bytes");
    app.bytes(&path(&next)).await;
    // Only the newest few are kept; what is not there was never another one.
    let last = app.stream.report("many stills", |r| r.still > first.still + KEEP as u64).await;
    until("the first one is gone", || async { app.get(&path(&first)).await.status() == 404 }).await;
    app.bytes(&path(&last)).await;
    for name in ["0.jpg", "01.jpg", "18446744073709551615.jpg", "x.jpg", "index.m3u8x"] {
        let path = format!("/live/b/{}/stills/{name}", first.broadcast_id);
        assert_eq!(app.get(&path).await.status(), 404, "{name}");
    }
    publishing.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_still_outlives_its_publisher_and_the_next_session_goes_on_with_higher_numbers() {
    let app = TestApp::with(often).await;
    app.stream.key("sk_ada", "ada");
    let some: Vec<Tag> = tags("obs-gop2-bframes").into_iter().filter(|tag| tag.timestamp < 3000).collect();
    let (publisher, sent) = send(app.publish("sk_ada").await.unwrap(), some.clone()).await.unwrap();
    sent.unwrap();
    let before = app.stream.report("a still", |r| r.still > 0).await;
    let jpeg = app.bytes(&path(&before)).await;
    publisher.reset().await.unwrap();
    app.stream.ended("lost").await;
    let kept = app.stream.report("the same while it is away", |r| r.epoch == 1 && r.still > 0).await;
    seen(&app.bytes(&path(&kept)).await);
    let (publisher, sent) = send(app.publish("sk_ada").await.unwrap(), some).await.unwrap();
    sent.unwrap();
    let after = app.stream.report("a still of the second session", |r| r.still >> 20 == 2).await;
    assert_eq!(after.broadcast_id, before.broadcast_id);
    assert_eq!(app.bytes(&path(&before)).await, jpeg);
    publisher.stop().await.unwrap();
    app.stream.ended("clean").await;
    // As long as the playlists.
    app.bytes(&path(&after)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broadcast_that_moves_takes_its_newest_still_along() {
    let a = TestApp::node("a", |c| c.drain = Setting::from_secs(5)).await;
    a.stream.key("sk_ada", "ada");
    let options = Options::new("sk_ada").pace(Pace::Speed(4.0)).loops(100);
    let mut publisher = Moving::connect(a.addresses.rtmp, options).await.unwrap();
    let publishing = tokio::spawn(async move {
        let _ = publisher.send(&tags("obs-gop2-bframes")).await;
    });
    let before = a.stream.report("a still", |r| r.still > 0).await;
    let jpeg = a.bytes(&path(&before)).await;
    // The new node makes none of its own.
    let b = a
        .beside("b", |c| {
            c.rtmp.bind = a.addresses.rtmp;
            c.stills.interval = Setting::from_secs(0);
        })
        .await;
    a.begin_stop();
    a.stream.draining("a").await;
    a.stream.elsewhere(1);
    let after = a.stream.report("the second epoch with the still", |r| r.epoch == 2 && r.still > 0).await;
    assert_eq!(after.still, before.still);
    assert_eq!(b.bytes(&path(&after)).await, jpeg);
    publishing.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_still_of_a_restricted_channel_is_for_who_may_watch() {
    let app = TestApp::with(often).await;
    *app.stream.watching.lock() = Some(3);
    app.stream.key("sk_ada", "ada");
    let publishing = looping(&app).await;
    let report = app.stream.report("a still", |r| r.still > 0).await;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let token = |sub: String, exp: u64| {
        let claims = Claims {
            sub: sub.parse().unwrap(),
            name: "ada".into(),
            jti: uuid::Uuid::now_v7(),
            ver: 3,
            way: Way::Person,
            who: None,
            first: now - 300,
            iat: now - 300,
            exp,
            iss: ISSUER.into(),
            aud: AUDIENCE.into(),
        };
        playback::sign(&app.stream_key, &claims).unwrap()
    };
    let (good, over) = (token(channel_of("ada"), now + 60), token(channel_of("ada"), now - 200));
    let other = token(channel_of("bob"), now + 60);
    for (query, status) in [
        (String::new(), 401),
        (format!("?token={over}"), 401),
        (format!("?token={other}"), 403),
        ("?token=made.up.one".into(), 403),
        (format!("?token={good}"), 200),
    ] {
        // The newest at this moment: they follow one another quickly here.
        let newest = app.stream.report("a still", |r| r.still >= report.still).await;
        let answer = app.get(&format!("{}{query}", path(&newest))).await;
        assert!(status != 200 || answer.headers()["cache-control"].to_str().unwrap().starts_with("private"));
        assert_eq!(answer.status(), status, "{query}");
    }
    publishing.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_keyframes_or_with_stills_off_there_are_none_and_the_broadcast_goes_on() {
    let app = TestApp::with(often).await;
    app.stream.key("sk_ada", "ada");
    app.stream.key("sk_bob", "bob");
    // Pictures that depend on others only; what makes it live is the sound.
    let no_keyframe = |tag: &Tag| {
        let is_header = tag.data.get(1) == Some(&0);
        tag.kind != Kind::Video || is_header || tag.data.first().is_some_and(|byte| byte >> 4 != 1)
    };
    let some: Vec<Tag> = tags("obs-gop2-bframes").into_iter().filter(no_keyframe).collect();
    let (publisher, sent) = send(app.publish("sk_ada").await.unwrap(), some).await.unwrap();
    sent.unwrap();
    publisher.stop().await.unwrap();
    app.stream.ended("clean").await;
    assert!(!app.stream.reported(|r| r.still > 0), "a still of nothing");

    let off = TestApp::with(|config| config.stills.interval = Setting::from_secs(0)).await;
    off.stream.key("sk_ada", "ada");
    let publishing = looping(&off).await;
    off.stream.report("three segments", |r| r.next_msn >= 4).await;
    assert!(!off.stream.reported(|r| r.still > 0), "stills are off");
    publishing.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_cannot_make_stills_costs_nothing_else() {
    let app = TestApp::with(|config| {
        often(config);
        config.worker = vec!["/bin/false".into()];
    })
    .await;
    app.stream.key("sk_ada", "ada");
    let publishing = looping(&app).await;
    app.stream.report("three segments", |r| r.next_msn >= 4).await;
    assert!(!app.stream.reported(|r| r.still > 0));
    publishing.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_still_above_the_bound_is_left_out() {
    let app = TestApp::with(|config| {
        often(config);
        (config.stills.quality, config.stills.bytes) = (100, ByteSize::new(4 << 10));
    })
    .await;
    app.stream.key("sk_ada", "ada");
    let publishing = looping(&app).await;
    app.stream.report("three segments", |r| r.next_msn >= 4).await;
    tokio::time::timeout(Duration::from_secs(20), async {
        while !refused(&app).await {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("one was made and left out");
    assert!(!app.stream.reported(|r| r.still > 0));
    publishing.abort();
}

/// Whether the metrics tell of a still that was left out.
async fn refused(app: &TestApp) -> bool {
    let url = format!("http://{}/metrics", app.addresses.admin);
    let text = app.http.get(url).send().await.unwrap().text().await.unwrap();
    text.lines().any(|line| line.starts_with("streamly_ingest_stills_total{outcome=\"refused\"}"))
}
