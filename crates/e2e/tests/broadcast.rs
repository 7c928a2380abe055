//! From an encoder to decoded segments, through the whole platform: recorded OBS, ffmpeg and GStreamer publishes, real ffmpeg, the demo.

use anyhow::{Context, Result, ensure};
use std::time::{Duration, Instant};
use streamly_e2e::{
    Platform, playback,
    processes::{below, nothing_left},
};
use streamly_testkit::{
    fixture, flv,
    publisher::{Options, Pace, Publisher},
};

/// A publish, and what must come out of every rendition: no picture may be lost.
struct Case {
    fixture: &'static str,
    size: (u64, u64),
    rung: (u64, u64),
    frames: u64,
}

const CASES: [Case; 3] = [
    Case { fixture: "obs-gop2-bframes", size: (640, 360), rung: (284, 160), frames: 386 },
    Case { fixture: "ffmpeg-bframes", size: (640, 360), rung: (284, 160), frames: 360 },
    Case { fixture: "gst-rtmp2sink", size: (640, 360), rung: (284, 160), frames: 360 },
];

#[tokio::test(flavor = "multi_thread")]
async fn recorded_publishes_come_out_whole_and_in_step_at_every_rung() -> Result<()> {
    // The recordings are 640×360: below the rungs of the default ladder.
    let platform = Platform::start_with(&[], &[("STREAMLY_INGEST__LADDER", r#"["160p"]"#)]).await?;
    for case in &CASES {
        let name = case.fixture.replace('-', "_");
        let person = platform.register(&name).await?;
        let key = platform.stream_key(&person).await?;
        let tags = flv::read(&fixture(case.fixture))?;
        let server = platform.rtmp();
        let publishing = tokio::spawn(async move {
            let mut publisher = Publisher::connect(server, Options::new(key).pace(Pace::Speed(1.0))).await?;
            publisher.send(&tags).await?;
            publisher.stop().await?;
            anyhow::Ok(())
        });
        platform.wait_state(&name, "live", Duration::from_secs(10)).await?;
        let variants =
            playback::variants(&platform.http, &platform.url(&format!("/live/{name}/index.m3u8"))).await?;
        let names: Vec<&str> = variants.iter().map(|v| v.name.as_str()).collect();
        ensure!(names == ["source", "160p"], "{}: {variants:?}", case.fixture);
        let recordings = futures_util::future::try_join_all(
            variants.iter().map(|v| playback::record(&platform.http, &v.url, Duration::from_secs(40))),
        )
        .await?;
        publishing.await??;
        let first: Vec<u64> = recordings[0].segments.keys().copied().collect();
        for (variant, recording) in variants.iter().zip(&recordings) {
            let what = format!("{} {}", case.fixture, variant.name);
            let msns: Vec<u64> = recording.segments.keys().copied().collect();
            ensure!(msns == first, "{what}: segments {msns:?}, the first rendition has {first:?}");
            let file = platform.data().join("out.mp4");
            recording.write(&file)?;
            let probe = playback::probe(&file).context(what.clone())?;
            let size = if variant.name == "source" { case.size } else { case.rung };
            ensure!(probe.video == "h264" && probe.audio == "aac", "{what}: {probe:?}");
            ensure!(probe.av_offset_s.abs() <= 0.045, "{what}: {probe:?}");
            ensure!(probe.size == size && probe.frames == case.frames, "{what}: {probe:?}");
        }
    }
    let (_, data) = platform.stop().await?;
    ensure!(
        !std::fs::read_to_string(data.path().join("streamly.log"))?.contains("sk_"),
        "a stream key is in the log"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn real_ffmpeg_at_720p_gets_the_ladder_and_viewers_see_the_end_within_three_seconds() -> Result<()> {
    let platform = Platform::start(&[]).await?;
    let person = platform.register("ada").await?;
    let key = platform.stream_key(&person).await?;
    let mut ffmpeg = std::process::Command::new("ffmpeg")
        .args([
            "-v",
            "error",
            "-re",
            "-f",
            "lavfi",
            "-i",
            "testsrc2=size=1280x720:rate=30",
            "-f",
            "lavfi",
            "-i",
            "sine=frequency=440",
        ])
        .args([
            "-c:v",
            "libx264",
            "-preset",
            "ultrafast",
            "-tune",
            "zerolatency",
            "-g",
            "60",
            "-b:v",
            "2500k",
            "-pix_fmt",
            "yuv420p",
        ])
        .args(["-c:a", "aac", "-ar", "48000", "-f", "flv"])
        .arg(format!("rtmp://{}/live/{key}", platform.rtmp()))
        .stdin(std::process::Stdio::piped())
        .spawn()?;
    let live = platform.wait_state("ada", "live", Duration::from_secs(15)).await;
    let shown = playback::variants(&platform.http, &platform.url("/live/ada/index.m3u8")).await;
    let variants = shown.as_deref().unwrap_or_default().to_vec();
    let names: Vec<&str> = variants.iter().map(|v| v.name.as_str()).collect();
    let recordings: Vec<_> = variants
        .iter()
        .map(|v| {
            let (http, url) = (platform.http.clone(), v.url.clone());
            tokio::spawn(async move { playback::record(&http, &url, Duration::from_secs(60)).await })
        })
        .collect();
    // Enough for what is asserted below; ffmpeg is ended whatever came of it.
    let enough = match variants.last() {
        Some(v) => {
            let wanted = Duration::from_secs(4);
            playback::wait_media(&platform.http, &v.url, wanted, Duration::from_secs(30)).await
        }
        None => Err(anyhow::anyhow!("no rendition: {shown:?}")),
    };
    // `q` on stdin: ffmpeg ends its publish cleanly.
    std::io::Write::write_all(ffmpeg.stdin.as_mut().context("stdin")?, b"q")?;
    let stopped = Instant::now();
    let ended = platform.wait_state("ada", "offline", Duration::from_secs(10)).await;
    let took = stopped.elapsed();
    ffmpeg.wait()?;
    live?;
    enough?;
    ended?;
    ensure!(names == ["source", "480p", "360p"], "{names:?}");
    ensure!(took <= Duration::from_secs(3), "offline after {took:?}");
    let sizes = [(1280, 720), (854, 480), (640, 360)];
    let mut frames = Vec::new();
    for ((name, recording), size) in names.iter().zip(recordings).zip(sizes) {
        let file = platform.data().join(format!("{name}.mp4"));
        recording.await??.write(&file)?;
        let probe = playback::probe(&file).context(name.to_string())?;
        ensure!(probe.video == "h264" && probe.audio == "aac", "{name}: {probe:?}");
        ensure!(probe.size == size, "{name}: {probe:?}");
        ensure!(probe.av_offset_s.abs() <= 0.045, "{name}: {probe:?}");
        frames.push(probe.frames);
    }
    // Four seconds at least, and no rung lost a picture of the source.
    ensure!(frames[0] >= 120 && frames == [frames[0]; 3], "{frames:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_is_live_within_fifteen_seconds_and_everything_stops_within_five() -> Result<()> {
    let platform = Platform::start(&["--demo"]).await?;
    let took = platform.wait_state("demo", "live", Duration::from_secs(15)).await?;
    println!("demo live after {took:?}");
    let variants = playback::variants(&platform.http, &platform.url("/live/demo/index.m3u8")).await?;
    ensure!(variants.len() == 3, "{variants:?}");
    let processes = below(platform.pid())?;
    let (took, data) = platform.stop().await?;
    ensure!(took <= Duration::from_secs(5), "stopped after {took:?}");
    nothing_left(&processes, data.path())
}
