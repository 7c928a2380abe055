//! Every recorded publish of real encoders comes out whole, source and rung.

use crate::transcode::ALONE;
use crate::{
    app::{TestApp, tags},
    hls::{self, Playlist},
    probe,
};
use std::time::Duration;
use streamly_testkit::{
    flv::{FIXTURES, Kind, Tag},
    publisher::{Options, Pace, Publisher},
};
use tokio::time::timeout;

/// Twice real time: what a test can wait for.
const SPEED: f64 = 2.0;
/// Media after which a rung has its first part.
const BEGUN_MS: u32 = 1500;

/// Coded pictures in a publish.
pub fn pictures(name: &str) -> u64 {
    tags(name).iter().filter(|tag| is_picture(tag)).count() as u64
}

fn is_picture(tag: &Tag) -> bool {
    // Enhanced: coded frames, with a composition time or without; never a command.
    let enhanced = |first: u8| first >> 4 & 7 != 5 && matches!(first & 0x0f, 1 | 3);
    tag.kind == Kind::Video
        && match tag.data.first() {
            Some(first) if first & 0x80 != 0 => enhanced(*first),
            _ => tag.data.get(1) == Some(&1),
        }
}

/// The whole publish; its broadcast, ended. `rung` is one that there must be.
pub async fn published(app: &TestApp, name: &str, rung: &str) -> String {
    let username = name.replace('-', "_");
    app.stream.key(name, &username);
    let options = Options::new(name).pace(Pace::Speed(SPEED));
    let mut publisher = Publisher::connect(app.addresses.rtmp, options).await.unwrap();
    let (id, _) = app.stream.broadcast(&username).unwrap();
    send(app, &mut publisher, name, (&id, rung), 1).await;
    publisher.stop().await.unwrap();
    app.stream.ended_of(&id, "clean").await;
    id
}

/// Sends it all, but the most of it only when the rung has begun: a worker that needs long to start, on a busy machine and at twice the
/// speed, would lag behind further than a rung may.
async fn send(app: &TestApp, publisher: &mut Publisher, name: &str, (id, rung): (&str, &str), epoch: u64) {
    let tags = tags(name);
    let first = tags.iter().find(|tag| is_picture(tag)).unwrap().timestamp;
    let begun = tags.iter().position(|tag| is_picture(tag) && tag.timestamp >= first + BEGUN_MS).unwrap();
    for tag in &tags[..begun] {
        publisher.send_tag(tag).await.unwrap();
    }
    let path = format!("/live/b/{id}/{rung}/index.m3u8");
    let (part, opening) = (format!("{epoch}-"), format!("{epoch}-0."));
    let has_begun = |list: &Playlist| {
        list.parts.iter().any(|(uri, _)| uri.starts_with(&part) && !uri.starts_with(&opening))
    };
    let begins = async { while !has_begun(&Playlist::parse(&app.text(&path).await)) {} };
    timeout(Duration::from_secs(60), begins).await.expect("the rung begins");
    publisher.restart_clock();
    for tag in &tags[begun..] {
        publisher.send_tag(tag).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_recorded_publish_comes_out_whole() {
    let _alone = ALONE.lock().await;
    let app = TestApp::with(|config| config.ladder = vec!["160p".into()]).await;
    let folder = tempfile::tempdir().unwrap();
    for pair in FIXTURES.chunks(2) {
        let second = async {
            match pair.get(1) {
                Some(name) => Some((*name, published(&app, name, "160p").await)),
                None => None,
            }
        };
        let (first, second) = tokio::join!(published(&app, pair[0], "160p"), second);
        for (name, id) in [(pair[0], first)].into_iter().chain(second) {
            for rendition in ["source", "160p"] {
                let path = format!("/live/b/{id}/{rendition}/index.m3u8");
                let list = ended(&app, &path).await;
                assert_eq!((list.discontinuities, list.gaps), (0, 0), "{name} {rendition}");
                let (_, bytes) = hls::download(&app, &path).await;
                let file = folder.path().join(format!("{name}-{rendition}.mp4"));
                std::fs::write(&file, &bytes).unwrap();
                let tracks = probe::tracks(&file).await;
                println!(
                    "{name} {rendition}: {} pictures of {}, {} sounds, starts {:.3} and {:.3}",
                    tracks[0].frames,
                    pictures(name),
                    tracks[1].frames,
                    tracks[0].start,
                    tracks[1].start
                );
                assert_eq!(tracks[0].frames, pictures(name), "{name} {rendition}");
                assert!((tracks[0].start - tracks[1].start).abs() <= 0.045, "{name} {rendition}: {tracks:?}");
                probe::decodes_cleanly(&file).await;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_picture_size_after_a_reconnect_goes_on_at_every_rung() {
    let _alone = ALONE.lock().await;
    let app = TestApp::with(|config| config.ladder = vec!["160p".into()]).await;
    app.stream.key("sk_ada", "ada");
    let mut id = String::new();
    let sizes = [["640x360", "284x160"], ["852x480", "284x160"]];
    for ((name, epoch, last), sizes) in
        [("obs-resize", 1, false), ("obs-resize-2", 2, true)].into_iter().zip(sizes)
    {
        let options = Options::new("sk_ada").pace(Pace::Speed(SPEED));
        let mut publisher = Publisher::connect(app.addresses.rtmp, options).await.unwrap();
        id = app.stream.broadcast("ada").unwrap().0;
        send(&app, &mut publisher, name, (&id, "160p"), epoch).await;
        let variants = hls::variants(&app.text("/live/ada/index.m3u8").await);
        for ((info, _), size) in variants.iter().zip(sizes) {
            assert!(info.contains(&format!("RESOLUTION={size}")), "{name}: {info}");
        }
        assert_eq!(variants.len(), 2);
        if last {
            publisher.stop().await.unwrap();
        } else {
            publisher.cut().await.unwrap();
            app.stream.ended("lost").await;
        }
    }
    app.stream.ended("clean").await;
    let source = ended(&app, &format!("/live/b/{id}/source/index.m3u8")).await;
    let rung = ended(&app, &format!("/live/b/{id}/160p/index.m3u8")).await;
    assert_eq!((source.discontinuities, rung.discontinuities), (1, 1));
    assert_eq!((source.sequence, source.segments.len()), (rung.sequence, rung.segments.len()));
    assert_eq!(rung.gaps, 0);
    let folder = tempfile::tempdir().unwrap();
    for (list, rendition) in [(&source, "source"), (&rung, "160p")] {
        let break_at = list.segments.iter().position(|segment| segment.discontinuity).unwrap();
        let mut frames = 0;
        for (half, segments) in
            [&list.segments[..break_at], &list.segments[break_at..]].into_iter().enumerate()
        {
            let base = format!("/live/b/{id}/{rendition}");
            let mut bytes = app.bytes(&format!("{base}/{}", segments[0].map)).await.to_vec();
            for segment in segments {
                bytes.extend_from_slice(&app.bytes(&format!("{base}/{}", segment.uri)).await);
            }
            let file = folder.path().join(format!("{rendition}-{half}.mp4"));
            std::fs::write(&file, &bytes).unwrap();
            let tracks = probe::tracks(&file).await;
            println!("{rendition} {half}: {tracks:?}");
            frames += tracks[0].frames;
        }
        assert_eq!(frames, pictures("obs-resize") + pictures("obs-resize-2"), "{rendition}");
    }
}

pub async fn ended(app: &TestApp, path: &str) -> Playlist {
    for _ in 0..100 {
        let list = Playlist::parse(&app.text(path).await);
        if list.ended {
            return list;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("no ENDLIST in {path}");
}
