//! What an operator's Prometheus reads: numbers that follow what publishers did. A test binary of its own, with one test, since a
//! process has one set of metrics.

#![allow(clippy::unwrap_used)]

#[allow(dead_code)]
#[path = "api/app.rs"]
mod app;
#[allow(dead_code)]
#[path = "api/stream.rs"]
mod stream;

use app::{TestApp, send, tags};
use std::time::{Duration, Instant};
use streamly_proto::stream::v1::State;
use streamly_testkit::{
    flv::{Kind, Tag},
    publisher::{Options, Pace, Publisher},
};

struct Metrics(String);

impl Metrics {
    async fn read(app: &TestApp) -> Self {
        let url = format!("http://{}/metrics", app.addresses.admin);
        Self(app.http.get(url).send().await.unwrap().text().await.unwrap())
    }

    /// The value of the series written exactly so; 0 for one that is not there yet.
    fn of(&self, series: &str) -> f64 {
        let line = self.0.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        line.map_or(0.0, |value| value.parse().unwrap())
    }

    /// Waits until the series has that value: a connection's end is noticed a moment after it.
    async fn until(app: &TestApp, series: &str, value: f64) -> Self {
        let asked = Instant::now();
        loop {
            let metrics = Self::read(app).await;
            if metrics.of(series) == value {
                return metrics;
            }
            assert!(asked.elapsed() < Duration::from_secs(5), "{series} is not {value}:\n{}", metrics.0);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

fn until_ms(ms: u32) -> Vec<Tag> {
    tags("obs-gop2-bframes").into_iter().filter(|tag| tag.timestamp < ms).collect()
}

const SESSIONS: &str = "streamly_ingest_sessions{transport=\"rtmp\"}";
const BROADCASTS: &str = "streamly_ingest_broadcasts";
const PARTS: &str = "streamly_ingest_part_latency_seconds_count{kind=\"source\"}";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_metrics_follow_a_publish_a_take_over_a_reconnect_and_a_refusal() {
    // As the program does: before anything is counted.
    streamly_telemetry::metrics().unwrap();
    let app = TestApp::spawn().await;
    app.stream.key("sk_ada", "ada");
    let before = Metrics::read(&app).await;
    assert_eq!((before.of(SESSIONS), before.of(BROADCASTS), before.of(PARTS)), (0.0, 0.0, 0.0));

    // A tag that is no tag, in the middle of good ones.
    let mut first = until_ms(2_500);
    let broken = Tag { kind: Kind::Video, timestamp: 900, data: vec![0x17, 1].into() };
    first.insert(first.iter().position(|tag| tag.timestamp > 900).unwrap(), broken);
    let bytes: usize = first.iter().map(|tag| tag.data.len()).sum();
    let (held, sent) = send(app.publish("sk_ada").await.unwrap(), first).await.unwrap();
    sent.unwrap();
    app.stream.report("live", |r| r.state == State::Live as i32 && r.next_msn >= 2).await;
    let live = Metrics::until(&app, SESSIONS, 1.0).await;
    assert_eq!((live.of(BROADCASTS), live.of("streamly_ingest_publishes_total")), (1.0, 1.0));
    let received = live.of("streamly_ingest_received_bytes_total");
    assert!(received > bytes as f64 && received < bytes as f64 * 1.2, "{received} of {bytes}");
    assert_eq!(live.of("streamly_ingest_frames_dropped_total{reason=\"malformed\"}"), 1.0);
    // 2.5 s in parts of a sixth of a second, the open one not counted.
    assert!((12.0..=16.0).contains(&live.of(PARTS)), "{}", live.0);
    let slow = PARTS.replace("_count{", "_bucket{").replace("\"}", "\",le=\"0.25\"}");
    assert!(live.of(&slow) >= 12.0, "{}", live.0);

    // The old socket stays open: a take-over.
    let (publisher, sent) = send(app.publish("sk_ada").await.unwrap(), until_ms(2_500)).await.unwrap();
    sent.unwrap();
    let taken = Metrics::until(&app, SESSIONS, 1.0).await;
    assert_eq!(taken.of("streamly_ingest_takeovers_total"), 1.0);
    assert_eq!(taken.of("streamly_ingest_reconnects_total"), 0.0);
    assert_eq!(taken.of("streamly_ingest_discontinuities_total{reason=\"reconnected\"}"), 1.0);
    let silent = |metrics: &Metrics| metrics.of("streamly_ingest_silent_frames_total");
    assert_eq!(silent(&live), 0.0);
    assert!((1.0..10.0).contains(&silent(&taken)), "{}", taken.0);
    drop(held);

    // Lost, then back: a reconnect.
    publisher.reset().await.unwrap();
    Metrics::until(&app, "streamly_ingest_publishers_lost_total", 1.0).await;
    let (publisher, sent) = send(app.publish("sk_ada").await.unwrap(), until_ms(2_500)).await.unwrap();
    sent.unwrap();
    publisher.stop().await.unwrap();
    app.stream.ended("clean").await;
    let over = Metrics::until(&app, SESSIONS, 0.0).await;
    assert_eq!(over.of("streamly_ingest_reconnects_total"), 1.0);
    assert_eq!(over.of("streamly_ingest_takeovers_total"), 1.0);
    assert_eq!(over.of("streamly_ingest_discontinuities_total{reason=\"reconnected\"}"), 2.0);
    assert_eq!(over.of(BROADCASTS), 0.0);

    assert!(app.publish("sk_nobody").await.is_err());
    let refused = Metrics::read(&app).await;
    assert_eq!(refused.of("streamly_ingest_publishes_refused_total{code=\"unknown_key\"}"), 1.0);
    assert_eq!(refused.of("streamly_ingest_publishes_total"), 3.0);
    app.stop().await;
    sound_that_a_rung_lacks_is_counted().await;
}

/// A worker that reads nothing: what does not fit in front of it is dropped.
async fn sound_that_a_rung_lacks_is_counted() {
    let app = TestApp::with(|config| {
        config.ladder = vec!["160p".into()];
        config.worker = ["/bin/sh", "-c", "exec sleep 600"].map(str::to_owned).to_vec();
    })
    .await;
    app.stream.key("sk_ben", "ben");
    let options = Options { loops: 6, ..Options::new("sk_ben").pace(Pace::Speed(8.0)) };
    let mut publisher = Publisher::connect(app.addresses.rtmp, options).await.unwrap();
    publisher.send(&tags("ffmpeg-hevc-opus")).await.unwrap();
    app.stream.report("live", |r| r.state == State::Live as i32 && r.next_msn >= 10).await;
    let behind = |metrics: &Metrics, reason: &str| {
        metrics.of(&format!("streamly_ingest_frames_dropped_total{{reason=\"{reason}\"}}"))
    };
    let metrics = Metrics::read(&app).await;
    assert!(behind(&metrics, "transcoder_behind") > 100.0, "{}", metrics.0);
    assert!(behind(&metrics, "transcoder_sound") > 100.0, "{}", metrics.0);
    app.stop().await;
}
