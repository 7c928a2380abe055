//! Publishing and watching: what comes out is what went in, in time, and stays for as long as promised.

use crate::{
    app::{TestApp, send, tags},
    hls::{self, Playlist},
    probe,
};
use std::time::{Duration, Instant};
use streamly_proto::stream::v1::State;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_source_plays_frame_for_frame_and_the_end_is_told() {
    let app = TestApp::spawn().await;
    app.stream.key("sk_ada", "ada");
    assert_eq!(app.get("/live/ada/index.m3u8").await.status(), 404);
    let tags = tags("obs-gop2-bframes");
    let publisher = app.publish("sk_ada").await.unwrap();
    let sent = send(publisher, tags.clone());

    let main = app.text("/live/Ada/index.m3u8?sid=s1").await;
    let variants = hls::variants(&main);
    assert_eq!(variants.len(), 1, "{main}");
    let (info, path) = &variants[0];
    assert!(info.contains("avc1.") && info.contains("mp4a.40.2") && info.contains("RESOLUTION="), "{info}");
    assert!(path.ends_with("/source/index.m3u8?sid=s1"), "{path}");
    let path = path.split('?').next().unwrap().to_owned();

    // The blocking reload comes right after the part, one after the other, never late.
    let mut list = Playlist::parse(&app.text(&path).await);
    for _ in 0..8 {
        let (msn, part) = (list.next_msn(), list.open_parts);
        let asked = Instant::now();
        list = Playlist::parse(&app.text(&format!("{path}?_HLS_msn={msn}&_HLS_part={part}")).await);
        assert!(asked.elapsed() < Duration::from_millis(900), "took {:?}", asked.elapsed());
        assert!(list.next_msn() > msn || list.open_parts > part);
    }
    // A hinted part is held until it is there.
    let hint = list.hint.clone().expect("a live playlist hints");
    let folder = hls::folder(&path).to_owned();
    assert!(!app.bytes(&format!("{folder}/{hint}")).await.is_empty());
    for (uri, length) in &list.parts {
        assert!(*length <= list.part_target, "{uri} lasts {length}");
    }

    let (publisher, outcome) = sent.await.unwrap();
    outcome.unwrap();
    let stopped = Instant::now();
    publisher.stop().await.unwrap();
    let ended = app.stream.ended("clean").await;
    assert!(stopped.elapsed() < Duration::from_secs(3));
    assert_eq!(app.get("/live/ada/index.m3u8").await.status(), 404, "over");
    let (list, file) = hls::download(&app, &path).await;
    assert!(list.ended && list.discontinuities == 0 && list.gaps == 0, "{list:?}");
    assert_eq!(ended.next_msn, list.next_msn());

    let folder = tempfile::tempdir().unwrap();
    let file_path = folder.path().join("source.mp4");
    std::fs::write(&file_path, &file).unwrap();
    let tracks = probe::tracks(&file_path).await;
    let pictures = tags
        .iter()
        .filter(|tag| tag.kind == streamly_testkit::flv::Kind::Video && tag.data.get(1) == Some(&1))
        .count();
    assert_eq!(tracks[0].frames, pictures as u64, "no frame lost");
    assert_eq!((tracks[0].codec.as_str(), tracks[1].codec.as_str()), ("h264", "aac"));
    assert!((tracks[0].start - tracks[1].start).abs() <= 0.045, "{tracks:?}");
    probe::decodes_cleanly(&file_path).await;
    app.stop().await;
}

/// A stock OBS sends a keyframe every 8.33 s.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_waits_for_a_stock_encoder_need_not_wait_for_its_second_keyframe() {
    let app = TestApp::spawn().await;
    app.stream.key("sk_ada", "ada");
    let sent = send(app.publish("sk_ada").await.unwrap(), tags("obs-default"));
    let path = hls::variants(&app.text("/live/ada/index.m3u8").await)[0].1.clone();
    let started = Instant::now();
    let list = Playlist::parse(&app.text(&path).await);
    assert!(started.elapsed() < Duration::from_millis(2500), "took {:?}", started.elapsed());
    assert_eq!((list.gaps, list.segments.len(), list.sequence), (1, 1, 0), "{list:?}");
    let (first, _) = list.parts.iter().find(|(uri, _)| uri == "1-1.0.m4s").expect("the first part");
    assert!(!app.bytes(&format!("{}/{first}", hls::folder(&path))).await.is_empty());
    let media: f64 = list.parts.iter().skip(2).map(|(_, length)| length).sum();
    assert!(media >= 2.5 * list.part_target, "a player starts two and a half parts before the end: {list:?}");
    let list = Playlist::parse(&app.text(&format!("{path}?_HLS_msn=1")).await);
    assert_eq!((list.gaps, list.segments[0].uri.as_str()), (0, "1-1.m4s"), "{list:?}");
    sent.abort();
}

/// Who joins stays as far behind as the first list was old (hls.js as it comes catches up by itself never).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_first_list_is_told_when_it_is_newest() {
    let app = TestApp::spawn().await;
    app.stream.key("sk_ada", "ada");
    let sent = send(app.publish("sk_ada").await.unwrap(), tags("obs-gop2-bframes"));
    let path = hls::variants(&app.text("/live/ada/index.m3u8").await)[0].1.clone();
    let mut list = Playlist::parse(&app.text(&path).await);
    let mut newer = 0;
    for _ in 0..8 {
        let (msn, part) = (list.next_msn(), list.open_parts);
        let just_told = app.text(&format!("{path}?_HLS_msn={msn}&_HLS_part={part}")).await;
        list = Playlist::parse(&app.text(&path).await);
        let before = Playlist::parse(&just_told);
        newer += u32::from((list.next_msn(), list.open_parts) > (before.next_msn(), before.open_parts));
    }
    assert!(newer >= 4, "{newer} of 8 lists came with a part of their own");
    // When nothing comes, what is there is told.
    sent.abort();
    let _ = sent.await;
    assert!(!Playlist::parse(&app.text(&path).await).parts.is_empty());
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_part_is_there_soon_after_the_first_keyframe() {
    let app = TestApp::spawn().await;
    app.stream.key("sk_ada", "ada");
    let publisher = app.publish("sk_ada").await.unwrap();
    let asked = app.http.get(app.url("/live/ada/index.m3u8")).send();
    let started = Instant::now();
    let sent = send(publisher, tags("obs-gop2-bframes"));
    assert_eq!(asked.await.unwrap().status(), 200);
    let took = started.elapsed();
    println!("first keyframe → first part fetchable: {took:?}");
    assert!(took < Duration::from_millis(1500), "took {took:?}");
    let live = app.stream.report("live", |report| report.state == State::Live as i32).await;
    assert_eq!(live.renditions[0].name, "source");
    assert!(live.renditions[0].codecs.starts_with("avc1."));
    let healthy = |report: &streamly_proto::stream::v1::BroadcastReport| {
        report.health.as_ref().is_some_and(|health| {
            health.keyframe_interval_ms.abs_diff(2000) < 50
                && (health.fps - 30.0).abs() < 2.0
                && health.video_bitrate_bps > 0
                && health.audio_bitrate_bps > 0
        })
    };
    let healthy = app.stream.report("measured health", healthy).await;
    let health = healthy.health.unwrap();
    assert!(health.encoder.contains("obs"), "{health:?}");
    assert_eq!(health.audio_channels, 2);
    sent.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_origin_answers_ranges_heads_and_errors_with_cors() {
    let app = TestApp::spawn().await;
    app.stream.key("sk_ada", "ada");
    let publisher = app.publish("sk_ada").await.unwrap();
    let _sent = send(publisher, tags("obs-gop2-bframes"));
    let main = app.text("/live/ada/index.m3u8").await;
    let path = hls::variants(&main)[0].1.clone();
    let list = Playlist::parse(&app.text(&format!("{path}?_HLS_msn=1")).await);
    let folder = hls::folder(&path);
    let name = format!("{folder}/{}", list.segments[0].uri);
    let whole = app.bytes(&name).await;
    let ranged = app.http.get(app.url(&name)).header("Range", "bytes=10-1000009").send().await.unwrap();
    assert_eq!(ranged.status(), 206);
    assert_eq!(ranged.headers()["cache-control"], "public, max-age=31536000, immutable");
    assert_eq!(ranged.bytes().await.unwrap(), whole.slice(10..whole.len().min(1_000_010)));
    let head = app.http.head(app.url(&name)).send().await.unwrap();
    assert_eq!(head.headers()["content-length"], whole.len().to_string().as_str());
    assert!(head.bytes().await.unwrap().is_empty());
    let cases = [
        (format!("{folder}/9-999.m4s"), 404, "not_found"),
        (format!("{path}?_HLS_msn=99"), 400, "playlist_out_of_range"),
        (format!("{path}?_HLS_part=1"), 400, "malformed_request"),
        ("/live/nobody/index.m3u8".to_owned(), 404, "channel_offline"),
        ("/live/b/none/source/index.m3u8".to_owned(), 404, "broadcast_not_found"),
        (folder.replace("/source", "/144p") + "/index.m3u8", 404, "not_found"),
    ];
    for (path, status, code) in cases {
        let response = app.get(&path).await;
        assert_eq!(response.status(), status, "{path}");
        assert_eq!(response.headers()["access-control-allow-origin"], "*", "{path}");
        let problem: serde_json::Value = response.json().await.unwrap();
        assert_eq!(problem["code"], code, "{path}");
        assert_eq!(problem["request_id"].as_str().map(str::len), Some(36));
    }
    let preflight = app.http.request(reqwest::Method::OPTIONS, app.url(&name)).send().await.unwrap();
    assert_eq!(preflight.status(), 204);
    let plain = app.text(&format!("{path}?ll=0")).await;
    assert!(!plain.contains("EXT-X-PART"), "{plain}");
    assert!(app.text("/live/ada/index.m3u8?ll=0").await.contains("index.m3u8?ll=0"));
}
