//! HEVC, AV1 and Opus: passed through as the source, H.264 and AAC as the rungs.

use crate::{
    app::{TestApp, tags},
    fixtures::{ended, pictures, published},
    hls, probe,
    transcode::ALONE,
};
use std::time::Duration;
use streamly_testkit::{
    flv::Kind,
    publisher::{Options, Pace, Publisher},
};
use tokio::time::timeout;

/// A publish and what must come of it.
struct Publish {
    name: &'static str,
    rung: &'static str,
    /// CODECS of source and rung.
    codecs: [&'static str; 2],
    /// What ffprobe calls the source's tracks.
    tracks: [&'static str; 2],
}

const fn publish(
    name: &'static str,
    rung: &'static str,
    codecs: [&'static str; 2],
    tracks: [&'static str; 2],
) -> Publish {
    Publish { name, rung, codecs, tracks }
}

const PUBLISHES: [Publish; 3] = [
    publish("ffmpeg-hevc-aac", "160p", [HEVC_AND_AAC, "avc1.640014,mp4a.40.2"], ["hevc", "aac"]),
    publish("ffmpeg-hevc-opus", "160p", ["hvc1.1.6.L63.90,opus", "avc1.640014,mp4a.40.2"], ["hevc", "opus"]),
    publish("ffmpeg-av1-opus", "160p", ["av01.0.01M.08,opus", "avc1.640014,mp4a.40.2"], ["av1", "opus"]),
];

const HEVC_AND_AAC: &str = "hvc1.1.6.L63.90,mp4a.40.2";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn newer_codecs_pass_through_and_every_rung_is_h264_and_aac() {
    let _alone = ALONE.lock().await;
    let app = TestApp::with(|config| config.ladder = vec!["160p".into()]).await;
    for publish in &PUBLISHES {
        comes_out_whole(&app, publish).await;
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_no_larger_than_any_rung_has_one_of_its_size_for_browsers_without_its_codec() {
    let _alone = ALONE.lock().await;
    for wanted in [["480p", "360p"], ["720p", "480p"]] {
        let app = TestApp::with(|config| config.ladder = wanted.map(str::to_owned).to_vec()).await;
        let codecs = [HEVC_AND_AAC, "avc1.64001E,mp4a.40.2"];
        comes_out_whole(&app, &publish("ffmpeg-hevc-aac", "360p", codecs, ["hevc", "aac"])).await;
        app.stop().await;
    }
}

/// Source and rung, and no more, are told of and have every picture and the same segments.
async fn comes_out_whole(app: &TestApp, publish: &Publish) {
    let Publish { name, rung, codecs, tracks } = publish;
    let folder = tempfile::tempdir().unwrap();
    let username = name.replace('-', "_");
    let told = async {
        let has_both = |list: &str| hls::variants(list).len() == 2;
        let path = format!("/live/{username}/index.m3u8");
        loop {
            let response = app.get(&path).await;
            let list = response.text().await.unwrap();
            if has_both(&list) {
                break list;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let told = async { timeout(Duration::from_secs(60), told).await.expect("source and rung are told of") };
    let (id, list) = tokio::join!(published(app, name, rung), told);
    for ((info, _), codecs) in hls::variants(&list).iter().zip(codecs) {
        assert!(info.contains(&format!("CODECS=\"{codecs}\"")), "{name}: {info}");
    }
    let mut shapes = Vec::new();
    for (rendition, tracks) in [("source", tracks), (rung, &["h264", "aac"])] {
        let path = format!("/live/b/{id}/{rendition}/index.m3u8");
        let list = ended(app, &path).await;
        assert_eq!((list.discontinuities, list.gaps), (0, 0), "{name} {rendition}");
        let (_, bytes) = hls::download(app, &path).await;
        let file = folder.path().join(format!("{name}-{rendition}.mp4"));
        std::fs::write(&file, &bytes).unwrap();
        let found = probe::tracks(&file).await;
        let names: Vec<&str> = found.iter().map(|track| track.codec.as_str()).collect();
        assert_eq!(names, tracks, "{name} {rendition}");
        assert_eq!(found[0].frames, pictures(name), "{name} {rendition}: every picture");
        assert!((found[0].start - found[1].start).abs() <= 0.045, "{name} {rendition}: {found:?}");
        probe::decodes_cleanly(&file).await;
        let segments = list.segments.iter().map(|s| (s.uri.clone(), format!("{:.3}", s.duration)));
        shapes.push((list.sequence, segments.collect::<Vec<_>>()));
    }
    // The last segment ends with its last picture, whose order differs where there are B-frames.
    for (_, segments) in &mut shapes {
        segments.pop();
    }
    assert_eq!(shapes[0], shapes[1], "{name}: aligned");
}

/// A message with a pair of CEA-608 captions (ATSC A/53 part 4, 6.2.3), its length in front.
const CAPTIONS: [u8; 22] = *b"\0\0\0\x12\x06\x04\x0E\xB5\x00\x31GA94\x03\x41\xFF\xFC\x94\x2C\xFF\x80";
/// What any caption data begin with.
const BEGIN: std::ops::Range<usize> = 7..15;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn captions_that_begin_late_are_in_all_renditions_and_no_list_ever_denied_them() {
    let _alone = ALONE.lock().await;
    let app = TestApp::with(|config| config.ladder = vec!["160p".into()]).await;
    app.stream.key("sk_ada", "ada");
    let mut tags = tags("obs-gop2-bframes");
    let half = tags.len() / 2;
    let mut captioned = 0;
    for tag in tags[half..].iter_mut() {
        if tag.kind == Kind::Video && tag.data.get(1) == Some(&1) {
            tag.data = [&tag.data[..5], &CAPTIONS, &tag.data[5..]].concat().into();
            captioned += 1;
        }
    }
    let options = Options::new("sk_ada").pace(Pace::Speed(1.0));
    let mut publisher = Publisher::connect(app.addresses.rtmp, options).await.unwrap();
    for tag in &tags[..half] {
        publisher.send_tag(tag).await.unwrap();
    }
    let early = app.text("/live/ada/index.m3u8").await;
    for tag in &tags[half..] {
        publisher.send_tag(tag).await.unwrap();
    }
    publisher.stop().await.unwrap();
    app.stream.ended("clean").await;
    // A player reads it once, and hls.js throws captions away that it denied.
    let variants = hls::variants(&early);
    assert_eq!(variants.len(), 2, "{early}");
    assert!(!early.contains("CLOSED-CAPTIONS"), "{early}");
    for ((_, path), least) in variants.iter().zip([captioned, captioned / 2]) {
        ended(&app, path).await;
        let (_, media) = hls::download(&app, path).await;
        let found = media.windows(BEGIN.len()).filter(|bytes| *bytes == &CAPTIONS[BEGIN]).count();
        assert!(found >= least && found <= captioned, "{path}: {found} of {captioned}");
    }
    app.stop().await;
}

/// A worker that says it decodes H.264 alone, and fails as one does that really lacks the rest.
const H264_ALONE: &str =
    r#"if [ "$1" = decoders ]; then echo "decodes h264"; else exec "$0" transcode-worker "$@"; fi"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_codec_that_cannot_be_decoded_costs_the_rungs_gaps_and_they_come_back_with_the_old_one() {
    let _alone = ALONE.lock().await;
    let app = TestApp::with(|config| {
        config.ladder = vec!["160p".into()];
        let program = env!("CARGO_BIN_EXE_streamly-ingest");
        config.worker = ["/bin/sh", "-c", H264_ALONE, program].map(str::to_owned).to_vec();
    })
    .await;
    app.stream.key("sk_ada", "ada");
    let mut id = String::new();
    // What the worker decodes is asked at the start, seconds before it matters.
    for name in ["obs-resize", "ffmpeg-hevc-aac", "obs-resize-2"] {
        let options = Options::new("sk_ada").pace(Pace::Speed(1.0));
        let mut publisher = Publisher::connect(app.addresses.rtmp, options).await.unwrap();
        id = app.stream.broadcast("ada").unwrap().0;
        publisher.send(&tags(name)).await.unwrap();
        let is_shed = name == "ffmpeg-hevc-aac";
        app.stream
            .report(name, |report| report.renditions.get(1).is_some_and(|rung| rung.shed == is_shed))
            .await;
        if name == "obs-resize-2" {
            publisher.stop().await.unwrap();
        } else {
            publisher.cut().await.unwrap();
        }
    }
    app.stream.ended("clean").await;
    let (source_path, rung_path) =
        (format!("/live/b/{id}/source/index.m3u8"), format!("/live/b/{id}/160p/index.m3u8"));
    let (source, rung) = (ended(&app, &source_path).await, ended(&app, &rung_path).await);
    assert_eq!((source.gaps, source.discontinuities, rung.discontinuities), (0, 2, 2));
    assert_eq!(rung.next_msn(), source.next_msn(), "aligned to the end");
    assert!(rung.gaps > 0 && rung.gaps < rung.segments.len() - 2, "{} gaps", rung.gaps);
    let restarts = app.stream.report("any", |_| true).await.health.unwrap().worker_restarts;
    assert_eq!(restarts, 0, "nobody tried");
    let last = rung.segments.last().unwrap();
    let base = hls::folder(&rung_path);
    let mut bytes = app.bytes(&format!("{base}/{}", last.map)).await.to_vec();
    bytes.extend_from_slice(&app.bytes(&format!("{base}/{}", last.uri)).await);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("last.mp4");
    std::fs::write(&file, &bytes).unwrap();
    assert!(probe::tracks(&file).await[0].frames > 0);
    probe::decodes_cleanly(&file).await;
    app.stop().await;
}
