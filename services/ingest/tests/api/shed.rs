//! What viewers of a rung that is not made any more still get.

use crate::{
    app::TestApp,
    hls::{self, Playlist},
    probe,
    transcode::{ALONE, signal_workers},
};
use nix::sys::signal::Signal;
use std::time::{Duration, Instant};
use streamly_proto::stream::v1::State;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_playlists_of_a_shed_rung_go_and_what_they_listed_stays() {
    let _alone = ALONE.lock().await;
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("worker");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_streamly-ingest"), &program).unwrap();
    let app = TestApp::with(|config| {
        config.ladder = vec!["160p".into()];
        config.worker = vec![program.to_str().unwrap().into(), "transcode-worker".into()];
    })
    .await;
    app.stream.key("sk_ada", "ada");
    let url = format!("rtmp://{}/live/sk_ada", app.addresses.rtmp);
    let mut ffmpeg = probe::ffmpeg(&url, "320x240", 1500, 25);
    app.stream
        .report("rungs started", |r| r.renditions.get(1).is_some_and(|rung| rung.encoder == "x264enc"))
        .await;
    let live = app.stream.report("live", |r| r.state == State::Live as i32 && r.next_msn >= 3).await;
    let rung = format!("/live/b/{}/160p/index.m3u8", live.broadcast_id);
    let place = hls::folder(&rung);
    let begun = Instant::now();
    // One whole segment that is no gap, and its parts.
    let list = loop {
        let list = Playlist::parse(&app.text(&rung).await);
        if list.gaps + 2 <= list.segments.len() {
            break list;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "no media in the rung");
    };
    let segment = list.segments.last().unwrap();
    let listed =
        [&segment.uri, &segment.map, &list.parts.last().unwrap().0].map(|uri| format!("{place}/{uri}"));
    let mut before = Vec::new();
    for path in &listed {
        before.push(app.bytes(path).await);
    }

    // The worker ends, and none can be started again.
    std::fs::remove_file(&program).unwrap();
    signal_workers(Signal::SIGKILL);
    app.stream.report("shed", |r| r.renditions.get(1).is_some_and(|rung| rung.shed)).await;
    let begun = Instant::now();
    while app.get(&rung).await.status() != 404 {
        assert!(begun.elapsed() < Duration::from_secs(20), "the list stays");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(app.get(&format!("{place}/iframes.m3u8")).await.status(), 404);
    for (path, before) in listed.iter().zip(before) {
        assert!(app.bytes(path).await == before, "{path} has other bytes");
    }
    ffmpeg.kill().await.unwrap();
}
