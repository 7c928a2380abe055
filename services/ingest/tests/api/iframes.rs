//! The I-frame playlist, and what the multivariant playlist says of the bytes.

use crate::{
    app::{TestApp, send, tags},
    hls::{self, attribute},
    probe, rewind,
};
use std::path::Path;
use streamly_proto::stream::v1::State;
use streamly_testkit::publisher::{Options, Pace, Publisher};
use tokio::process::Command;

fn number(line: &str, name: &str) -> u64 {
    let value = line.split([':', ',']).find_map(|pair| pair.strip_prefix(&format!("{name}=")));
    value.unwrap_or_else(|| panic!("no {name} in {line}")).parse().unwrap()
}

/// Pictures and their types, as ffprobe reads a file.
async fn pictures(file: &Path) -> Vec<String> {
    let output = Command::new("ffprobe")
        .args(["-v", "quiet", "-select_streams", "v", "-show_entries", "frame=pict_type", "-of", "csv=p=0"])
        .arg(file)
        .output()
        .await
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    said.lines().map(|line| line.trim_end_matches(',').to_owned()).filter(|line| !line.is_empty()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_entry_is_one_keyframe_that_decodes_alone_in_the_source_and_in_a_rung() {
    let app = TestApp::with(|config| config.ladder = vec!["160p".into()]).await;
    app.stream.key("sk_ada", "ada");
    let url = format!("rtmp://{}/live/sk_ada", app.addresses.rtmp);
    let mut ffmpeg = probe::ffmpeg(&url, "320x240", 150, 25);
    app.stream.report("live", |r| r.state == State::Live as i32).await;
    let main = app.text("/live/ada/index.m3u8?sid=s1").await;
    assert!(ffmpeg.wait().await.unwrap().success());
    app.stream.ended("clean").await;
    let lines: Vec<&str> =
        main.lines().filter(|line| line.starts_with("#EXT-X-I-FRAME-STREAM-INF:")).collect();
    assert_eq!(lines.len(), 2, "{main}");
    let folder = tempfile::tempdir().unwrap();
    for line in lines {
        assert!(
            line.contains("CODECS=\"avc1.") && !line.contains("mp4a") && line.contains("RESOLUTION="),
            "{line}"
        );
        assert!(number(line, "BANDWIDTH") > 0);
        let path = attribute(line, "URI").unwrap();
        assert!(path.ends_with("/iframes.m3u8?sid=s1"), "{path}");
        let text = ended(&app, &path).await;
        let init = app.bytes(&format!("{}/{}", hls::folder(&path), attribute(&text, "URI").unwrap())).await;
        let (mut range, mut length, mut entries, mut seconds) = (None, 0.0f64, 0, 0.0f64);
        for line in text.lines() {
            if let Some(value) = line.strip_prefix("#EXTINF:") {
                length = value.trim_end_matches(',').parse().unwrap();
            } else if let Some(value) = line.strip_prefix("#EXT-X-BYTERANGE:") {
                let (bytes, at) = value.split_once('@').unwrap();
                range = Some((bytes.parse::<u64>().unwrap(), at.parse::<u64>().unwrap()));
            } else if !line.starts_with('#') {
                let (bytes, at) = range.take().unwrap();
                let asked = format!("bytes={at}-{}", at + bytes - 1);
                let url = app.url(&format!("{}/{line}", hls::folder(&path)));
                let part = app.http.get(url).header("Range", asked).send().await.unwrap();
                assert_eq!(part.status(), 206);
                let part = part.bytes().await.unwrap();
                assert_eq!((part.len() as u64, &part[4..8]), (bytes, &b"moof"[..]));
                let file = folder.path().join(format!("{entries}.mp4"));
                std::fs::write(&file, [init.clone(), part].concat()).unwrap();
                assert_eq!(pictures(&file).await, ["I"], "{line} {bytes}@{at} of {path}");
                entries += 1;
                seconds += length;
            }
        }
        assert!((5..=7).contains(&entries), "{entries} entries for six GOPs of {path}: {text}");
        assert!((seconds - 6.0f64).abs() < 1.1, "{seconds} s: {text}");
    }
}

/// The list with its end, 5 s at most.
async fn ended(app: &TestApp, path: &str) -> String {
    let look = async {
        loop {
            let text = app.text(path).await;
            if text.ends_with("#EXT-X-ENDLIST\n") {
                return text;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(5), look).await.expect("an end")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_announced_is_borne_out_by_the_bytes() {
    let app = TestApp::with(|config| config.target_duration = streamly_config::Duration::from_secs(2)).await;
    app.stream.key("sk_ada", "ada");
    let mut all = tags("obs-gop2-bframes");
    // Nobody tells a rate or a frame rate.
    all.retain(|tag| tag.kind != streamly_testkit::flv::Kind::Script);
    let options = Options::new("sk_ada").pace(Pace::Speed(8.0)).loops(20);
    let sent = send(Publisher::connect(app.addresses.rtmp, options).await.unwrap(), all);
    let path = hls::variants(&app.text("/live/ada/index.m3u8").await)[0].1.clone();
    let first = hls::variants(&app.text("/live/ada/index.m3u8").await)[0].0.clone();
    assert!(number(&first, "BANDWIDTH") > 6_000_000, "what is not known is assumed to be high: {first}");
    let list = rewind::list(&app, &path, "eight segments", |list| list.segments.len() >= 8).await;
    let line = hls::variants(&app.text("/live/ada/index.m3u8").await)[0].0.clone();
    let (mut bits, mut seconds, mut peak) = (0.0, 0.0, 0.0f64);
    for segment in &list.segments {
        let size = app.bytes(&format!("{}/{}", hls::folder(&path), segment.uri)).await.len() as f64 * 8.0;
        peak = peak.max(size / segment.duration);
        (bits, seconds) = (bits + size, seconds + segment.duration);
    }
    let (bandwidth, average) = (number(&line, "BANDWIDTH") as f64, number(&line, "AVERAGE-BANDWIDTH") as f64);
    println!("peak {peak:.0}, average {:.0}: {line}", bits / seconds);
    assert!(bandwidth >= peak && bandwidth <= peak * 1.8, "peak {peak}: {line}");
    assert!((average / (bits / seconds) - 1.0).abs() < 0.15, "average {}: {line}", bits / seconds);
    assert!(line.contains("FRAME-RATE=30.000"), "{line}");
    sent.abort();
}
