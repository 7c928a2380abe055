//! The rewind: viewers go back further than memory reaches, and the disk is never in the way of the live end.

use crate::{
    app::{TestApp, send, tags},
    hls::{self, Playlist},
    probe,
};
use std::{path::Path, time::Duration};
use streamly_config::{ByteSize, Duration as Setting};
use streamly_ingest::Config;
use streamly_testkit::publisher::{Options, Pace, Publisher};

/// Two-second segments, of which memory holds few; a folder for the others.
pub fn settings(config: &mut Config, folder: &Path) {
    config.target_duration = Setting::from_secs(2);
    config.window = Setting::from_secs(2);
    config.rewind_dir = Some(folder.to_owned());
    config.rewind_keep_free = ByteSize::new(0);
}

/// A recorded publish, over and over, eight times as fast as it was.
async fn publish(app: &TestApp) -> (tokio::task::JoinHandle<(Publisher, std::io::Result<()>)>, String) {
    app.stream.key("sk_ada", "ada");
    let options = Options::new("sk_ada").pace(Pace::Speed(8.0)).loops(60);
    let publisher = Publisher::connect(app.addresses.rtmp, options).await.unwrap();
    let sent = send(publisher, tags("obs-gop2-bframes"));
    let path = hls::variants(&app.text("/live/ada/index.m3u8").await)[0].1.clone();
    (sent, path)
}

/// The plain list, once it is as wanted; 60 s at most.
pub async fn list(app: &TestApp, path: &str, what: &str, so: impl Fn(&Playlist) -> bool) -> Playlist {
    let look = async {
        loop {
            let list = Playlist::parse(&app.text(&format!("{path}?ll=0")).await);
            if so(&list) {
                return list;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), look).await.unwrap_or_else(|_| panic!("never: {what}"))
}

pub async fn eventually(what: &str, so: impl Fn() -> bool) {
    let look = async {
        while !so() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), look).await.unwrap_or_else(|_| panic!("never: {what}"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn viewers_go_back_further_than_memory_reaches() {
    let folder = tempfile::tempdir().unwrap();
    // What an earlier run left goes; what is not ours stays.
    let left = folder.path().join("0193a5f0-0000-7000-8000-000000000001/source");
    std::fs::create_dir_all(&left).unwrap();
    std::fs::write(left.join("1-1.m4s"), b"old").unwrap();
    std::fs::create_dir(folder.path().join("photos")).unwrap();
    let app = TestApp::with(|config| {
        settings(config, folder.path());
        config.ended_linger = Setting::from_secs(2);
    })
    .await;
    let (sent, path) = publish(&app).await;
    eventually("leftovers are deleted", || !left.exists()).await;
    assert!(folder.path().join("photos").is_dir());

    let many = list(&app, &path, "a long list", |list| list.segments.len() >= 45).await;
    assert_eq!((many.sequence, many.gaps, many.discontinuities), (1, 0, 0), "from the first segment on");
    let first = &many.segments[0].uri;
    let on_disk = folder.path().join(path.strip_prefix("/live/b/").unwrap()).with_file_name(first);
    let url = format!("{}/{first}", hls::folder(&path));
    // Memory has let go of its parts, and so of it.
    assert_eq!(app.get(&url.replace(".m4s", ".0.m4s")).await.status(), 404);
    let whole = app.bytes(&url).await;
    assert_eq!(whole, std::fs::read(&on_disk).unwrap());
    let ranged = app.http.get(app.url(&url)).header("Range", "bytes=100-40099").send().await.unwrap();
    assert_eq!(ranged.status(), 206);
    assert_eq!(ranged.headers()["content-range"], format!("bytes 100-40099/{}", whole.len()).as_str());
    assert_eq!(ranged.bytes().await.unwrap(), whole.slice(100..40_100));
    let beyond = format!("bytes={}-", whole.len());
    let beyond = app.http.get(app.url(&url)).header("Range", beyond).send().await.unwrap();
    assert_eq!(beyond.status(), 416);
    let head = app.http.head(app.url(&url)).send().await.unwrap();
    assert_eq!(head.headers()["content-length"], whole.len().to_string().as_str());
    assert_eq!(head.headers()["cache-control"], "public, max-age=31536000, immutable");

    // The low-latency list has them too, and its updates leave them out.
    let full = app.text(&path).await;
    assert!(full.contains("#EXT-X-PART:") && full.contains(&format!("\n{first}\n")), "{full}");
    let delta = app.text(&format!("{path}?_HLS_skip=YES")).await;
    assert!(delta.contains("#EXT-X-SKIP:SKIPPED-SEGMENTS=") && delta.len() + 1500 < full.len(), "{delta}");

    // All of it plays from its beginning to the live end, over the border between disk and memory.
    let mut file = app.bytes(&format!("{}/{}", hls::folder(&path), many.maps[0])).await.to_vec();
    for segment in &many.segments {
        file.extend_from_slice(&app.bytes(&format!("{}/{}", hls::folder(&path), segment.uri)).await);
    }
    let played = folder.path().join("played.mp4");
    std::fs::write(&played, &file).unwrap();
    let seconds: f64 = many.segments.iter().map(|segment| segment.duration).sum();
    let frames = probe::tracks(&played).await[0].frames;
    assert!((frames as f64 / seconds - 30.0).abs() < 1.0, "{frames} pictures in {seconds} s");

    sent.abort();
    let id = app.stream.broadcast("ada").unwrap();
    app.stream.command_end(&id.0, id.1, "ended").await;
    let ended = list(&app, &path, "the end", |list| list.ended).await;
    assert_eq!(ended.sequence, 1, "the end keeps the rewind");
    assert_eq!(app.bytes(&url).await, whole);
    eventually("the folder goes with the broadcast", || !folder.path().join(&id.0).exists()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_oldest_go_first_when_the_bound_is_reached() {
    let folder = tempfile::tempdir().unwrap();
    let app = TestApp::with(|config| {
        settings(config, folder.path());
        config.rewind_bytes = ByteSize::new(3 << 20);
    })
    .await;
    let (sent, path) = publish(&app).await;
    let slid = list(&app, &path, "the first leave", |list| list.sequence > 20).await;
    let id = app.stream.broadcast("ada").unwrap().0;
    let source = folder.path().join(id).join("source");
    let bytes: u64 =
        std::fs::read_dir(&source).unwrap().filter_map(|file| Some(file.ok()?.metadata().ok()?.len())).sum();
    assert!(bytes > 2 << 20 && bytes <= 3 << 20, "{bytes} bytes");
    assert!(slid.segments.len() > 8, "{slid:?}");
    assert_eq!(app.get(&format!("{}/1-1.m4s", hls::folder(&path))).await.status(), 404);
    sent.abort();
}

/// A full disk, and a folder that cannot be had.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_takes_nothing_costs_the_rewind_and_not_the_live_end() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, b"").unwrap();
    let full = async {
        let app = TestApp::with(|config| {
            settings(config, folder.path());
            config.rewind_keep_free = ByteSize::new(u64::MAX / 4);
        })
        .await;
        goes_on(&app).await;
        assert!(std::fs::read_dir(folder.path()).unwrap().all(|entry| entry.unwrap().path().is_file()));
    };
    let not_had = async {
        let app = TestApp::with(|config| settings(config, &file.join("below"))).await;
        goes_on(&app).await;
    };
    tokio::join!(full, not_had);
}

async fn goes_on(app: &TestApp) {
    let (sent, path) = publish(app).await;
    let slid = list(app, &path, "the list slides", |list| list.sequence > 12).await;
    assert!(slid.segments.len() >= 6 && slid.segments.len() < 12, "{} segments", slid.segments.len());
    assert_eq!((slid.gaps, slid.discontinuities), (0, 0));
    for segment in &slid.segments {
        app.bytes(&format!("{}/{}", hls::folder(&path), segment.uri)).await;
    }
    let before = Playlist::parse(&app.text(&path).await);
    let after = app.text(&format!("{path}?_HLS_msn={}", before.next_msn())).await;
    assert!(Playlist::parse(&after).next_msn() > before.next_msn());
    sent.abort();
}
