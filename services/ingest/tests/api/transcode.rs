//! The rungs: planned at once, aligned with the source, and gone for a moment only when their worker dies.

use crate::{
    app::{TestApp, send, tags},
    hls::{self, Playlist},
    probe,
};
use nix::sys::signal::Signal;
use std::time::{Duration, Instant};
use streamly_proto::stream::v1::{BroadcastReport, State};
use streamly_testkit::{
    flv::{Kind, Tag},
    publisher::{Options, Pace, Publisher},
};
use tokio::{sync::Mutex, time::timeout};

/// One at a time: one of these tests kills the workers of this process, and two ladders at once are not real time on two cores.
pub static ALONE: Mutex<()> = Mutex::const_new(());

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_rung_plays_and_is_aligned_with_the_source() {
    let _alone = ALONE.lock().await;
    let app = TestApp::with(|config| config.ladder = vec!["360p".into(), "160p".into()]).await;
    app.stream.key("sk_ada", "ada");
    let url = format!("rtmp://{}/live/sk_ada", app.addresses.rtmp);
    // Until the worker's cost is told, however long it takes to start.
    let mut ffmpeg = probe::ffmpeg(&url, "854x480", 3000, 50);
    app.stream.report("starting", |_| true).await;
    let main = app.text("/live/ada/index.m3u8").await;
    let variants = hls::variants(&main);
    assert_eq!(variants.len(), 3, "{main}");
    app.stream
        .report("what the worker costs", |r| {
            r.next_msn >= 4 && r.health.as_ref().is_some_and(|h| h.transcode_cpu_permille > 0)
        })
        .await;
    probe::stop(&mut ffmpeg).await;
    app.stream.ended("clean").await;
    let folder = tempfile::tempdir().unwrap();
    let mut lists = Vec::new();
    let mut frames = 0;
    for (info, path) in &variants {
        let ended = ended(&app, path).await;
        let (list, file) = hls::download(&app, path).await;
        assert_eq!(list.segments.len(), ended.segments.len());
        let name = path.split('/').nth(4).unwrap();
        let file_path = folder.path().join(format!("{name}.mp4"));
        std::fs::write(&file_path, &file).unwrap();
        let tracks = probe::tracks(&file_path).await;
        println!("{name}: {tracks:?}");
        assert!(info.contains(&format!("RESOLUTION={}x{}", tracks[0].width, tracks[0].height)), "{info}");
        assert_eq!((tracks[0].codec.as_str(), tracks[1].codec.as_str()), ("h264", "aac"));
        if name == "source" {
            frames = tracks[0].frames;
        }
        assert!(frames >= 50, "{frames} frames");
        assert_eq!(tracks[0].frames, frames, "{name} lost frames");
        assert!((tracks[0].start - tracks[1].start).abs() <= 0.045, "{tracks:?}");
        probe::decodes_cleanly(&file_path).await;
        lists.push(list);
    }
    let shape = |list: &Playlist| {
        let segments: Vec<_> =
            list.segments.iter().map(|s| (s.uri.clone(), format!("{:.3}", s.duration))).collect();
        (list.sequence, segments)
    };
    for rung in &lists[1..] {
        assert_eq!(shape(rung), shape(&lists[0]));
        assert_eq!((rung.discontinuities, rung.gaps), (0, 0));
    }
    app.stop().await;
}

/// The playlist once it has its end.
async fn ended(app: &TestApp, path: &str) -> Playlist {
    let asked = Instant::now();
    loop {
        let list = Playlist::parse(&app.text(path).await);
        if list.ended {
            return list;
        }
        assert!(asked.elapsed() < Duration::from_secs(20), "no ENDLIST in {path}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_worker_costs_the_rungs_a_moment_and_the_source_nothing() {
    damaged(Signal::SIGKILL, 5).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_worker_costs_the_rungs_some_seconds_and_the_source_nothing() {
    damaged(Signal::SIGSTOP, 9).await;
}

/// A publish of twelve seconds whose worker is sent the signal; the rung may have so many gaps.
async fn damaged(signal: Signal, gaps_max: usize) {
    let _alone = ALONE.lock().await;
    let app = TestApp::with(|config| config.ladder = vec!["160p".into()]).await;
    app.stream.key("sk_ada", "ada");
    let url = format!("rtmp://{}/live/sk_ada", app.addresses.rtmp);
    let mut ffmpeg = probe::ffmpeg(&url, "320x240", 300, 25);
    app.stream
        .report("rungs started", |r| r.renditions.get(1).is_some_and(|rung| rung.encoder == "x264enc"))
        .await;
    let live = app.stream.report("live", |r| r.state == State::Live as i32 && r.next_msn >= 3).await;
    signal_workers(signal);
    app.stream.report("the restart", |r| r.health.as_ref().is_some_and(|h| h.worker_restarts == 1)).await;
    assert!(ffmpeg.wait().await.unwrap().success());
    app.stream.ended("clean").await;
    let source = format!("/live/b/{}/source/index.m3u8", live.broadcast_id);
    let rung = format!("/live/b/{}/160p/index.m3u8", live.broadcast_id);
    let rung_path = rung.clone();
    let (rung, source_list) = (ended(&app, &rung).await, ended(&app, &source).await);
    assert_eq!((source_list.gaps, source_list.discontinuities), (0, 0));
    assert_eq!(rung.next_msn(), source_list.next_msn(), "aligned to the end");
    assert!(rung.gaps <= gaps_max, "{} gaps", rung.gaps);
    assert_eq!(rung.discontinuities, 0, "its timeline is the source's all the while");
    let folder = tempfile::tempdir().unwrap();
    let (_, file) = hls::download(&app, &source).await;
    let path = folder.path().join("source.mp4");
    std::fs::write(&path, &file).unwrap();
    assert_eq!(probe::tracks(&path).await[0].frames, 300);
    // The last segment is whole again: the rung came back.
    let folder_of = hls::folder(&rung_path);
    let last = rung.segments.last().unwrap();
    let mut bytes = app.bytes(&format!("{folder_of}/{}", last.map)).await.to_vec();
    bytes.extend_from_slice(&app.bytes(&format!("{folder_of}/{}", last.uri)).await);
    let path = folder.path().join("rung.mp4");
    std::fs::write(&path, &bytes).unwrap();
    assert_eq!(probe::tracks(&path).await[0].frames, 25);
}

/// The signal to this process's own transcode workers.
pub fn signal_workers(signal: Signal) {
    let workers = workers();
    assert!(!workers.is_empty(), "no worker found");
    for pid in workers {
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), signal).unwrap();
    }
}

/// This process's own transcode workers.
fn workers() -> Vec<i32> {
    let me = std::process::id();
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<i32>().ok()) else {
            continue;
        };
        let stat = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let parent =
            stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(1)?.parse::<u32>().ok());
        let command = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        if parent == Some(me) && command.windows(16).any(|w| w == b"transcode-worker") {
            found.push(pid);
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_worker_the_source_goes_on_alone() {
    let app = TestApp::with(|config| {
        config.ladder = vec!["160p".into()];
        config.worker = vec!["/nonexistent/worker".into()];
    })
    .await;
    app.stream.key("sk_ada", "ada");
    let _sent = send(app.publish("sk_ada").await.unwrap(), tags("obs-gop2-bframes"));
    let asked = Instant::now();
    loop {
        let main = app.text("/live/ada/index.m3u8").await;
        assert!(main.contains("/source/"), "{main}");
        if hls::variants(&main).len() == 1 {
            break;
        }
        assert!(asked.elapsed() < Duration::from_secs(20), "{main}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_no_encoder_can_be_used_the_rungs_are_shed_and_the_source_goes_on() {
    let app = TestApp::with(|config| {
        config.ladder = vec!["160p".into()];
        config.encoders = vec!["nvh264enc".into(), "vah264enc".into()];
    })
    .await;
    app.stream.key("sk_ada", "ada");
    let _sent = send(app.publish("sk_ada").await.unwrap(), tags("obs-gop2-bframes"));
    let told = app.stream.report("shed", |r| r.renditions.get(1).is_some_and(|rung| rung.shed)).await;
    app.stream.report("live", |r| r.state == State::Live as i32 && r.next_msn > told.next_msn).await;
    let main = app.text("/live/ada/index.m3u8").await;
    assert_eq!(hls::variants(&main).len(), 1, "{main}");
    assert!(main.contains("/source/"), "{main}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_cannot_be_used_gives_way_to_the_next_in_the_configuration() {
    let _alone = ALONE.lock().await;
    let app = TestApp::with(|config| {
        config.ladder = vec!["160p".into()];
        config.encoders = vec!["nvh264enc".into(), "x264enc".into()];
    })
    .await;
    app.stream.key("sk_ada", "ada");
    let _sent = send(app.publish("sk_ada").await.unwrap(), tags("obs-gop2-bframes"));
    app.stream.report("x264enc", |r| r.renditions.get(1).is_some_and(|rung| rung.encoder == "x264enc")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_spent_budget_leaves_the_second_broadcast_its_source_and_its_rung_comes_when_there_is_room() {
    let _alone = ALONE.lock().await;
    // Room for one rung as estimated (0.13 cores), for two as measured, on a slow machine, too: nothing moves in the pictures.
    let app = TestApp::with(|config| {
        config.ladder = vec!["160p".into()];
        config.transcode_budget = 0.25;
    })
    .await;
    let mut publishers = Vec::new();
    for name in ["ada", "ben"] {
        let key = format!("sk_{name}");
        app.stream.key(&key, name);
        publishers.push(probe::still(&format!("rtmp://{}/live/{key}", app.addresses.rtmp), "320x240", 60));
        let begun = Instant::now();
        while app.stream.broadcast(name).is_none() {
            assert!(begun.elapsed() < Duration::from_secs(20), "{name} does not publish");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let (id, _) = app.stream.broadcast(name).unwrap();
        app.stream.report("live", |r| r.broadcast_id == id && r.state == State::Live as i32).await;
    }
    let (first, _) = app.stream.broadcast("ada").unwrap();
    let (second, _) = app.stream.broadcast("ben").unwrap();
    assert_eq!(hls::variants(&app.text("/live/ada/index.m3u8").await).len(), 2);
    let main = app.text("/live/ben/index.m3u8").await;
    assert_eq!(hls::variants(&main).len(), 1, "{main}");
    // The rung that waits has gaps, nothing that has to be waited for, then it is gone.
    let rung = format!("/live/b/{second}/160p/index.m3u8");
    let list = Playlist::parse(&app.text(&rung).await);
    assert_eq!(list.gaps, list.segments.len());
    let begun = Instant::now();
    let until = async |wanted: u16| {
        while app.get(&rung).await.status() != wanted {
            assert!(begun.elapsed() < Duration::from_secs(180), "never {wanted}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    until(404).await;
    until(200).await;
    println!("given back after {:?}", begun.elapsed());
    app.stream
        .report("made", |r| {
            let rung = r.renditions.get(1);
            r.broadcast_id == second && rung.is_some_and(|rung| !rung.shed && rung.encoder == "x264enc")
        })
        .await;
    let asked = Instant::now();
    loop {
        let list = Playlist::parse(&app.text(&rung).await);
        let last = list.parts.last().is_some_and(|(uri, _)| !uri.is_empty());
        if last && list.gaps < list.segments.len() {
            assert_eq!(list.discontinuities, 0);
            break;
        }
        assert!(asked.elapsed() < Duration::from_secs(40), "no media in the rung");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let list = Playlist::parse(&app.text(&format!("/live/b/{first}/160p/index.m3u8")).await);
    assert_eq!(list.gaps.saturating_sub(1), 0, "the first broadcast's rung was there all the while");
    for publisher in &mut publishers {
        publisher.kill().await.unwrap();
    }
}

/// `videodatarate` of onMetaData as the publisher tells it, kbit/s.
fn tells(tags: &mut [Tag], kbps: f64) {
    let name = b"videodatarate\0";
    let tag = tags.iter_mut().find(|tag| tag.kind == Kind::Script).unwrap();
    let at = tag.data.windows(name.len()).position(|bytes| bytes == name).unwrap() + name.len();
    tag.data = [&tag.data[..at], &kbps.to_be_bytes(), &tag.data[at + 8..]].concat().into();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rate_that_was_told_far_too_low_does_not_hold_the_rungs_down() {
    let _alone = ALONE.lock().await;
    let app = TestApp::with(|config| {
        config.ladder = vec!["160p".into()];
        config.target_duration = streamly_config::Duration::from_secs(2);
        config.rtmp.media_timeout = streamly_config::Duration::from_secs(60);
    })
    .await;
    app.stream.key("sk_ada", "ada");
    // 300 kbit/s in truth.
    let mut tags = tags("obs-gop2-bframes");
    tells(&mut tags, 110.0);
    let options = Options::new("sk_ada").pace(Pace::Speed(2.0));
    let mut publisher = Publisher::connect(app.addresses.rtmp, options).await.unwrap();
    let rate = |report: &BroadcastReport| report.renditions.get(1).map(|rung| rung.bitrate_bps);
    let sound = 64_000;
    let mut rung = None;
    // However long a worker takes to start: a keyframe's segment and a little of the next wait for it, and nothing more comes meanwhile.
    let step = |tag: &Tag| tag.timestamp.saturating_sub(600) / 2000;
    for segment in tags.chunk_by(|one, next| step(one) == step(next)) {
        publisher.restart_clock();
        for tag in segment {
            publisher.send_tag(tag).await.unwrap();
        }
        if rung.is_none() {
            let first = app.stream.report("a rung", |report| rate(report).is_some()).await;
            assert_eq!(rate(&first), Some(81_000 + sound), "held below what was told");
            rung = Some(hls::variants(&app.text("/live/ada/index.m3u8").await));
        }
        let [(_, source), (_, rung)] = rung.as_deref().unwrap() else { panic!("{rung:?}") };
        let catches_up = async {
            let next = Playlist::parse(&app.text(source).await).next_msn();
            while Playlist::parse(&app.text(rung).await).next_msn() < next {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        timeout(Duration::from_secs(60), catches_up).await.expect("the rung has what the source has");
    }
    let mended = |report: &BroadcastReport| rate(report).is_some_and(|bps| bps > 200_000 + sound);
    let report = app.stream.report("a rung with more", mended).await;
    assert_eq!(report.health.unwrap().worker_restarts, 0, "no fault");
    let list = Playlist::parse(&app.text(&rung.unwrap()[1].1).await);
    assert!(list.next_msn() > 5, "{list:?}");
    assert_eq!((list.gaps, list.discontinuities), (0, 0), "nothing is missing: {list:?}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_that_gets_smaller_than_its_rungs_takes_them_along_and_its_rate_counts() {
    let _alone = ALONE.lock().await;
    let app = TestApp::with(|config| config.ladder = vec!["360p".into(), "160p".into()]).await;
    app.stream.key("sk_ada", "ada");
    let mut large = tags("obs-resize-2");
    tells(&mut large, 110.0);
    large.truncate(large.partition_point(|tag| tag.timestamp < 2_500));
    let options = Options::new("sk_ada").pace(Pace::Speed(2.0));
    let mut publisher = Publisher::connect(app.addresses.rtmp, options).await.unwrap();
    publisher.send(&large).await.unwrap();
    let rungs = |report: &BroadcastReport| {
        let rungs = report.renditions.iter().skip(1);
        rungs.map(|rung| (rung.name.clone(), rung.width, rung.height)).collect::<Vec<_>>()
    };
    let named = |sizes: [(u32, u32); 2]| {
        let names = ["360p", "160p"].into_iter().zip(sizes);
        names.map(|(name, (width, height))| (name.to_owned(), width, height)).collect::<Vec<_>>()
    };
    let report = app.stream.report("rungs", |report| report.renditions.len() == 3).await;
    assert_eq!(rungs(&report), named([(640, 360), (284, 160)]));
    publisher.cut().await.unwrap();
    app.stream.ended("lost").await;
    let mut ffmpeg = probe::ffmpeg(&format!("rtmp://{}/live/sk_ada", app.addresses.rtmp), "160x120", 500, 25);
    let second = |report: &BroadcastReport| {
        report.epoch == 2 && report.state == State::Live as i32 && report.renditions[0].width == 160
    };
    let report = app.stream.report("the smaller source", second).await;
    assert_eq!(rungs(&report), named([(160, 120), (160, 120)]), "never scaled up");
    // ffmpeg tells 781 kbit/s.
    assert!(report.renditions[1].bitrate_bps > 500_000, "{report:?}");
    let begun = Instant::now();
    for rung in ["360p", "160p"] {
        let path = format!("/live/b/{}/{rung}/index.m3u8", report.broadcast_id);
        let ours = |(uri, _): &(String, f64)| uri.starts_with("2-") && !uri.starts_with("2-0.");
        while !Playlist::parse(&app.text(&path).await).parts.iter().any(ours) {
            assert!(begun.elapsed() < Duration::from_secs(40), "no media in {rung}");
        }
    }
    ffmpeg.kill().await.unwrap();
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reconnect_of_one_who_told_a_little_too_low_keeps_the_worker() {
    let _alone = ALONE.lock().await;
    let app = TestApp::with(|config| config.ladder = vec!["160p".into()]).await;
    app.stream.key("sk_ada", "ada");
    // 300 kbit/s in truth: the rung could have 225 instead of 180.
    let mut tags = tags("obs-gop2-bframes");
    tells(&mut tags, 240.0);
    let enough = tags.partition_point(|tag| tag.timestamp < 8_500);
    let short = tags.partition_point(|tag| tag.timestamp < 2_500);
    let mut worker = None;
    for (epoch, sent) in [(1, enough), (2, short), (3, short)] {
        let options = Options::new("sk_ada").pace(Pace::Speed(2.0));
        let mut publisher = Publisher::connect(app.addresses.rtmp, options).await.unwrap();
        publisher.send(&tags[..sent]).await.unwrap();
        let (id, _) = app.stream.broadcast("ada").unwrap();
        // Media of the rung behind the break: whoever makes it has begun.
        let path = format!("/live/b/{id}/160p/index.m3u8");
        let (begun, opening) = (Instant::now(), format!("{epoch}-0."));
        let ours =
            |(uri, _): &(String, f64)| uri.starts_with(&format!("{epoch}-")) && !uri.starts_with(&opening);
        while !Playlist::parse(&app.text(&path).await).parts.iter().any(ours) {
            assert!(begun.elapsed() < Duration::from_secs(40), "no media of epoch {epoch}");
        }
        assert_eq!(workers(), *worker.get_or_insert_with(workers), "epoch {epoch}");
        let report = app.stream.report("this epoch", |report| report.epoch == epoch).await;
        assert_eq!(report.renditions[1].bitrate_bps, 180_000 + 64_000, "epoch {epoch}");
        publisher.cut().await.unwrap();
    }
    app.stop().await;
}
