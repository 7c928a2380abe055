//! Real publishers against the connection: the testkit's own, ffmpeg and GStreamer, over real sockets.
//!
//! Bodies and timestamps are compared with the FLV files they come from. ffmpeg, cc and GStreamer's headers and
//! plugins must be installed; its tools need not be.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod server;

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use server::{Received, Server};
use streamly_rtmp::{CodecId, Event};
use streamly_testkit::fixture;
use streamly_testkit::flv::{self, Kind, Tag};
use streamly_testkit::publisher::{Options, Pace, Publisher, Refused};
use tokio::process::Command;
use tokio::time::timeout;

const KEY: &str = "sk_test_0123456789";
const PATIENCE: Duration = Duration::from_secs(60);

/// What a server must have got of these tags: audio and video, in order.
fn media_of(tags: &[Tag]) -> Vec<Tag> {
    tags.iter().filter(|tag| tag.kind != Kind::Script).cloned().collect()
}

async fn publish(name: &str, options: Options) -> Received {
    let server = Server::start(KEY).await;
    let tags = flv::read(&fixture(name)).unwrap();
    let mut publisher = Publisher::connect(server.address, options).await.unwrap();
    publisher.send(&tags).await.unwrap();
    publisher.stop().await.unwrap();
    server.finish().await
}

fn assert_same(name: &str, expected: &[Tag], received: &[Tag]) {
    assert_eq!(expected.len(), received.len(), "{name}: number of messages");
    for (index, (expected, received)) in expected.iter().zip(received).enumerate() {
        assert!(expected.data == received.data, "{name}: body of message {index}");
        assert_eq!(expected.kind, received.kind, "{name}: kind of message {index}");
        assert_eq!(expected.timestamp, received.timestamp, "{name}: time of message {index}");
    }
}

#[tokio::test]
async fn every_recorded_publish_arrives_byte_for_byte() {
    for name in flv::FIXTURES {
        let received = publish(name, Options::new(KEY)).await;
        let tags = flv::read(&fixture(name)).unwrap();
        assert_same(name, &media_of(&tags), &received.media);
        let scripts = tags.iter().filter(|tag| tag.kind == Kind::Script).count();
        assert_eq!(received.metadata.len(), scripts, "{name}: metadata");
        assert!(received.ended && received.error.is_none(), "{name}: {:?}", received.error);
    }
}

#[tokio::test]
async fn metadata_of_obs_is_typed() {
    let received = publish("obs-default", Options::new(KEY)).await;
    let metadata = &received.metadata[0];
    assert_eq!((metadata.width, metadata.height), (Some(640), Some(360)));
    assert_eq!(metadata.frame_rate, Some(30.0));
    assert_eq!(metadata.video_codec, Some(CodecId::Number(7)));
    assert_eq!(metadata.audio_sample_rate, Some(48_000));
    assert!(metadata.encoder.as_ref().unwrap().starts_with("obs-output module"));
    let connect = received.connect.unwrap();
    assert_eq!(connect.app, "live");
    assert!(connect.supports_go_away);
}

#[tokio::test]
async fn offset_and_loops_continue_the_timestamps() {
    let offset = u32::MAX - 3000;
    let received = publish("obs-resize", Options::new(KEY).offset(offset).loops(3)).await;
    let tags = media_of(&flv::read(&fixture("obs-resize")).unwrap());
    assert_eq!(received.media.len(), 3 * tags.len());
    assert_eq!(received.media[0].timestamp, tags[0].timestamp.wrapping_add(offset));
    let steps: Vec<_> = received
        .media
        .windows(2)
        .map(|pair| pair[1].timestamp.wrapping_sub(pair[0].timestamp) as i32)
        .collect();
    assert!(steps.iter().all(|step| (-200..=200).contains(step)), "{steps:?}");
}

#[tokio::test]
async fn a_paced_publisher_takes_its_time() {
    let started = tokio::time::Instant::now();
    publish("obs-resize", Options::new(KEY).pace(Pace::Speed(8.0))).await;
    let took = started.elapsed();
    assert!(took > Duration::from_millis(700) && took < Duration::from_secs(20), "{took:?}");
}

#[tokio::test]
async fn a_wrong_key_is_refused_with_the_description() {
    let server = Server::start(KEY).await;
    match Publisher::connect(server.address, Options::new("wrong")).await {
        Err(Refused::Status(status)) => {
            assert_eq!(status.level, "error");
            assert_eq!(status.code, "NetStream.Publish.BadName");
            assert_eq!(status.description, "no such key");
        }
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("accepted"),
    }
    let received = server.finish().await;
    assert!(received.media.is_empty() && !received.ended);
}

#[tokio::test]
async fn a_request_to_reconnect_is_seen() {
    let server = Server::start_draining(KEY).await;
    let mut publisher = Publisher::connect(server.address, Options::new(KEY)).await.unwrap();
    assert!(timeout(PATIENCE, publisher.asked_to_reconnect()).await.unwrap());
    publisher.stop().await.unwrap();
    server.finish().await;
}

#[tokio::test]
async fn a_cut_and_a_reset_end_without_publish_ended() {
    for reset in [false, true] {
        let server = Server::start(KEY).await;
        let publisher = Publisher::connect(server.address, Options::new(KEY)).await.unwrap();
        if reset {
            publisher.reset().await.unwrap()
        } else {
            publisher.cut().await.unwrap()
        }
        let received = timeout(PATIENCE, server.finish()).await.unwrap();
        assert!(!received.ended && received.error.is_none());
        assert_eq!(received.reset, reset);
    }
}

#[tokio::test]
async fn a_held_publisher_keeps_its_connection_until_it_is_dropped() {
    let server = Server::start(KEY).await;
    let tags = flv::read(&fixture("obs-resize")).unwrap();
    let mut publisher = Publisher::connect(server.address, Options::new(KEY)).await.unwrap();
    publisher.send_tag(&tags[0]).await.unwrap();
    let held = publisher.hold().await;
    assert!(!server.has_ended());
    drop(held);
    let received = timeout(PATIENCE, server.finish()).await.unwrap();
    assert_eq!((received.metadata.len(), received.ended), (1, false));
}

/// Runs a program to its end; its error output if it fails or takes too long.
async fn run(program: &str, arguments: &[&str]) {
    let child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap_or_else(|error| panic!("{program} must be installed: {error}"));
    let output = timeout(PATIENCE, child.wait_with_output()).await.expect("in time").unwrap();
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
}

async fn ffmpeg(source: &Path, key: &str) -> Received {
    let server = Server::start(KEY).await;
    let url = format!("rtmp://{}/live/{key}", server.address);
    let source = source.to_str().unwrap();
    run("ffmpeg", &["-v", "error", "-i", source, "-c", "copy", "-copyts", "-f", "flv", &url]).await;
    server.finish().await
}

/// Bodies of one kind, headers (packet type 0) and end of sequence (2) left out.
fn frames(tags: &[Tag], kind: Kind) -> Vec<&[u8]> {
    tags.iter()
        .filter(|tag| tag.kind == kind && tag.data.get(1) == Some(&1))
        .map(|tag| &tag.data[..])
        .collect()
}

#[tokio::test]
async fn ffmpeg_copies_every_frame() {
    for name in ["obs-default", "ffmpeg-bframes"] {
        let received = ffmpeg(&fixture(name), KEY).await;
        assert!(received.error.is_none() && received.ended, "{name}: {:?}", received.error);
        let tags = flv::read(&fixture(name)).unwrap();
        assert!(frames(&tags, Kind::Audio) == frames(&received.media, Kind::Audio), "{name}: audio");
        assert!(frames(&tags, Kind::Video) == frames(&received.media, Kind::Video), "{name}: video");
        let times = |tags: &[Tag]| -> Vec<u32> {
            tags.iter()
                .filter(|t| t.kind == Kind::Video && t.data.get(1) == Some(&1))
                .map(|t| t.timestamp)
                .collect()
        };
        let (sent, got) = (times(&tags), times(&received.media));
        let shift = got[0].wrapping_sub(sent[0]);
        assert!(sent.iter().zip(&got).all(|(a, b)| b.wrapping_sub(*a) == shift), "{name}: times");
        assert!(received.connect.unwrap().flash_ver.contains("Lavf"));
    }
}

/// Builds the pipeline runner beside this file; the libraries are those the workspace is built with.
async fn launcher(folder: &Path) -> String {
    let program = folder.join("launch").display().to_string();
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/real_publishers/launch.c");
    let flags = Command::new("pkg-config").args(["--cflags", "--libs", "gstreamer-1.0"]).output().await;
    let flags = String::from_utf8(flags.expect("pkg-config must be installed").stdout).unwrap();
    let mut arguments = vec![source, "-o", program.as_str()];
    arguments.extend(flags.split_whitespace());
    run("cc", &arguments).await;
    program
}

#[tokio::test]
async fn gstreamer_copies_every_frame() {
    let name = "gst-rtmp2sink";
    let folder = tempfile::tempdir().unwrap();
    let program = launcher(folder.path()).await;
    let server = Server::start(KEY).await;
    let pipeline = format!(
        "filesrc location={} ! flvdemux name=d flvmux name=m streamable=true ! rtmp2sink sync=false location=rtmp://{}/live/{KEY} \
         d.video ! queue ! h264parse ! video/x-h264,stream-format=avc,alignment=au ! m.video \
         d.audio ! queue ! aacparse ! m.audio",
        fixture(name).display(),
        server.address,
    );
    run(&program, &[&pipeline]).await;
    let received = server.finish().await;
    assert!(received.error.is_none() && received.ended, "{:?}", received.error);
    let tags = flv::read(&fixture(name)).unwrap();
    assert!(frames(&tags, Kind::Audio) == frames(&received.media, Kind::Audio), "audio");
    assert_eq!(frames(&tags, Kind::Video).len(), frames(&received.media, Kind::Video).len());
    assert!(frames(&tags, Kind::Video) == frames(&received.media, Kind::Video), "video");
    assert!(!received.metadata.is_empty());
}

#[tokio::test]
async fn ffmpeg_with_a_wrong_key_ends_without_media() {
    let server = Server::start(KEY).await;
    let url = format!("rtmp://{}/live/wrong", server.address);
    let source = fixture("obs-resize");
    let status = Command::new("ffmpeg")
        .args(["-v", "quiet", "-i", source.to_str().unwrap(), "-c", "copy", "-f", "flv", &url])
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .status();
    assert!(!timeout(PATIENCE, status).await.unwrap().unwrap().success());
    let received = server.finish().await;
    assert!(received.media.is_empty());
    assert!(
        received.requests.iter().all(|event| matches!(event, Event::PublishRequested { live: true, .. }))
    );
}
